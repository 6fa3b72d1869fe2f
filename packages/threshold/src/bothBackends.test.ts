// Every operation over the kernel and over noble: the same bytes from the same randomness, and each takes what the other made.
import { expect } from "chai";
import { casesFor } from "../../../test/random/cases.ts";
import { answersOf, codeOf, dealtSession, keyPair, keySharesOf, LABEL, name32, network, sealed, seededRandom } from "../test/fixtures.ts";
import { mod, N } from "../test/naiveCurve.ts";
import { repairOf } from "../test/repair.ts";
import { reshareOf } from "../test/reshare.ts";
import { backend, withBackend } from "./backend.ts";
import { type Calculation, WIDE_BYTES } from "./calculation.ts";
import { combineAnswers } from "./combine.ts";
import { createComplaint, verifyComplaint } from "./dkg/complaint.ts";
import { verifyDealing } from "./dkg/deal.ts";
import { dleqHints, proveDleq, verifyDleq } from "./dleq.ts";
import type { EcBackend } from "./ecBackend.ts";
import { createKernelBackend } from "./kernel/kernelBackend.ts";
import { nobleBackend } from "./nobleBackend.ts";
import { G, INFINITY, type Point, SECOND_BASE } from "./point.ts";
import { CURVE_ORDER, encodeScalar } from "./scalar.ts";
import { provePossession, verifyPossession } from "./schnorr.ts";
import { SecretScalar } from "./secret.ts";
import { encapsulate, tdh2Hints, verifyCiphertext } from "./tdh2.ts";
import { encodeVesAnswer, encryptShare, type VesAnswer, verifyShareAnswer, vesHints } from "./ves.ts";

const kernel = createKernelBackend() as EcBackend; // Node has WebAssembly
const backends = [kernel, nobleBackend];

/** Points as coordinates, at any depth: points of two backends are other objects. */
const plain = (value: unknown): unknown => {
  if (value instanceof SecretScalar) return value.reveal();
  if (value instanceof (G.constructor as new () => Point)) return value.toAffine();
  if (value instanceof Uint8Array || typeof value !== "object" || value === null) return value;
  if (value instanceof Map) return [...value].map(plain);
  return Object.entries(value).map(([name, inner]) => [name, plain(inner)]);
};

/** What `make` returns over the kernel, when noble makes the same. */
const same = <T>(make: () => T): T => {
  const [one, other] = backends.map((backend) => withBackend<{ made: T }>(backend, () => ({ made: make() }) as never).made) as [T, T]; // two backends
  expect(plain(one)).to.deep.equal(plain(other));
  return one;
};

/** What both say. */
const said = <T>(verify: () => T): T => same(verify);

const repeat = (usual: number, one: (seed: string) => void): void => {
  for (let i = 0; i < casesFor(usual); i++) one(`both backends ${i}`);
};

