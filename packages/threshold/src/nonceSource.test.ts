import { expect } from "chai";
import { codeOf, keyPair, name32, network, seededRandom } from "../test/fixtures.ts";
import { mod } from "../test/naiveCurve.ts";
import { createComplaint } from "./dkg/complaint.ts";
import { createDealing } from "./dkg/deal.ts";
import { parseDealing } from "./dkg/dealing.ts";
import { nobleBackend } from "./nobleBackend.ts";
import { createNonceSource, createSubSource, type NonceUse } from "./nonceSource.ts";
import { type RandomSource, randomScalar } from "./random.ts";
import { createReshareDealing } from "./reshare/deal.ts";
import { CURVE_ORDER, invertScalar } from "./scalar.ts";
import { provePossession, type SchnorrProof } from "./schnorr.ts";

/** Says the same forever: a cloned or broken generator. */
const constant: RandomSource = (length) => new Uint8Array(length).fill(7);
const KEY = name32("nonce key");
const sourceOf = ({ key = KEY, id = constant(16), count = 1, random = constant }) =>
  createNonceSource({ key, boot: { id, count }, random });
const USE: NonceUse = { purpose: "complaint", session: name32("sid"), statement: name32("statement") };

const { committee, shares } = network();
const { members, secrets, bytes } = committee;
const share = (shares[0] as (typeof shares)[number]).share;
const [sidA, sidB] = [name32("session a"), name32("session b")];
const shape = { threshold: 2, members: members.length };
const alice = keyPair("alice");

/** z = r + c p twice with the same r: p = (z1 - z2) / (c1 - c2). */
const secretOf = (one: SchnorrProof, two: SchnorrProof): bigint =>
  mod((one.z - two.z) * invertScalar(mod(one.c - two.c, CURVE_ORDER)), CURVE_ORDER);

const complaintWith = (dealer: number, random: RandomSource) => {
  const dealing = parseDealing(bytes[dealer] as Uint8Array, shape);
  const own = { recipient: members[1]?.slot ?? 0, encryptionKey: members[1]?.encryptionKey as (typeof members)[number]["encryptionKey"] };
  const encryptionSecret = secrets[1] as (typeof secrets)[number];
  return createComplaint({ sid: sidA, dealer: members[dealer]?.slot ?? 0, ...own, encryptionSecret, dealing }, random);
};

describe("a source of nonces", () => {
  it("gives another stream for every purpose, session, statement, secret, key, life and attempt, with the same randomness", () => {
    const secret = alice.secret;
    const draws = [
      sourceOf({})(USE),
      sourceOf({})({ ...USE, purpose: "dealing" }),
      sourceOf({})({ ...USE, session: name32("another") }),
      sourceOf({})({ ...USE, statement: name32("another") }),
      sourceOf({})({ purpose: "complaint", session: USE.session }),
      sourceOf({})({ ...USE, secret }),
      sourceOf({})({ ...USE, secret: keyPair("bob").secret }),
      sourceOf({ key: name32("another") })(USE),
      sourceOf({ count: 2 })(USE),
      sourceOf({ id: new Uint8Array(16) })(USE),
      sourceOf({ random: seededRandom("fresh") })(USE),
    ].map((random) => Buffer.from(random(32)).toString("hex"));
    expect(new Set(draws).size).to.equal(draws.length);
    const source = sourceOf({});
    expect(source(USE)(32)).to.not.deep.equal(source(USE)(32));
    expect(sourceOf({})(USE)(32), "the control: nothing differs").to.deep.equal(sourceOf({})(USE)(32));
  });

  it("frames its parts: what moves from one to the next is another use", () => {
    const [one, two] = [Uint8Array.of(1), Uint8Array.of(1, 1)];
    const at = (session: Uint8Array, statement: Uint8Array) =>
      Buffer.from(sourceOf({})({ ...USE, session, statement })(32)).toString("hex");
    expect(at(one, two)).to.not.equal(at(two, one));
  });

  it("is one stream, however it is cut, and never twice the same", () => {
    const [whole, cut] = [sourceOf({})(USE), sourceOf({})(USE)];
    const pieces = [1, 31, 32, 33, 100, 3].map((length) => Buffer.from(cut(length)));
    expect(Buffer.concat(pieces)).to.deep.equal(Buffer.from(whole(200)));
    const words = Array.from({ length: 50 }, () => Buffer.from(whole(32)).toString("hex"));
    expect(new Set(words).size).to.equal(50);
    expect(randomScalar(whole) < CURVE_ORDER).to.equal(true);
  });

  it("works with a source of zeros, which alone gives no scalar; refuses one that gives too few bytes, and an erased secret", () => {
    expect(randomScalar(sourceOf({ random: (n) => new Uint8Array(n) })(USE)) > 0n).to.equal(true);
    expect(codeOf(() => sourceOf({ random: (n) => new Uint8Array(n - 1) })(USE))).to.equal("INVALID_RANDOM");
    const { secret } = keyPair("erased");
    secret.erase();
    expect(codeOf(() => sourceOf({})({ ...USE, secret }))).to.equal("ERASED_SECRET");
    expect(codeOf(() => sourceOf({ key: new Uint8Array(31) }))).to.equal("INVALID_BYTES");
    expect(codeOf(() => sourceOf({ id: new Uint8Array(15) }))).to.equal("INVALID_BYTES");
  });
});

