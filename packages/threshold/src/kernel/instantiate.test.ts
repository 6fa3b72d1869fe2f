import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
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

  describe("whose bytes are not those that were built", () => {
    const hash = bytesToHex(sha256(kernelBytes()));
    const compiles = (bytes: Uint8Array): boolean =>
      (globalThis as { WebAssembly?: { validate: (bytes: Uint8Array) => boolean } }).WebAssembly?.validate(bytes) ?? false;
    const refused = (bytes: Uint8Array): void => {
      expect(() => instantiateKernel({ bytes, hash }))
        .to.throw()
        .with.property("code", "BACKEND_FAILED");
    };

    it("is refused loudly, not replaced by noble, where no engine takes them", () => {
      for (const bytes of [kernelBytes().slice(0, -9), new Uint8Array(0), kernelBytes().fill(0, 3, 4)]) {
        expect(compiles(bytes)).to.equal(false);
        refused(bytes);
      }
    });

    it("is refused loudly where they compile as well", () => {
      const last = kernelBytes();
      last[last.length - 1] = (last.at(-1) as number) ^ 1; // in the data: tables and constants that would be computed with
      expect(compiles(last)).to.equal(true);
      refused(last);
      const bytes = kernelBytes();
      expect(instantiateKernel({ bytes, hash }), "and not where they are").not.to.equal(undefined);
    });

    it("is undefined, and nothing is hashed, where there is no WebAssembly that could run it", () => {
      expect(withWebAssembly(undefined, () => instantiateKernel({ bytes: new Uint8Array(0), hash }))).to.equal(undefined);
    });
  });
});
