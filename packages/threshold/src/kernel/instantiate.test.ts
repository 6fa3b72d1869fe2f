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

  it("is undefined where the engine does not know an instruction", () => {
    expect(instantiateKernel(kernelBytes().slice(0, -9))).to.equal(undefined);
  });
});
