import { expect } from "chai";
import { kernelUnderTest } from "../../../../scripts/kernel/kernelUnderTest.ts";
import { casesFor } from "../../../../test/random/cases.ts";
import { rollDice } from "../../../../test/random/dice.ts";
import { CORNER_SCALARS, type Dice, imageOf, integerOf, rollFieldElement, rollPoint, rollScalar } from "../../test/kernelCases.ts";
import { P as FIELD } from "../../test/naiveCurve.ts";
import { nobleBackend as noble } from "../nobleBackend.ts";
import { G, INFINITY, type Point, SECOND_BASE } from "../point.ts";
import { CURVE_ORDER, encodeScalar } from "../scalar.ts";
import { selfTestBackend } from "../selfTest.ts";
import { createKernel, type Kernel } from "./kernel.ts";
import { createKernelBackend, kernelBackend } from "./kernelBackend.ts";

const backend = kernelBackend(createKernel(kernelUnderTest) as Kernel); // Node has WebAssembly

const expectSame = (got: Point, wanted: Point, what: string): void => {
  if (!got.equals(wanted)) expect.fail(`${what}: ${got.toString()} is not ${wanted.toString()}`); // a hundred thousand times faster than expect
  if (got.Z !== 1n && !got.is0()) expect.fail(`${what}: not in affine form`);
};

/** `casesFor(usual)` times. */
const repeat = (name: string, usual: number, one: (dice: Dice, i: number) => void): void => {
  const dice = rollDice(`kernel ${name}`);
  for (let i = 0; i < casesFor(usual); i++) one(dice, i);
};