describe("Operations over the kernel and over noble", () => {
  it("prove possession alike, and take each other's proofs", () => {
    repeat(4, (seed) => {
      const { secret, publicKey } = keyPair(seed);
      const proof = same(() => provePossession(secret, name32(seed), seededRandom(seed)));
      expect(said(() => verifyPossession(publicKey, name32(seed), proof))).to.equal(true);
      expect(said(() => verifyPossession(publicKey, name32("other"), proof))).to.equal(false);
      expect(said(() => verifyPossession(publicKey, name32(seed), { c: 1n, z: 1n }))).to.equal(false);
    });
    // zG = cP: the commitment is infinity
    expect(said(() => verifyPossession(G, name32("x"), { c: 5n, z: 5n }))).to.equal(false);
  });

  it("prove equal logarithms alike, with the same hints", () => {
    repeat(4, (seed) => {
      const { secret, publicKey } = keyPair(seed);
      const [base, context] = [keyPair(`${seed} base`).publicKey, name32(seed)];
      const proof = same(() => proveDleq({ secret, base, context }, seededRandom(seed)));
      const statement = { publicKey, base, image: nobleBackend.mulVar(base, secret.reveal()), context };
      expect(said(() => verifyDleq(statement, proof))).to.equal(true);
      same(() => dleqHints(statement, proof));
      for (const wrong of [{ publicKey: base }, { base: publicKey }, { image: publicKey }, { context: name32("other") }])
        expect(said(() => verifyDleq({ ...statement, ...wrong }, proof))).to.equal(false);
    });
    const statement = { publicKey: G, base: SECOND_BASE, image: SECOND_BASE, context: name32("x") };
    for (const z of [5n, CURVE_ORDER - 5n]) expect(said(() => verifyDleq(statement, { c: 5n, z }))).to.equal(false); // equal x; A1 infinite
  });

  it("encapsulate alike, and take each other's ciphertexts", () => {
    repeat(4, (seed) => {
      const statement = { publicKey: keyPair(seed).publicKey, label: LABEL };
      const { ciphertext } = same(() => encapsulate(statement, seededRandom(seed)));
      expect(said(() => verifyCiphertext(statement, ciphertext))).to.equal(true);
      same(() => tdh2Hints(ciphertext));
      const wrong = [{ u: G }, { uBar: ciphertext.u }, { e: ciphertext.f }, { f: 1n }].map((change) => ({ ...ciphertext, ...change }));
      for (const one of wrong) expect(said(() => verifyCiphertext(statement, one))).to.equal(false);
    });
    const statement = { publicKey: G, label: LABEL };
    for (const f of [5n, CURVE_ORDER - 5n])
      expect(said(() => verifyCiphertext(statement, { u: G, uBar: SECOND_BASE, e: 5n, f }))).to.equal(false); // W infinite; equal x
  });

  it("encrypt shares alike, and take each other's answers; altered ones neither takes", () => {
    repeat(4, (seed) => {
      const { secret: share, publicKey: verifyingShare } = keyPair(seed);
      const [u, readerKey, context] = [keyPair(`${seed} U`).publicKey, keyPair(`${seed} X`).publicKey, name32(`${seed} context`)];
      const nonceKey = name32(`${seed} nonces`);
      const answer = same(() => encryptShare({ share, u, readerKey, context, nonceKey }, seededRandom(seed)));
      same(() => encodeVesAnswer(answer));
      const statement = { verifyingShare, u, readerKey, context };
      expect(said(() => verifyShareAnswer(statement, answer))).to.equal(true);
      same(() => vesHints(statement, answer));
      const { c, zs, zk } = answer;
      const wrong: VesAnswer[] = [{ k: G }, { v: G }, { c: zs }, { zs: zk }, { zk: c }].map((change) => ({ ...answer, ...change }));
      for (const one of wrong) expect(said(() => verifyShareAnswer(statement, one))).to.equal(false);
      for (const change of [{ verifyingShare: u }, { u: readerKey }, { readerKey: u }, { context: nonceKey }])
        expect(said(() => verifyShareAnswer({ ...statement, ...change }, answer))).to.equal(false);
    });
  });

  it("refuse answers that the chain cannot add, and give no hints to them (PROTOCOL section 2.3)", () => {
    const { mulG, mulVar } = nobleBackend;
    const u = mulG(31n);
    const readerKey = mulVar(u, 5n);
    const refused = (s: bigint, answer: VesAnswer): void => {
      expect(said(() => verifyShareAnswer({ verifyingShare: mulG(s), u, readerKey, context: LABEL }, answer))).to.equal(false);
      expect(said(() => codeOf(() => vesHints({ u, readerKey }, answer)))).to.equal("DEGENERATE_PROOF");
    };
    const [k, v] = [mulG(11n), mulVar(u, 62n)];
    refused(7n, { k, v, c: 3n, zs: 25n, zk: 5n }); // zsU = zkX
    refused(7n, { k, v, c: 3n, zs: CURVE_ORDER - 25n, zk: 5n }); // zsU = -zkX: T is infinity
    refused(7n, { k, v, c: 3n, zs: 3n * 62n - 5n, zk: 1n }); // T = cV: A3 is infinity
    refused(7n, { k, v, c: 3n, zs: mod(-3n * 62n - 5n, N), zk: 1n }); // T = -cV: A3 = 2T
  });

  it("deal, open, assemble, complain, reshare and repair alike", () => {
    const { committee, shares } = same(() => {
      const dealt = dealtSession("both backends", [1, 2, 4], 1);
      return { committee: dealt, shares: keySharesOf(dealt) };
    });
    expect(shares).to.have.length(3);
    const { sid, members, dealings, secrets } = committee;
    const about = { sid, dealer: 1, recipient: 2, dealing: dealings[0] as (typeof dealings)[number] };
    expect(said(() => verifyDealing({ sid, dealer: 1, dealing: about.dealing }))).to.equal(true);
    expect(said(() => verifyDealing({ sid, dealer: 2, dealing: about.dealing }))).to.equal(false);
    const own = { encryptionSecret: secrets[1] as SecretScalar, encryptionKey: members[1]?.encryptionKey as Point };
    const { shared, proof } = same(() => createComplaint({ ...about, ...own }, seededRandom("complaint")));
    expect(said(() => verifyComplaint({ ...about, members, shared, proof }))).to.equal("SHARE_IS_RIGHT");
    same(() => {
      const reshare = reshareOf({});
      return [reshare.bytesOf(1), reshare.keyShareOf(1)];
    });
    same(() => {
      const repair = repairOf({});
      return [repair.recover().reveal(), repair.shareOf(5).reveal()];
    });
  });

  it("combine alike, and name the same answers as wrong", () => {
    const net = network();
    const bob = keyPair("bob");
    const { ciphertext } = sealed(net.jointKey);
    const answers = answersOf(net, [1, 2, 3, 5], ciphertext.u, bob.publicKey);
    const [first, ...rest] = answers as [(typeof answers)[number], ...typeof answers];
    const given = [{ ...first, answer: { ...first.answer, zs: first.answer.zk } }, ...rest];
    const input = { quorum: 3, u: ciphertext.u, readerSecret: bob.secret, answers: given, publicKey: net.jointKey };
    const { used, rejected } = same(() => combineAnswers(input));
    expect([used, rejected]).to.deep.equal([[2, 3, 5], [{ slot: 1, reason: "INVALID_PROOF" }]]);
    expect(said(() => codeOf(() => combineAnswers({ ...input, publicKey: G })))).to.equal("VERIFYING_SHARES_MISMATCH");
  });
});

