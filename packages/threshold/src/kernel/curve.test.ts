import { expect } from "chai";
import { kernelUnderTest } from "../../../../scripts/kernel/kernelUnderTest.ts";
import { casesFor } from "../../../../test/random/cases.ts";
import { rollDice } from "../../../../test/random/dice.ts";
import { imageOf, integerOf, rollFieldElement, rollPoint, rollScalar } from "../../test/kernelCases.ts";
import { P as FIELD, power } from "../../test/naiveCurve.ts";
import { PointClass } from "../noble.ts";
import { nobleBackend as noble } from "../nobleBackend.ts";
import { INFINITY, type Point } from "../point.ts";
import { CURVE_ORDER, encodeScalar } from "../scalar.ts";
import { Arena } from "./arena.ts";

const arena = Arena.create(kernelUnderTest) as Arena; // Node has WebAssembly
const { wasm } = arena;
const [r, p, q] = [0, 1, 2].map((i) => arena.point(i)) as [number, number, number];
const dice = rollDice("kernel curve");

const expectPoint = (wanted: Point, what: string, index = 0): void => {
  const got = arena.takePoint(index);
  if (!got.equals(wanted)) expect.fail(`${what}: ${got} is not ${wanted}`);
  if (!got.is0() && got.Z !== 1n) expect.fail(`${what}: not affine`);
};

/** Equal, opposite and infinite points, images under the endomorphism, then any, in any projective form. */
const pairs = function* (count: number): Generator<readonly [Point, Point]> {
  const point = noble.mulG(11n);
  for (const other of [point, noble.neg(point), noble.double(point), imageOf(point), noble.neg(imageOf(point)), INFINITY]) {
    yield [point, other];
    yield [other, point];
    yield [other, other];
  }
  for (let i = 0; i < count; i++) yield [rollPoint(dice), rollPoint(dice)];
};

describe("the kernel's points", () => {
  it("add and double without special cases, also onto themselves", () => {
    for (const [a, b] of pairs(casesFor(100))) {
      arena.putPoint(1, a);
      arena.putPoint(2, b);
      wasm.addPoints(r, p, q);
      expectPoint(noble.add(a, b), `${a} + ${b}`);
      wasm.double(r, p);
      expectPoint(noble.double(a), `2 ${a}`);
      wasm.addPoints(p, p, q);
      expectPoint(noble.add(a, b), "a sum in place of the first", 1);
      arena.putPoint(1, a);
      wasm.addPoints(q, p, q);
      expectPoint(noble.add(a, b), "a sum in place of the second", 2);
    }
  });

  it("add an affine point", () => {
    for (const [a, other] of pairs(casesFor(100))) {
      if (other.is0()) continue;
      const [b] = noble.normalize([other]) as [Point];
      arena.putPoint(1, a);
      arena.putPoint(2, b);
      wasm.addAffine(r, p, q);
      expectPoint(noble.add(a, b), `${a} + ${b}`);
    }
  });

  it("say whether they have the same x, in any projective form, and call infinity the same as all", () => {
    for (const [a, b] of pairs(casesFor(100))) {
      arena.putPoint(1, a);
      arena.putPoint(2, b);
      const wanted = a.is0() || b.is0() || a.equals(b) || a.equals(noble.neg(b));
      expect(wasm.haveEqualX(p, q) === 1, `${a} ${b}`).to.equal(wanted);
      wasm.negatePoint(r, q);
      expectPoint(noble.neg(b), `-${b}`);
    }
  });

  it("meet equal, opposite and infinite points on the way to a sum of public multiples", () => {
    const point = noble.mulG(1234567n);
    const half = (CURVE_ORDER + 1n) / 2n;
    const terms: readonly (readonly (readonly [Point, bigint])[])[] = [
      [[INFINITY, 5n]],
      [
        [INFINITY, 5n],
        [point, 3n],
      ],
      [
        [point, 3n],
        [INFINITY, CURVE_ORDER - 1n],
        [noble.neg(point), 1n],
      ],
      // the same digits at the same places, and opposite ones: the sum so far is the entry that is added, or the opposite
      ...[1n, 3n, 15n, 5n << 100n, half, CURVE_ORDER - 1n].flatMap((k) =>
        [point, noble.neg(point), noble.double(point), imageOf(point), noble.neg(imageOf(point))].map(
          (other) =>
            [
              [point, k],
              [other, k],
            ] as const,
        ),
      ),
      // goes on after the sum was infinite in between
      [
        [point, (1n << 64n) + 1n],
        [noble.neg(point), 1n << 64n],
      ],
      [
        [point, 0n],
        [point, 0n],
      ],
    ];
    for (const sum of terms) {
      sum.forEach(([each, k], i) => {
        arena.putPoint(1 + i, each);
        arena.putInteger(arena.word(i), k);
      });
      wasm.sumPublic(r, p, arena.word(0), sum.length);
      const wanted = sum.reduce((total, [each, k]) => noble.add(total, noble.mulVar(each, k)), INFINITY);
      expectPoint(wanted, sum.map(([each, k]) => `${k} ${each}`).join(" + "));
    }
  });

  it("become affine together, infinity among them", () => {
    for (let i = 0; i < casesFor(100); i++) {
      const points = Array.from({ length: 1 + dice.below(16) }, () => (dice.chance(0.2) ? INFINITY : rollPoint(dice)));
      points.forEach((point, j) => {
        arena.putPoint(j, point);
      });
      arena.takePoints(0, points.length).forEach((got, j) => {
        if (!got.equals(points[j] as Point)) expect.fail(`${got} is not ${points[j]}`);
      });
      expectPoint(points[0] as Point, "a point that was made affine", 0);
    }
    expect(() => arena.takePoints(0, 17)).to.throw("At most 16");
  });

  it("are found by x and the parity of y, and not where no point has this x", () => {
    let found = 0;
    const one = (x: bigint, isOdd: number): void => {
      arena.putInteger(arena.word(0), x);
      const isThere = wasm.decompress(p, arena.word(0), isOdd) === 1;
      const y2 = (x ** 3n + 7n) % FIELD;
      const root = power(y2, (FIELD + 1n) / 4n, FIELD);
      const wanted = (root * root) % FIELD !== y2 ? undefined : new PointClass(x, (root & 1n) === BigInt(isOdd) ? root : FIELD - root, 1n);
      expect(isThere).to.equal(wanted !== undefined);
      if (wanted === undefined) return;
      found += 1;
      expectPoint(wanted, `x ${x}`, 1);
    };
    for (const x of [0n, 1n, 5n, FIELD - 1n, FIELD - 3n]) for (const isOdd of [0, 1]) one(x, isOdd);
    expect(found, "the control: some are points, some not").to.be.within(2, 8);
    for (let i = 0; i < casesFor(60); i++) one(rollFieldElement(dice), dice.below(2));
  });

  it("add up to four secret multiples by one chain of doublings", () => {
    for (let i = 0; i < casesFor(60); i++) {
      const count = 1 + (i % 4);
      const terms = Array.from({ length: count }, () => ({ point: rollPoint(dice), k: rollScalar(dice) }));
      terms.forEach(({ point, k }, j) => {
        arena.putPoint(1 + j, point);
        arena.putBytes(arena.word(j), encodeScalar(k));
      });
      wasm.sumSecret(r, p, arena.word(0), count);
      expectPoint(
        terms.reduce((sum, { point, k }) => noble.add(sum, noble.mulVar(point, k)), INFINITY),
        `${count} multiples`,
      );
    }
  });
});