describe("the WebAssembly backend, against noble", () => {
  it("passes the test of every backend", () => {
    selfTestBackend(backend);
    expect(createKernelBackend()?.name).to.equal("wasm");
  });

  it("multiplies G", () => {
    for (const k of CORNER_SCALARS) expectSame(backend.mulG(k), noble.mulVar(G, k), `${k}G`);
    repeat("mulG", 60, (dice) => {
      const k = rollScalar(dice);
      expectSame(backend.mulG(k), noble.mulVar(G, k), `${k}G`);
    });
  });

  it("multiplies the second base and a hot point, by secrets and by public scalars", () => {
    const point = backend.precompute(noble.mulG(77n));
    repeat("hot", 60, (dice) => {
      const k = rollScalar(dice);
      for (const base of [SECOND_BASE, point]) {
        const wanted = noble.mulVar(base, k);
        expectSame(backend.mulSecret(base, k), wanted, `secret ${k}`);
        expectSame(backend.mulVar(base, k), wanted, `public ${k}`);
      }
    });
  });

  it("multiplies any point by a secret and by a public scalar", () => {
    const point = noble.double(noble.mulG(7n));
    for (const k of CORNER_SCALARS) {
      const wanted = noble.mulVar(point, k);
      expectSame(backend.mulSecret(point, k), wanted, `secret ${k}`);
      expectSame(backend.mulVar(point, k), wanted, `public ${k}`);
    }
    repeat("mulSecret", 60, (dice) => {
      const [k, p] = [rollScalar(dice), rollPoint(dice)];
      const wanted = noble.mulVar(p, k);
      expectSame(backend.mulSecret(p, k), wanted, `secret ${k} ${p}`);
      expectSame(backend.mulVar(p, k), wanted, `public ${k} ${p}`);
    });
  });

  it("adds two secret multiples: equal, opposite and infinite points, and images under the endomorphism", () => {
    const pair = (p: Point, a: bigint, q: Point, b: bigint): void => {
      const wanted = noble.add(noble.mulVar(p, a), noble.mulVar(q, b));
      expectSame(backend.mulAddSecret(p, a, q, b), wanted, `${a} ${p} + ${b} ${q}`);
      expectSame(backend.msmVar([p, q], [a, b]), wanted, `public ${a} ${p} + ${b} ${q}`);
    };
    const p = noble.mulG(9n);
    for (const q of [p, noble.neg(p), noble.double(p), imageOf(p), imageOf(imageOf(p)), noble.neg(imageOf(p)), INFINITY])
      for (const [a, b] of [
        [1n, 1n],
        [2n, 1n],
        [5n, CURVE_ORDER - 5n],
        [0n, 3n],
        [0n, 0n],
        [CURVE_ORDER - 1n, CURVE_ORDER - 1n],
      ] as const)
        pair(p, a, q, b);
    repeat("mulAddSecret", 60, (dice) => pair(rollPoint(dice), rollScalar(dice), rollPoint(dice), rollScalar(dice)));
  });

  it("sums any number of public multiples", () => {
    for (const length of [0, 1, 15, 16, 17, 33]) {
      const dice = rollDice(`kernel msm ${length}`);
      const points = Array.from({ length }, () => rollPoint(dice));
      const scalars = points.map(() => rollScalar(dice));
      const wanted = points.reduce((sum, point, i) => noble.add(sum, noble.mulVar(point, scalars[i] as bigint)), INFINITY);
      expectSame(backend.msmVar(points, scalars), wanted, `${length} points`);
    }
  });

  it("makes points affine, infinity too, however many", () => {
    repeat("normalize", 60, (dice, i) => {
      const points = Array.from({ length: i % 5 === 0 ? 35 : 3 }, () => noble.add(rollPoint(dice), rollPoint(dice)));
      backend.normalize(points).forEach((point, j) => {
        expectSame(point, points[j] as Point, "normalize");
      });
    });
  });

  it("finds the same points by x, and none where there is none", () => {
    const one = (x: bigint): void => {
      for (const isOdd of [false, true]) {
        const [wanted, got] = [noble.decompress(x, isOdd), backend.decompress(x, isOdd)];
        expect(got === undefined).to.equal(wanted === undefined);
        if (wanted !== undefined && got !== undefined) expectSame(got, wanted, `x ${x}`);
      }
    };
    for (const x of [0n, 1n, 5n, FIELD - 1n, FIELD - 3n, CURVE_ORDER, FIELD, FIELD + 1n, -1n, 1n << 256n]) one(x);
    repeat("decompress", 60, (dice) => one(rollFieldElement(dice)));
  });

  it("signs the same bytes, and recovers the same keys from both s", () => {
    repeat("ecdsa", 60, (dice, i) => {
      const digest = i === 0 ? new Uint8Array(32) : i === 1 ? new Uint8Array(32).fill(255) : dice.bytes(32);
      const secret = encodeScalar(rollScalar(dice) || 1n);
      const signature = backend.sign(digest, secret);
      expect(signature).to.deep.equal(noble.sign(digest, secret));
      const s = CURVE_ORDER - integerOf(signature.subarray(32, 64));
      const other = Uint8Array.of(...signature.subarray(0, 32), ...encodeScalar(s), 55 - (signature[64] as number));
      for (const one of [signature, other]) expectSame(backend.recover(digest, one) as Point, noble.mulG(integerOf(secret)), "recover");
    });
  });

  it("recovers nothing where noble recovers nothing", () => {
    const digest = new Uint8Array(32).fill(3);
    const good = backend.sign(digest, encodeScalar(5n));
    const [n, zero] = [Uint8Array.from(Buffer.from(CURVE_ORDER.toString(16), "hex")), new Uint8Array(32)];
    const withPart = (part: Uint8Array, at: number): Uint8Array => {
      const bytes = Uint8Array.from(good);
      bytes.set(part, at);
      return bytes;
    };
    const bad = [
      ...[zero, n, new Uint8Array(32).fill(255)].flatMap((part) => [withPart(part, 0), withPart(part, 32)]),
      ...[0, 1, 26, 29].map((v) => withPart(Uint8Array.of(v), 64)),
      good.subarray(0, 64),
    ];
    for (const signature of bad) {
      expect(noble.recover(digest, signature)).to.equal(undefined);
      expect(backend.recover(digest, signature)).to.equal(undefined);
    }
    repeat("recover", 60, (dice) => {
      const signature = Uint8Array.of(...dice.bytes(32), ...dice.bytes(32), 27 + dice.below(2)); // half of all r are no point's
      const [wanted, got] = [noble.recover(digest, signature), backend.recover(digest, signature)];
      expect(got === undefined).to.equal(wanted === undefined);
      if (wanted !== undefined && got !== undefined) expectSame(got, wanted, "recover");
    });
    // z + r d = 0: the key would be infinity
    const r = integerOf(good.subarray(0, 32));
    const cancelling = encodeScalar(r); // z = s, so that Q = (s R - z G) / r with R = G
    const forged = Uint8Array.of(...encodeScalar(G.x), ...cancelling, 27);
    expect(noble.recover(cancelling, forged)).to.equal(undefined);
    expect(backend.recover(cancelling, forged)).to.equal(undefined);
  });

  it("refuses scalars out of range and what is no point", () => {
    for (const bad of [-1n, CURVE_ORDER, 1n << 256n, 1, undefined] as bigint[])
      for (const wrong of [
        () => backend.mulG(bad),
        () => backend.mulSecret(G, bad),
        () => backend.mulVar(G, bad),
        () => backend.msmVar([G], [bad]),
      ])
        expect(wrong).to.throw().with.property("code", "INVALID_SCALAR");
    for (const bad of [undefined, { X: 1n, Y: 1n, Z: 1n }] as unknown as Point[])
      for (const wrong of [() => backend.mulSecret(bad, 1n), () => backend.mulVar(bad, 1n), () => backend.mulAddSecret(G, 1n, bad, 1n)])
        expect(wrong).to.throw().with.property("code", "INVALID_POINT");
    expect(() => backend.sign(new Uint8Array(32).fill(1), new Uint8Array(32)))
      .to.throw()
      .with.property("code", "INVALID_SCALAR");
  });

  it("gives a hot point's table away only when it is idle, and is right either way", () => {
    const other = kernelBackend(createKernel() as Kernel);
    const points = Array.from({ length: 40 }, (_, i) => other.precompute(noble.mulG(BigInt(i + 2))));
    const check = (from: number): void => {
      points.slice(from).forEach((point, i) => {
        expectSame(other.mulVar(point, 7n), noble.mulG(BigInt(7 * (from + i + 2))), `point ${from + i}`);
      });
    };
    check(0);
    for (let round = 0; round < 11; round++) check(10); // the first ten are idle, and others get their tables
    check(0);
  });

  it("signs and recovers the same where all tables are other points'", () => {
    const other = kernelBackend(createKernel(kernelUnderTest) as Kernel);
    for (let i = 2; i < 34; i++) other.mulVar(other.precompute(noble.mulG(BigInt(i))), 7n); // G had none yet
    const [digest, secret] = [new Uint8Array(32).fill(9), encodeScalar(12345n)];
    const signature = other.sign(digest, secret);
    expect(signature).to.deep.equal(noble.sign(digest, secret));
    expectSame(other.recover(digest, signature) as Point, noble.mulG(12345n), "recover");
    expectSame(other.mulG(12345n), noble.mulG(12345n), "mulG");
  });

  it("signs nothing where the nonce's point came out as infinity or off the curve: r = 0 would tell the nonce", () => {
    for (const fault of ["infinity", "off the curve"]) {
      const kernel = createKernel(kernelUnderTest) as Kernel;
      const { wasm } = kernel.arena;
      const multiplyFixedSecret = (term: number): void => {
        wasm.setInfinity(term);
        if (fault === "infinity") return;
        const word = kernel.arena.word(20);
        for (let i = 0; i < 3; i++) kernel.arena.putInteger(word + 32 * i, 1n);
        wasm.readPoint(term, word);
      };
      Object.assign(kernel.arena, { wasm: { ...wasm, multiplyFixedSecret } });
      expect(() => kernelBackend(kernel).sign(new Uint8Array(32).fill(9), encodeScalar(12345n)), fault).to.throw("bad point");
    }
  });

  it("is right where the engine gives no memory for a table", () => {
    const kernel = createKernel(kernelUnderTest) as Kernel;
    const other = kernelBackend(kernel);
    const { memory } = kernel.arena.wasm as unknown as { memory: object };
    Object.defineProperty(memory, "grow", {
      value: () => {
        throw new RangeError("no memory");
      },
    });
    const points = [2n, 3n, 4n].map((k) => other.precompute(noble.mulG(k)));
    for (const round of [1, 2]) // the table of the third would begin inside the memory and end beyond it
      points.forEach((point, i) => {
        expectSame(other.mulVar(point, 5n), noble.mulG(5n * BigInt(i + 2)), `public, round ${round}`);
        expectSame(other.mulSecret(point, 5n), noble.mulG(5n * BigInt(i + 2)), `secret, round ${round}`);
      });
  });
});
