import { expect } from "chai";
import { instantiateKernel, kernelBytes } from "./instantiate.ts";
import { createKernelBackend } from "./kernelBackend.ts";

type Globals = { WebAssembly?: unknown };

/** Runs with another WebAssembly, or none. */
const withWebAssembly = <T>(other: unknown, run: () => T): T => {
  const globals = globalThis as Globals;
  const before = globals.WebAssembly;
  globals.WebAssembly = other;
  try {
    return run();
  } finally {
    globals.WebAssembly = before;
  }
};

describe("an instance of the kernel", () => {
  it("is made at once, without a file or a request, and has a memory of its own", () => {
    const [one, other] = [instantiateKernel(), instantiateKernel()];
    expect(one?.memory.buffer).to.be.an.instanceOf(ArrayBuffer).and.not.equal(other?.memory.buffer);
  });

  it("is undefined, and so is the backend, where WebAssembly is missing or refused", () => {
    expect(withWebAssembly(undefined, createKernelBackend)).to.equal(undefined);
    class Refused {
      constructor() {
        throw new EvalError("Refused to compile: 'wasm-unsafe-eval' is not an allowed source of script");
      }
    }
    expect(withWebAssembly({ Module: Refused }, createKernelBackend)).to.equal(undefined);
  });

  it("is undefined where the engine does not know an instruction, or has no memory for it", () => {
    class Old {
      constructor() {
        throw new SyntaxError("invalid numeric opcode 0xfd"); // the engine says CompileError
      }
    }
    class Full {
      constructor() {
        throw new RangeError("could not allocate memory");
      }
    }
    expect(withWebAssembly({ Module: Old }, createKernelBackend)).to.equal(undefined);
    expect(withWebAssembly({ Module: class {}, Instance: Full }, createKernelBackend)).to.equal(undefined);
  });

  it("is refused loudly, not replaced by noble, where the bytes are not those that were built", () => {
    for (const bytes of [kernelBytes().slice(0, -9), new Uint8Array(0), kernelBytes().fill(0, 3, 4)])
      expect(() => instantiateKernel(bytes))
        .to.throw()
        .with.property("code", "BACKEND_FAILED");
  });
});