describe("A polynomial of points over the kernel and over noble", () => {
  it("is evaluated alike: any length, equal, opposite and infinite points", () => {
    const P = keyPair("P").publicKey;
    const lists = [
      [],
      [INFINITY],
      [P],
      [P, P, P],
      [P, nobleBackend.neg(P)],
      [INFINITY, P, INFINITY],
      [G, SECOND_BASE, P, nobleBackend.double(P)],
    ];
    for (const points of lists)
      for (const x of [0, 1, 2, 3, 127, 128, 255]) {
        const value = same(() => backend.evaluate(points, x));
        const wanted = points.reduce((sum, point, k) => sum.add(nobleBackend.mulVar(point, BigInt(x) ** BigInt(k))), INFINITY);
        expect(value.equals(wanted)).to.equal(true);
      }
    // x = 1 and opposite points: the sum is infinite on the way
    expect(same(() => backend.evaluate([P, nobleBackend.neg(P)], 1)).is0()).to.equal(true);
  });
});

describe("A calculation over the kernel and over noble", () => {
  const word = (value: bigint): Uint8Array => encodeScalar(value);
  const both = <T>(work: (calculation: Calculation) => T): T => same(() => backend.calculate(work));

  it("gives the same points: equal, opposite and infinite ones too", () => {
    const P = nobleBackend.double(keyPair("P").publicKey);
    for (const [a, b] of [
      [1n, 1n],
      [5n, CURVE_ORDER - 5n],
      [CURVE_ORDER - 1n, 2n],
    ] as const)
      for (const Q of [P, nobleBackend.neg(P), G, SECOND_BASE, INFINITY])
        both((calculation) => {
          const { secret, timesSecret, sumSecret, times, plus, points } = calculation;
          const [x, y] = [secret(word(a)), secret(word(b))];
          const [xP, yQ, none] = [timesSecret(P, x), timesSecret(Q, y), times(Q, 0n)];
          return points([xP, yQ, none, times(P, a), sumSecret(P, x, Q, y), plus(xP, yQ), plus(none, none), plus(none, xP)]);
        });
  });

  it("writes tables again where another product was made between two secret sums, or of other points", () => {
    const [P, Q] = [nobleBackend.mulG(5n), nobleBackend.mulG(7n)];
    both(({ secret, sumSecret, timesSecret, times, points }) => {
      const [x, y] = [secret(word(3n)), secret(word(CURVE_ORDER - 2n))];
      return points([
        sumSecret(P, x, Q, y),
        sumSecret(P, y, Q, x),
        timesSecret(Q, x),
        sumSecret(P, x, Q, x),
        times(P, 9n),
        sumSecret(P, y, Q, y),
        sumSecret(Q, y, P, y),
        sumSecret(Q, y, Q, y),
      ]);
    });
  });

  it("subtracts, compares x and gives addresses alike, at infinity too", () => {
    const [P, Q] = [nobleBackend.mulG(5n), nobleBackend.mulG(7n)];
    for (const [a, b] of [
      [1n, 1n],
      [7n, 5n],
      [7n, CURVE_ORDER - 5n],
      [0n, 3n],
      [0n, 0n],
    ] as const)
      both(({ times, minus, haveEqualX, addresses, points }) => {
        const [first, second] = [times(P, a), times(Q, b)]; // 7P = 5Q
        return [
          points([minus(first, second), first]),
          haveEqualX(first, second),
          addresses([first, second]),
          addresses([minus(first, second)]),
        ];
      });
    both(({ addresses }) => addresses([]));
  });

  it("gives the same responses and reduces the same bytes", () => {
    for (const [a, c, s] of [
      [1n, 0n, 1n],
      [CURVE_ORDER - 1n, CURVE_ORDER - 1n, CURVE_ORDER - 1n],
      [5n, CURVE_ORDER - 1n, 5n],
      [7n, 2n, CURVE_ORDER / 2n],
    ] as const)
      both(({ secret, response, isZeroResponse }) => [
        response(secret(word(a)), c, secret(word(s))),
        isZeroResponse(secret(word(a)), c, secret(word(s))),
      ]);
    for (const bytes of [new Uint8Array(WIDE_BYTES).fill(255), new Uint8Array(WIDE_BYTES), seededRandom("wide")(WIDE_BYTES)])
      both(({ reduced, response, secret }) => response(secret(word(1n)), 1n, reduced(bytes)));
  });

  it("refuses what is no secret, and leaves the caller's bytes as they are", () => {
    for (const { calculate } of backends) {
      const bytes = word(9n);
      calculate(({ secret }) => secret(bytes));
      expect(bytes).to.deep.equal(word(9n));
      for (const bad of [word(0n), new Uint8Array(32).fill(255)])
        expect(codeOf(() => calculate(({ secret }) => secret(bad)))).to.equal("INVALID_SCALAR");
      expect(codeOf(() => calculate(({ secret }) => secret(new Uint8Array(31))))).to.equal("INVALID_BYTES");
      expect(codeOf(() => calculate(({ reduced }) => reduced(new Uint8Array(32))))).to.equal("INVALID_BYTES");
      expect(codeOf(() => calculate(({ times }) => times(G, CURVE_ORDER)))).to.equal("INVALID_SCALAR");
      expect(calculate(({ points }) => points([]))).to.deep.equal([]);
    }
  });

  it("in the kernel is over when its work returned or threw: nothing that kept it reads or writes registers", () => {
    const kept: Calculation[] = [];
    const factor = kernel.calculate((calculation) => {
      kept.push(calculation);
      return calculation.secret(word(5n));
    });
    expect(() =>
      kernel.calculate((calculation) => {
        kept.push(calculation);
        throw new RangeError("stop");
      }),
    ).to.throw(RangeError);
    for (const { secret, reduced, times, timesSecret, response, points, addresses, haveEqualX } of kept)
      for (const late of [
        () => secret(word(7n)),
        () => reduced(new Uint8Array(WIDE_BYTES)),
        () => times(G, 2n),
        () => timesSecret(G, factor),
        () => response(factor, 1n, factor),
        () => haveEqualX(0 as never, 0 as never),
        () => addresses([0 as never]),
        () => points([]),
      ])
        expect(late).to.throw("has ended");
  });

  it("in the kernel ends with its registers: another begins with none of its secrets, also after a failure", () => {
    const failing = (): never => {
      throw new RangeError("stop");
    };
    expect(() =>
      kernel.calculate(({ secret }) => {
        secret(word(77n));
        failing();
      }),
    ).to.throw(RangeError);
    for (let i = 0; i < 3; i++)
      expect(
        kernel.calculate(({ secret, timesSecret, points }) => points([timesSecret(G, secret(word(3n)))]))[0]?.equals(nobleBackend.mulG(3n)),
      ).to.equal(true);
    expect(() => kernel.calculate(() => kernel.mulG(1n))).to.throw("registers are in use");
    expect(() => kernel.calculate(({ secret }) => Array.from({ length: 17 }, () => secret(word(1n))))).to.throw("secrets at most");
    expect(() => kernel.calculate(({ times }) => Array.from({ length: 16 }, () => times(G, 1n)))).to.throw("terms at most");
  });
});