describe("attack 8: a random source that repeats itself", () => {
  const reshare = (sid: Uint8Array, random: RandomSource) =>
    parseDealing(createReshareDealing({ sid, dealer: 1, share, threshold: 2, recipients: members }, random), shape);
  const deal = (sid: Uint8Array, random: RandomSource) =>
    parseDealing(createDealing({ sid, dealer: members[0]?.slot ?? 0, threshold: 2, members }, random), shape);
  /** The same process, or one that was started again with the same stream. */
  const pairs = {
    "in one life": () => {
      const source = sourceOf({});
      return [source, source] as const;
    },
    "in two lives": () => [sourceOf({ count: 1 }), sourceOf({ count: 2 })] as const,
  };

  it("alone, it gives away the share in two reshares, and the epoch's secret in two complaints (the control)", () => {
    const [one, two] = [reshare(sidA, constant), reshare(sidB, constant)];
    expect(secretOf(one.possessionOfConstant, two.possessionOfConstant)).to.equal(share.reveal());
    const [first, second] = [complaintWith(0, constant), complaintWith(2, constant)];
    expect(secretOf(first.proof, second.proof)).to.equal(secrets[1]?.reveal());
    const [a, b] = [deal(sidA, constant), deal(sidB, constant)];
    expect(nobleBackend.mulG(secretOf(a.possessionOfConstant, b.possessionOfConstant)).equals(a.commitments[0] as never)).to.equal(true);
  });

  for (const [when, lives] of Object.entries(pairs)) {
    it(`hedged, two reshares of one share have no coefficient and no nonce in common, ${when}`, () => {
      const [first, second] = lives();
      const use = { purpose: "reshare-dealing", secret: share } as const;
      const [one, two] = [reshare(sidA, first({ ...use, session: sidA })), reshare(sidB, second({ ...use, session: sidB }))];
      expect(secretOf(one.possessionOfConstant, two.possessionOfConstant)).to.not.equal(share.reveal());
      expect(one.ephemeral.equals(two.ephemeral)).to.equal(false);
      for (const [i, commitment] of one.commitments.entries())
        expect(commitment.equals(two.commitments[i] as never), `C_${i}`).to.equal(i === 0); // C_0 is the share's own point
    });

    it(`hedged, the same reshare dealt again before it was stored is another polynomial, ${when}`, () => {
      const [first, second] = lives();
      const use = { purpose: "reshare-dealing", session: sidA, secret: share } as const;
      const [one, two] = [reshare(sidA, first(use)), reshare(sidA, second(use))];
      expect(one.commitments[1]?.equals(two.commitments[1] as never)).to.equal(false);
      expect(secretOf(one.possessionOfConstant, two.possessionOfConstant)).to.not.equal(share.reveal());
    });

    it(`hedged, two dealings of key generation have nothing in common, ${when}`, () => {
      const [first, second] = lives();
      const [one, two] = [
        deal(sidA, first({ purpose: "dealing", session: sidA })),
        deal(sidB, second({ purpose: "dealing", session: sidB })),
      ];
      for (const [i, commitment] of one.commitments.entries()) expect(commitment.equals(two.commitments[i] as never)).to.equal(false);
      const found = secretOf(one.possessionOfConstant, two.possessionOfConstant);
      expect(nobleBackend.mulG(found).equals(one.commitments[0] as never)).to.equal(false);
    });

    it(`hedged, two complaints do not give the epoch's secret, ${when}`, () => {
      const [first, second] = lives();
      const use = (dealer: number): NonceUse => ({
        purpose: "complaint",
        session: sidA,
        statement: Uint8Array.of(dealer),
        ...{ secret: secrets[1] as never },
      });
      const [one, two] = [complaintWith(0, first(use(0))), complaintWith(2, second(use(2)))];
      expect(secretOf(one.proof, two.proof)).to.not.equal(secrets[1]?.reveal());
    });

    it(`hedged, two possessions of one key do not give it, ${when}`, () => {
      const [first, second] = lives();
      const prove = (message: Uint8Array, source: typeof first) =>
        provePossession(
          alice.secret,
          message,
          source({ purpose: "epoch-key-possession", session: sidA, statement: message, secret: alice.secret }),
        );
      const [one, two] = [prove(name32("m1"), first), prove(name32("m2"), second)];
      expect(secretOf(one, two)).to.not.equal(alice.secret.reveal());
    });
  }

  it("and a restored copy that repeats attempt, life and bytes makes the same proof of the same statement, which tells nothing more", () => {
    const prove = (message: Uint8Array) =>
      provePossession(alice.secret, message, sourceOf({})({ purpose: "epoch-key-possession", session: sidA, statement: message }));
    expect(prove(name32("m1"))).to.deep.equal(prove(name32("m1")));
    expect(secretOf(prove(name32("m1")), prove(name32("m2"))), "another statement has another nonce").to.not.equal(alice.secret.reveal());
  });
});

