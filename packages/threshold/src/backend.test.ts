import { sha3_256 } from "@noble/hashes/sha3.js";
import { expect } from "chai";
import { changedBackend, codeOf, seededRandom } from "../test/fixtures.ts";
import { backend, haveEqualX, withBackend } from "./backend.ts";
import type { Calculation } from "./calculation.ts";
import { chooseBackend, chooseOnce } from "./chooseBackend.ts";
import { proveDleq } from "./dleq.ts";
import type { EcBackend } from "./ecBackend.ts";
import { ThresholdError } from "./errors.ts";
import { nobleBackend } from "./nobleBackend.ts";
import { G, INFINITY, type Point } from "./point.ts";
import { CURVE_ORDER } from "./scalar.ts";
import { SecretScalar } from "./secret.ts";
import { selfTestBackend } from "./selfTest.ts";

const failedCheck = (backend: EcBackend): unknown => {
  try {
    selfTestBackend(backend, seededRandom("self test"));
    return "none";
  } catch (error) {
    return error instanceof ThresholdError ? error.details.check : error;
  }
};

/** Another backend in one thing that its calculations do. */
const calculatingWith = (override: Partial<Calculation> | ((own: Calculation) => Partial<Calculation>)): Partial<EcBackend> => ({
  calculate: (work) => nobleBackend.calculate((own) => work({ ...own, ...(typeof override === "function" ? override(own) : override) })),
});

