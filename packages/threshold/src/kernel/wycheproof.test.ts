import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import { hexToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { kernelUnderTest } from "../../../../scripts/kernel/kernelUnderTest.ts";
import { integerOf } from "../../test/kernelCases.ts";
import { integerToWord } from "../bytes.ts";
import { PointClass } from "../noble.ts";
import type { Point } from "../point.ts";
import { createKernel, type Kernel } from "./kernel.ts";
import { kernelBackend } from "./kernelBackend.ts";

type Vectors = {
  readonly ecdsaMessage: string;
  readonly ecdsa: readonly {
    readonly tcId: number;
    readonly comment: string;
    readonly key: string;
    readonly sig: string;
    readonly result: string;
  }[];
  readonly ecdh: readonly {
    readonly tcId: number;
    readonly comment: string;
    readonly public: string;
    readonly private: string;
    readonly shared: string;
  }[];
};
const file = join(import.meta.dirname, "../../testdata/wycheproof.json"); // its source and licence are in it
const { ecdsaMessage, ecdsa, ecdh } = JSON.parse(readFileSync(file, "utf8")) as Vectors;

const backend = kernelBackend(createKernel(kernelUnderTest) as Kernel); // Node has WebAssembly
const pointOf = (uncompressed: string): Point => PointClass.fromHex(uncompressed);

describe("the kernel and vectors of Wycheproof", () => {
  it("has vectors", () => {
    expect(ecdsa.filter(({ result }) => result === "valid")).to.have.lengthOf(19);
    expect(ecdsa.filter(({ result }) => result === "invalid")).to.have.lengthOf(11);
    expect(ecdh).to.have.lengthOf(26);
  });

  for (const { tcId, comment, key, sig, result } of ecdsa) {
    it(`ECDSA ${tcId}, ${comment}: ${result}`, () => {
      const digest = sha256(hexToBytes(ecdsaMessage));
      const recovered = [27, 28].map((v) => backend.recover(digest, Uint8Array.of(...hexToBytes(sig), v)));
      expect(recovered.some((point) => point?.equals(pointOf(key)) === true)).to.equal(result === "valid");
    });
  }

  for (const { tcId, comment, public: key, private: secret, shared } of ecdh) {
    it(`ECDH ${tcId}, ${comment}`, () => {
      const [point, s] = [pointOf(key), integerOf(hexToBytes(secret))];
      const wanted = hexToBytes(shared);
      expect(integerToWord(backend.mulSecret(point, s).x)).to.deep.equal(wanted);
      expect(integerToWord(backend.mulVar(point, s).x)).to.deep.equal(wanted);
      expect(integerToWord(backend.mulSecret(backend.precompute(pointOf(key)), s).x)).to.deep.equal(wanted);
    });
  }
});