describe("the nonces of one computation", () => {
  const key = () => new Uint8Array(32).fill(5);
  const use: NonceUse = { purpose: "complaint", session: name32("a session") };
  const drawn = (one: NonceUse, source = createSubSource(key()).nonces): string => Buffer.from(source(one)(32)).toString("hex");

  it("differ by purpose, session, statement, the secret in use and each use, and by the key", () => {
    const { nonces } = createSubSource(key());
    const uses: readonly NonceUse[] = [
      use,
      { ...use, purpose: "dealing" },
      { ...use, session: name32("another") },
      { ...use, statement: Uint8Array.of(1) },
      { ...use, secret: alice.secret },
    ];
    const other = createSubSource(new Uint8Array(32).fill(6)).nonces;
    expect(new Set([...uses.map((one) => drawn(one)), drawn(use, nonces) && drawn(use, nonces), drawn(use, other)]).size).to.equal(7);
  });
  it("are the key's alone: they draw from no other source", () => {
    expect(drawn(use)).to.equal(drawn(use));
  });
  it("are none of the keeper's own source under the same key", () => {
    const own = createNonceSource({
      key: key(),
      boot: { id: new Uint8Array(16), count: 0 },
      random: (length) => new Uint8Array(length).fill(1),
    });
    expect(drawn(use)).to.not.equal(drawn(use, own));
  });
  it("are refused when the computation is over, and the caller's key is not needed meanwhile", () => {
    const bytes = key();
    const { nonces, erase } = createSubSource(bytes);
    bytes.fill(0);
    expect(drawn(use, nonces)).to.equal(drawn(use));
    erase();
    expect(() => nonces(use)).to.throw("for one computation");
    expect(() => createSubSource(new Uint8Array(31))).to.throw();
  });
});