describe("the kernel's registers", () => {
  const held = (): Uint8Array => new Uint8Array((wasm as unknown as { memory: { buffer: ArrayBuffer } }).memory.buffer);
  /** All that is not a constant or a table of a fixed point. */
  const secretPart = (): Uint8Array => held().slice(wasm.SECRET_START.value, wasm.FIXED.value);
  const secret = encodeScalar(0x0123456789abcdeffedcba98765432100123456789abcdeffedcba9876543210n);

  it("are overwritten after each run, whether it returned or threw, and so are tables and temporaries", () => {
    const work = (): void => {
      arena.putBytes(arena.word(0), secret);
      arena.putPoint(1, noble.mulG(3n));
      wasm.sumSecret(r, p, arena.word(0), 1);
      wasm.invertScalar(arena.word(2), arena.word(0));
      arena.takePoint(0);
      expect(secretPart().filter((byte) => byte !== 0).length, "the control: they are full of it").to.be.greaterThan(2000);
    };
    arena.run(work);
    expect(secretPart().every((byte) => byte === 0)).to.equal(true);
    expect(() =>
      arena.run(() => {
        work();
        throw new Error("on the way");
      }),
    ).to.throw("on the way");
    expect(secretPart().every((byte) => byte === 0)).to.equal(true);
  });

  it("are the only place that a secret gets to", () => {
    const traces = [secret, Uint8Array.from(secret).reverse()].map((bytes) => Buffer.from(bytes).subarray(8, 24));
    const found = (): boolean => traces.some((trace) => Buffer.from(held()).includes(trace));
    arena.run(() => {
      arena.putBytes(arena.word(0), secret);
      wasm.sumSecret(r, p, arena.word(0), 1);
      expect(found(), "the control").to.equal(true);
    });
    expect(found()).to.equal(false);
  });

  it("have one user at a time", () => {
    expect(() => arena.run(() => arena.run(() => 1))).to.throw("in use");
    expect(arena.run(() => 2)).to.equal(2);
  });

  it("give copies: what is done to them is not done to the registers", () => {
    arena.run(() => {
      arena.putBytes(arena.word(0), secret);
      const copy = arena.copyBytes(arena.word(0));
      expect(copy).to.deep.equal(secret);
      copy.fill(0);
      expect(arena.integer(arena.word(0))).to.equal(integerOf(secret));
      expect(copy.buffer).to.not.equal(held().buffer);
    });
  });

  it("keep what they hold when the memory grows", () => {
    arena.run(() => {
      arena.putBytes(arena.word(3), secret);
      arena.reserve(held().length + 1);
      expect(arena.copyBytes(arena.word(3))).to.deep.equal(secret);
      arena.putInteger(arena.word(4), 5n);
      expect(arena.integer(arena.word(4))).to.equal(5n);
    });
  });
});