describe("EcBackend", () => {
  it("noble passes its own test", () => {
    expect(failedCheck(nobleBackend)).to.equal("none");
    expect(codeOf(() => selfTestBackend(nobleBackend))).to.equal("nothing");
  });

  const broken: Record<string, Partial<EcBackend>> = {
    "adds wrongly when the points are equal": { add: (a, b) => (a.equals(b) && !a.is0() ? INFINITY : a.add(b)) },
    "loses the opposite": { add: (a, b) => (a.equals(b.negate()) && !a.is0() ? G : a.add(b)) },
    "cannot add infinity": { add: (a, b) => (b.is0() ? INFINITY : a.add(b)) },
    "throws at 0": { mulG: (s) => G.multiply(s) },
    "is off by one": { mulVar: (p: Point, s) => p.multiplyUnsafe((s + 1n) % CURVE_ORDER) },
    "drops the last summand": { msmVar: (p, s) => nobleBackend.msmVar(p.slice(1), s.slice(1)) },
    "does not negate": { neg: (p) => p },
    "finds the other point with an x": { decompress: (x, isOdd) => nobleBackend.decompress(x, !isOdd) },
    "finds a point with any x": { decompress: (x, isOdd) => nobleBackend.decompress(x, isOdd) ?? G },
    "doubles to infinity": { double: () => INFINITY },
    "normalizes to G": { normalize: (p) => p.map(() => G) },
    "multiplies the generator only": { mulSecret: (_, s) => nobleBackend.mulG(s) },
    "sums the first product only": { mulAddSecret: (p, a) => nobleBackend.mulSecret(p, a) },
    "sums no product with 0": { mulAddSecret: (p, a, q, b) => (a === 0n || b === 0n ? INFINITY : nobleBackend.mulAddSecret(p, a, q, b)) },
    "signs with another s": { sign: (digest, secret) => nobleBackend.sign(digest, secret).with(63, 1) },
    "recovers one key from all": { recover: () => G },
    "recovers the opposite": { recover: (digest, signature) => nobleBackend.recover(digest, signature)?.negate() },
    "forgets a power": { evaluate: (points, x) => nobleBackend.evaluate(points.slice(0, 2), x) },
    "hashes as FIPS 202 does": { keccak256: sha3_256 },
    "gives another address": calculatingWith({ addresses: (terms) => terms.map(() => new Uint8Array(20)) }),
    "gives infinity an address": calculatingWith(({ addresses }) => ({ addresses: (terms) => addresses(terms) ?? [] })),
    "sees equal x in all points": calculatingWith({ haveEqualX: () => true }),
    "sees equal x in none": calculatingWith({ haveEqualX: () => false }),
    "adds where it subtracts": calculatingWith(({ plus }) => ({ minus: plus })),
    "precomputes another point": { precompute: (p) => p.double() },
  };
  for (const [fault, override] of Object.entries(broken)) {
    it(`a backend that ${fault} is refused`, () => {
      expect(failedCheck(changedBackend({ name: fault, ...override })))
        .to.be.a("string")
        .and.not.equal("none");
    });
  }

  it("adds completely: equal, opposite and infinite points", () => {
    const P = nobleBackend.mulG(7n);
    expect(nobleBackend.add(P, P).equals(nobleBackend.mulG(14n))).to.equal(true);
    expect(nobleBackend.add(P, nobleBackend.neg(P)).is0()).to.equal(true);
    expect(nobleBackend.add(INFINITY, P).equals(P) && nobleBackend.add(P, INFINITY).equals(P)).to.equal(true);
    expect(nobleBackend.mulG(0n).is0() && nobleBackend.mulSecret(P, 0n).is0()).to.equal(true);
  });

  it("sees equal x for a point and its opposite only", () => {
    const P = nobleBackend.mulG(7n);
    expect(haveEqualX(P, P) && haveEqualX(P, nobleBackend.neg(P))).to.equal(true);
    expect(haveEqualX(P, nobleBackend.mulG(8n))).to.equal(false);
  });

  it("is one for the process, and another one for as long as a test wants, also when that fails", () => {
    const before = backend.name;
    const other: EcBackend = { ...nobleBackend, name: "other", mulG: () => INFINITY };
    expect(withBackend(other, () => [backend.name, backend.mulG(1n).is0()])).to.deep.equal(["other", true]);
    const failing = (): never => {
      throw new RangeError(backend.name);
    };
    expect(() => withBackend(other, failing)).to.throw(RangeError, "other");
    expect([backend.name, backend.mulG(1n).equals(G)]).to.deep.equal([before, true]);
    expect(
      withBackend(backend, () => backend.mulG(1n).equals(G)),
      "over itself",
    ).to.equal(true);
  });

  it("is the kernel where WebAssembly runs, and noble where it is missing or refused", () => {
    const everything = globalThis as { WebAssembly?: unknown };
    const { WebAssembly } = everything;
    class Refused {
      constructor() {
        throw new EvalError("refused by Content-Security-Policy");
      }
    }
    try {
      const chosen = [WebAssembly, undefined, { Module: Refused }, { Module: class {}, Instance: Refused }].map((one) => {
        everything.WebAssembly = one;
        return chooseBackend().name;
      });
      expect(chosen).to.deep.equal(["wasm", "noble", "noble", "noble"]);
    } finally {
      everything.WebAssembly = WebAssembly;
    }
    expect(backend.name).to.equal("wasm");
  });

  it("is no kernel that computes wrongly, and then nothing else", () => {
    const wrong = changedBackend({ name: "wasm", mulG: (secret) => nobleBackend.mulG(secret).double() });
    expect(codeOf(() => chooseBackend(wrong))).to.equal("BACKEND_FAILED");
    expect(chooseBackend(changedBackend({ name: "right" })).name).to.equal("right");
  });

  it("is chosen once: a kernel that computed wrongly gets no second trial", () => {
    const rightAtTheSecond = [(secret: bigint) => nobleBackend.mulG(secret).double(), nobleBackend.mulG];
    let trials = 0;
    const inUse = chooseOnce(() =>
      chooseBackend(changedBackend({ name: "wasm", mulG: rightAtTheSecond[trials++] as typeof nobleBackend.mulG })),
    );
    expect([codeOf(inUse), codeOf(inUse), trials]).to.deep.equal(["BACKEND_FAILED", "BACKEND_FAILED", 1]);
  });

  it("takes no asynchronous work over another one: it would end over the one before", () => {
    // @ts-expect-error: what it returns comes later
    expect(() => withBackend(nobleBackend, async () => 1)).to.throw(TypeError);
  });

  it("is what every proof goes through", () => {
    const used = new Set<string>();
    const watch = (key: string, value: unknown): unknown => {
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        used.add(key);
        return value(...args);
      };
    };
    const watched = Object.fromEntries(Object.entries(nobleBackend).map(([key, value]) => [key, watch(key, value)])) as EcBackend;
    const base = nobleBackend.mulG(3n);
    withBackend(watched, () => proveDleq({ secret: SecretScalar.from(5n), base, context: new Uint8Array(32) }, seededRandom("x")));
    expect([...used].sort()).to.deep.equal(["calculate", "keccak256"]);
  });
});
