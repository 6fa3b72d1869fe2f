import { expect } from "chai";
import fc from "fast-check";
import {
  codeOf,
  dealtSession,
  invalidPoints,
  KEY_ID,
  keyPair,
  keySharesOf,
  name32,
  network,
  openAll,
  pointAboveOrder,
  SHIFT,
  seededRandom,
} from "../../test/fixtures.ts";
import {
  base,
  evaluateInTheExponent,
  keccak,
  keccakModN,
  lagrange,
  mod,
  mul,
  N,
  type Naive,
  add as naiveAdd,
  tag,
} from "../../test/naiveCurve.ts";
import { nobleBackend } from "../backend.ts";
import { integerToWord } from "../bytes.ts";
import { combineShares } from "../combine.ts";
import { verifyDleq } from "../dleq.ts";
import { INFINITY, type Point } from "../point.ts";
import { CURVE_ORDER } from "../scalar.ts";
import { provePossession } from "../schnorr.ts";
import { SecretScalar } from "../secret.ts";
import { assembleKeyPublic, assembleKeyShare, keyShiftOf } from "./assemble.ts";
import { createComplaint, verifyComplaint } from "./complaint.ts";
import { createDealing, verifyDealing } from "./deal.ts";
import { type Dealing, dealHashOf, dealingLength, encodeDealing, parseDealing, restHashOf } from "./dealing.ts";
import type { DkgMember } from "./member.ts";
import { openShare } from "./open.ts";
import { complaintContext, dealingMessage, padOf } from "./transcript.ts";

const naive = (point: Point): Naive => point.toAffine();
const { committee, shares } = network();
const { sid, members, dealings, bytes, secrets, threshold } = committee;
const shape = { threshold, members: 5 };
const secretOf = (slot: number): SecretScalar => secrets[slot - 1] as SecretScalar;
const memberOf = (slot: number): DkgMember => members[slot - 1] as DkgMember;
const dealingOf = (slot: number): Dealing => dealings[slot - 1] as Dealing;
const bytesOf = (slot: number): Uint8Array => bytes[slot - 1] as Uint8Array;
const toOpen = (dealer: number, recipient: number, dealing = dealingOf(dealer)) => ({
  sid,
  dealer,
  recipient,
  encryptionSecret: secretOf(recipient),
  members,
  dealing,
});
const complaintOf = (dealer: number, recipient: number, dealing = dealingOf(dealer)) =>
  createComplaint(
    { sid, dealer, recipient, encryptionSecret: secretOf(recipient), encryptionKey: memberOf(recipient).encryptionKey, dealing },
    seededRandom(`complaint ${dealer} ${recipient}`),
  );

/** The dealing with `delta` added to the share of one recipient. Its possession proofs still hold: they do not cover the shares. */
const withWrongShare = (dealing: Dealing, recipient: number, delta: bigint): Dealing => ({
  ...dealing,
  encryptedShares: dealing.encryptedShares.map((share, i) => (i === recipient - 1 ? mod(share + delta, N) : share)),
});

const patched = (source: Uint8Array, at: number, patch: Uint8Array): Uint8Array => {
  const copy = source.slice();
  copy.set(patch, at);
  return copy;
};

describe("dealing", () => {
  it("has exactly the length and layout of PROTOCOL 3.3", () => {
    expect(bytesOf(1).length).to.equal(64 * 3 + 64 + 32 * 5 + 128);
    expect(dealingLength({ threshold: 1, members: 3 })).to.equal(64 * 2 + 64 + 96 + 128);
    const dealing = dealingOf(1);
    expect([dealing.commitments.length, dealing.encryptedShares.length]).to.deep.equal([3, 5]);
    expect(bytesOf(1).slice(0, 32)).to.deep.equal(integerToWord((dealing.commitments[0] as Point).x));
    expect(bytesOf(1).slice(192, 224)).to.deep.equal(integerToWord(dealing.ephemeral.x));
    expect(bytesOf(1).slice(256, 288)).to.deep.equal(integerToWord(dealing.encryptedShares[0] as bigint));
    expect(bytesOf(1).slice(-32)).to.deep.equal(integerToWord(dealing.possessionOfEphemeral.z));
  });

  it("reads what it wrote", () => {
    for (const dealt of bytes) expect(encodeDealing(parseDealing(dealt, shape))).to.deep.equal(dealt);
  });

  it("binds both possessions to session, dealer and content", () => {
    for (const { slot } of members) expect(verifyDealing({ sid, dealer: slot, dealing: dealingOf(slot) })).to.equal(true);
    const { commitments, ephemeral } = dealingOf(1);
    const hash = keccak(...commitments.map(naive));
    expect(dealingMessage(sid, 1, commitments, ephemeral)).to.deep.equal(keccak(tag("dealing"), sid, 1n, hash, naive(ephemeral)));
    expect(verifyDealing({ sid, dealer: 2, dealing: dealingOf(1) })).to.equal(false);
    expect(verifyDealing({ sid: name32("another session"), dealer: 1, dealing: dealingOf(1) })).to.equal(false);
  });

  it("attack 28: every altered point or proof is refused", () => {
    const dealing = dealingOf(1);
    const { commitments, possessionOfConstant: a, possessionOfEphemeral: e } = dealing;
    const other = nobleBackend.mulG(77n);
    const wrong: Dealing[] = [
      ...commitments.map((_, k) => ({ ...dealing, commitments: commitments.map((point, i) => (i === k ? other : point)) })),
      { ...dealing, commitments: commitments.slice(0, 2) },
      { ...dealing, commitments: [...commitments, other] },
      { ...dealing, commitments: [] },
      { ...dealing, ephemeral: other },
      { ...dealing, possessionOfConstant: e, possessionOfEphemeral: a },
      { ...dealing, possessionOfConstant: { ...a, c: (a.c + 1n) % N } },
      { ...dealing, possessionOfConstant: { ...a, z: (a.z + 1n) % N } },
      { ...dealing, possessionOfEphemeral: { ...e, c: (e.c + 1n) % N } },
      { ...dealing, possessionOfEphemeral: { ...e, z: (e.z + 1n) % N } },
      ...Object.values(invalidPoints()).flatMap((point) => [
        { ...dealing, ephemeral: point },
        { ...dealing, commitments: [commitments[0] as Point, point, commitments[2] as Point] },
      ]),
    ];
    for (const one of wrong) expect(verifyDealing({ sid, dealer: 1, dealing: one })).to.equal(false);
  });

  it("hashes as the contract stores it", () => {
    const rest = keccak(...Array.from({ length: (bytesOf(1).length - 64) / 32 }, (_, i) => bytesOf(1).slice(64 + 32 * i, 96 + 32 * i)));
    expect(restHashOf(bytesOf(1))).to.deep.equal(rest);
    expect(dealHashOf(bytesOf(1))).to.deep.equal(keccak(naive(dealingOf(1).commitments[0] as Point), rest));
    for (const wrong of [new Uint8Array(64), new Uint8Array(95), null])
      expect(codeOf(() => dealHashOf(wrong as Uint8Array))).to.equal("INVALID_ENCODING");
  });

  it("hides f(j) behind the pad of PROTOCOL 3.3", () => {
    const shared = mul(naive(dealingOf(2).ephemeral), secretOf(4).reveal());
    const pad = keccakModN(tag("pad"), sid, 2n, 4n, shared);
    expect(padOf(sid, 2, 4, nobleBackend.mulVar(dealingOf(2).ephemeral, secretOf(4).reveal()))).to.equal(pad);
    const share = mod((dealingOf(2).encryptedShares[3] as bigint) - pad, N);
    expect(mul(base, share)).to.deep.equal(evaluateInTheExponent(dealingOf(2).commitments.map(naive), 4n));
    const opened = openShare(toOpen(2, 4));
    expect(opened.kind === "valid" && opened.share.reveal()).to.equal(share);
  });

  it("is fresh for the same session and dealer", () => {
    const again = () => createDealing({ sid, dealer: 1, threshold: 1, members: members.slice(0, 3) });
    expect(again()).not.to.deep.equal(again());
  });

  describe("parseDealing is strict", () => {
    it("attack 23: t+2 commitments, t commitments and every other length are refused", () => {
      for (const length of [0, 64, bytesOf(1).length - 1, bytesOf(1).length + 1, bytesOf(1).length + 32, bytesOf(1).length + 64])
        expect(codeOf(() => parseDealing(patchedLength(bytesOf(1), length), shape))).to.equal("INVALID_ENCODING");
      const raised = createDealing({ sid, dealer: 1, threshold: 1, members: members.slice(0, 3) });
      expect(codeOf(() => parseDealing(raised, { threshold: 1, members: 4 }))).to.equal("INVALID_ENCODING");
      // One commitment less and two members more have the same length: read so, the possession of e fails.
      const lowered = parseDealing(bytesOf(1), { threshold: 1, members: 7 });
      expect(verifyDealing({ sid, dealer: 1, dealing: lowered })).to.equal(false);
      expect(codeOf(() => parseDealing(null as unknown as Uint8Array, shape))).to.equal("INVALID_ENCODING");
    });

    it("attack 26: points off the curve, infinite or with x >= n are refused at every place", () => {
      const { x, y } = pointAboveOrder();
      for (let at = 0; at < 256; at += 64)
        for (const [a, b] of [
          [0n, 0n],
          [x, y],
          [1n, 1n],
          [2n ** 256n - 1n, 1n],
        ] as const)
          expect(codeOf(() => parseDealing(patched(patched(bytesOf(1), at, integerToWord(a)), at + 32, integerToWord(b)), shape))).to.equal(
            "INVALID_POINT",
          );
    });

    it("shares >= n and challenges or responses of 0 or >= n are refused", () => {
      for (let at = 256; at < bytesOf(1).length; at += 32) {
        const isShare = at < 256 + 160;
        for (const value of [CURVE_ORDER, 2n ** 256n - 1n])
          expect(codeOf(() => parseDealing(patched(bytesOf(1), at, integerToWord(value)), shape))).to.equal("INVALID_SCALAR");
        expect(codeOf(() => parseDealing(patched(bytesOf(1), at, integerToWord(0n)), shape))).to.equal(
          isShare ? "nothing" : "INVALID_SCALAR",
        );
      }
    });

    it("impossible thresholds are refused", () => {
      for (const t of [0, 3, -1, 1.5, Number.NaN, "2", null])
        expect(codeOf(() => parseDealing(bytesOf(1), { threshold: t as number, members: 5 }))).to.equal("INVALID_THRESHOLD");
      expect(codeOf(() => parseDealing(bytesOf(1), { threshold: 1, members: 65 }))).to.equal("INVALID_THRESHOLD");
    });
  });

  it("createDealing refuses what is no session", () => {
    const input = { sid, dealer: 1, threshold, members };
    const deal = (change: object): string => codeOf(() => createDealing({ ...input, ...change }, seededRandom("x")));
    expect(deal({ sid: new Uint8Array(31) })).to.equal("INVALID_BYTES");
    expect(deal({ dealer: 6 })).to.equal("INVALID_MEMBERS");
    for (const dealer of [0, 256, -0, "1", 1.5, null]) expect(deal({ dealer })).to.equal("INVALID_SLOT");
    for (const t of [0, 3, -0, "2", Number.NaN]) expect(deal({ threshold: t })).to.equal("INVALID_THRESHOLD");
    expect(deal({ members: members.slice(0, 2) })).to.equal("INVALID_MEMBERS");
    expect(deal({ members: [...members].reverse() })).to.equal("INVALID_MEMBERS");
    expect(deal({ members: [memberOf(1), memberOf(1), memberOf(2), memberOf(3), memberOf(4)] })).to.equal("INVALID_MEMBERS");
    for (const point of Object.values(invalidPoints()))
      expect(deal({ members: [...members.slice(0, 4), { slot: 9, encryptionKey: point }] })).to.equal("INVALID_POINT");
    expect(deal({ members: [...members.slice(0, 4), { slot: 256, encryptionKey: memberOf(5).encryptionKey }] })).to.equal("INVALID_SLOT");
    expect(codeOf(() => createDealing(input, (n) => new Uint8Array(n)))).to.equal("INVALID_RANDOM");
  });
});

function patchedLength(source: Uint8Array, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  copy.set(source.slice(0, length));
  return copy;
}

describe("opening and complaining", () => {
  it("every recipient opens every dealing, the dealer its own too", () => {
    for (const { slot } of members) expect(openAll(committee, slot).length).to.equal(5);
  });

  it("attack 17: a wrong share to one recipient is seen by that recipient and proved to everybody", () => {
    const bad = withWrongShare(dealingOf(3), 2, 1n);
    expect(verifyDealing({ sid, dealer: 3, dealing: bad })).to.equal(true);
    expect(openShare(toOpen(3, 2, bad)).kind).to.equal("invalid");
    expect(openShare(toOpen(3, 4, bad)).kind).to.equal("valid");

    const { shared, proof, hints } = complaintOf(3, 2, bad);
    expect(verifyComplaint({ sid, dealer: 3, recipient: 2, members, dealing: bad, shared, proof })).to.equal("DISQUALIFIED");
    expect(hints.zU.equals(nobleBackend.mulVar(bad.ephemeral, proof.z))).to.equal(true);
    const statement = { publicKey: memberOf(2).encryptionKey, base: bad.ephemeral, image: shared, context: complaintContext(sid, 3, 2) };
    expect(complaintContext(sid, 3, 2)).to.deep.equal(keccak(tag("complaint"), sid, 3n, 2n));
    expect(verifyDleq(statement, proof)).to.equal(true);

    // the rest proceeds without dealer 3
    const qual = openAll(committee, 1).filter(({ dealer }) => dealer !== 3);
    expect(codeOf(() => assembleKeyShare({ keyId: KEY_ID, epoch: 1, slot: 1, qual, shift: SHIFT, members }))).to.equal("nothing");
  });

  it("attack 18: a complaint about a right share is refused", () => {
    const { shared, proof } = complaintOf(3, 2);
    expect(verifyComplaint({ sid, dealer: 3, recipient: 2, members, dealing: dealingOf(3), shared, proof })).to.equal("SHARE_IS_RIGHT");
  });

  it("attack 29: evidence for another session, dealer, recipient or pad is no evidence", () => {
    const bad = withWrongShare(dealingOf(3), 2, 1n);
    const { shared, proof } = complaintOf(3, 2, bad);
    const input = { sid, dealer: 3, recipient: 2, members, dealing: bad, shared, proof };
    const changes = [
      { sid: name32("another session") },
      { dealer: 4 },
      { recipient: 1 },
      { shared: nobleBackend.mulG(5n) },
      { shared: INFINITY },
      { proof: { ...proof, z: (proof.z + 1n) % N } },
      { proof: { ...proof, c: 0n } },
      { dealing: dealingOf(4) },
    ];
    for (const change of changes) expect(verifyComplaint({ ...input, ...change })).to.equal("INVALID_PROOF");
  });

  it("attack 25: a zero share is right iff its image is infinity (D12)", () => {
    // f(x) = 6 - 3x, so f(2) = 0
    const commitments = [nobleBackend.mulG(6n), nobleBackend.mulG(CURVE_ORDER - 3n)];
    const e = keyPair("dealer");
    const padFor = (slot: number): bigint => padOf(sid, 1, slot, nobleBackend.mulSecret(memberOf(slot).encryptionKey, e.secret.reveal()));
    const dealing = {
      ...dealingOf(1),
      commitments,
      ephemeral: e.publicKey,
      encryptedShares: [1, 2, 3, 4, 5].map((slot) => mod(6n - 3n * BigInt(slot) + padFor(slot), N)),
    };
    const opened = openShare(toOpen(1, 2, dealing));
    expect(opened.kind === "valid" && opened.share.reveal()).to.equal(0n);
    expect(openShare(toOpen(1, 2, withWrongShare(dealing, 2, 1n))).kind).to.equal("invalid");
    const wrongZero = { ...dealing, encryptedShares: dealing.encryptedShares.map((share, i) => (i === 0 ? padFor(1) : share)) };
    expect(openShare(toOpen(1, 1, wrongZero)).kind).to.equal("invalid");
    const { shared, proof } = complaintOf(1, 2, dealing);
    expect(verifyComplaint({ sid, dealer: 1, recipient: 2, members, dealing, shared, proof })).to.equal("SHARE_IS_RIGHT");
  });

  it("a secret of another keeper is refused before it makes everything look wrong", () => {
    expect(codeOf(() => openShare({ ...toOpen(1, 2), encryptionSecret: secretOf(3) }))).to.equal("KEY_MISMATCH");
    const input = {
      sid,
      dealer: 1,
      recipient: 2,
      encryptionSecret: secretOf(3),
      encryptionKey: memberOf(2).encryptionKey,
      dealing: dealingOf(1),
    };
    expect(codeOf(() => createComplaint(input))).to.equal("KEY_MISMATCH");
  });

  it("wrong types throw a code", () => {
    const input = toOpen(1, 2);
    for (const slot of [0, 256, -0, "2", 2.5, Number.NaN, null]) {
      expect(codeOf(() => openShare({ ...input, recipient: slot as number }))).to.equal("INVALID_SLOT");
      expect(codeOf(() => openShare({ ...input, dealer: slot as number }))).to.equal("INVALID_SLOT");
      expect(codeOf(() => verifyDealing({ sid, dealer: slot as number, dealing: dealingOf(1) }))).to.equal("INVALID_SLOT");
      expect(codeOf(() => createComplaint({ ...input, recipient: slot as number, encryptionKey: memberOf(2).encryptionKey }))).to.equal(
        "INVALID_SLOT",
      );
    }
    expect(codeOf(() => openShare({ ...input, recipient: 9 }))).to.equal("INVALID_MEMBERS");
    expect(codeOf(() => openShare({ ...input, dealing: { ...dealingOf(1), encryptedShares: [1n] } }))).to.equal("INVALID_MEMBERS");
    for (const point of Object.values(invalidPoints()))
      expect(codeOf(() => openShare({ ...input, dealing: { ...dealingOf(1), ephemeral: point } }))).to.equal("INVALID_POINT");
    for (const value of [null, 5n])
      expect(codeOf(() => openShare({ ...input, encryptionSecret: value as unknown as SecretScalar }))).to.equal("INVALID_SCALAR");
    for (const dealing of [null, undefined]) {
      expect(codeOf(() => openShare({ ...input, dealing: dealing as unknown as Dealing }))).to.equal("INVALID_INPUT");
      expect(codeOf(() => verifyDealing({ sid, dealer: 1, dealing: dealing as unknown as Dealing }))).to.equal("INVALID_INPUT");
    }
  });
});

describe("attacks on key generation", () => {
  it("attack 18a: two dealers with offsetting errors pass the sum but not the check per dealer", () => {
    const bad = new Map([
      [4, withWrongShare(dealingOf(4), 1, 1000n)],
      [5, withWrongShare(dealingOf(5), 1, N - 1000n)],
    ]);
    const opened = [1, 2, 3, 4, 5].map((dealer) => openShare(toOpen(dealer, 1, bad.get(dealer) ?? dealingOf(dealer))));
    expect(opened.map(({ kind }) => kind)).to.deep.equal(["valid", "valid", "valid", "invalid", "invalid"]);

    // What an aggregate check would have seen: the sum of all five is right, of four it is not.
    const raw = (dealer: number): bigint => {
      const dealing = bad.get(dealer) ?? dealingOf(dealer);
      const pad = padOf(sid, dealer, 1, nobleBackend.mulVar(dealing.ephemeral, secretOf(1).reveal()));
      return mod((dealing.encryptedShares[0] as bigint) - pad, N);
    };
    const assemble = (dealers: number[]): string =>
      codeOf(() =>
        assembleKeyShare({
          keyId: KEY_ID, epoch: 1, slot: 1, shift: SHIFT, members,
          qual: dealers.map((dealer) => ({ dealer, dealing: bad.get(dealer) ?? dealingOf(dealer), share: SecretScalar.from(raw(dealer)) })),
        }),
      ); // biome-ignore format: one call
    expect(assemble([1, 2, 3, 4, 5])).to.equal("nothing");
    expect(assemble([1, 2, 3, 4])).to.equal("SHARE_MISMATCH");
    expect(assemble([1, 2, 3])).to.equal("nothing");
  });

  it("attack 19: a key PK_i + dG cannot be registered, and would have leaked the honest pad", () => {
    const d = 5n;
    const alice = keyPair("alice");
    const related = alice.publicKey.add(nobleBackend.mulG(d));
    // The leak: whoever publishes k = sk_j * related for a complaint gives away k - d PK_j = sk_j PK_alice.
    const victim = keyPair("victim");
    const published = nobleBackend.mulVar(related, victim.secret.reveal());
    expect(
      published.subtract(nobleBackend.mulVar(victim.publicKey, d)).equals(nobleBackend.mulVar(alice.publicKey, victim.secret.reveal())),
    ).to.equal(true);
    // The same with a dealer's ephemeral E' = E + dG: mallory cannot prove that she knows e + d.
    const ephemeral = dealingOf(1).ephemeral.add(nobleBackend.mulG(d));
    const hers = dealingOf(2);
    const message = dealingMessage(sid, 2, hers.commitments, ephemeral);
    const guess = provePossession(SecretScalar.from(d), message, seededRandom("guess"));
    const { c, z } = dealingOf(1).possessionOfEphemeral;
    for (const possessionOfEphemeral of [guess, { c, z }, { c, z: mod(z + c * d, N) }])
      expect(verifyDealing({ sid, dealer: 2, dealing: { ...hers, ephemeral, possessionOfEphemeral } })).to.equal(false);
  });

  it("attack 20: an E copied from another dealer is refused", () => {
    const { ephemeral, possessionOfEphemeral } = dealingOf(1);
    expect(verifyDealing({ sid, dealer: 2, dealing: { ...dealingOf(2), ephemeral, possessionOfEphemeral } })).to.equal(false);
    // the whole dealing under another slot or in another session neither
    expect(verifyDealing({ sid, dealer: 2, dealing: dealingOf(1) })).to.equal(false);
  });

  it("attack 21: a constant that cancels the others' is refused", () => {
    const target = keyPair("mallory");
    const others = [1, 2, 3, 4].map((dealer) => dealingOf(dealer).commitments[0] as Point).reduce((a, b) => a.add(b));
    const cancelling = target.publicKey.subtract(others);
    expect(others.add(cancelling).equals(target.publicKey)).to.equal(true); // it would fix the joint key
    const commitments = [cancelling, ...dealingOf(5).commitments.slice(1)];
    const message = dealingMessage(sid, 5, commitments, dealingOf(5).ephemeral);
    for (const possessionOfConstant of [provePossession(target.secret, message), dealingOf(5).possessionOfConstant])
      expect(verifyDealing({ sid, dealer: 5, dealing: { ...dealingOf(5), commitments, possessionOfConstant } })).to.equal(false);
  });

  it("attack 22: the shift depends on session, sum and block, and moves the key", () => {
    const unshifted = nobleBackend.mulG(5n);
    const blockHash = name32("block");
    const rho = keyShiftOf({ sid, unshifted, blockHash });
    expect(rho).to.equal(keccakModN(tag("shift"), sid, naive(unshifted), blockHash));
    const others = [
      keyShiftOf({ sid: name32("x"), unshifted, blockHash }),
      keyShiftOf({ sid, unshifted: nobleBackend.mulG(6n), blockHash }),
      keyShiftOf({ sid, unshifted, blockHash: name32("x") }),
    ];
    expect(new Set([rho, ...others]).size).to.equal(4);
    expect(codeOf(() => keyShiftOf({ sid, unshifted: INFINITY, blockHash }))).to.equal("INVALID_POINT");
    expect(codeOf(() => keyShiftOf({ sid, unshifted, blockHash: new Uint8Array(31) }))).to.equal("INVALID_BYTES");
  });
});

describe("assembling", () => {
  const qualOf = (slot: number, dealers = [1, 2, 3, 4, 5]) => openAll(committee, slot).filter(({ dealer }) => dealers.includes(dealer));
  const input = { keyId: KEY_ID, epoch: 1, slot: 1, qual: qualOf(1), shift: SHIFT, members };

  it("all keepers and every observer see the same key", () => {
    const observer = assembleKeyPublic({
      keyId: KEY_ID,
      epoch: 1,
      qual: members.map(({ slot }) => ({ dealer: slot, dealing: dealingOf(slot) })),
      shift: SHIFT,
      members,
    });
    for (const key of shares) {
      expect(key.jointKey.equals(observer.jointKey)).to.equal(true);
      expect(key.commitmentsHash).to.deep.equal(observer.commitmentsHash);
      expect(key.verifyingRoot).to.deep.equal(observer.verifyingRoot);
    }
    shares.forEach(({ share }, i) => {
      expect(nobleBackend.mulG(share.reveal()).equals(observer.verifyingShares.get(i + 1) as Point)).to.equal(true);
    });
    expect([...observer.verifyingShares.keys()]).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it("agrees with the naive curve: sums, shift, verifying shares, hashes", () => {
    const sums = [0, 1, 2].map((k) => dealings.map(({ commitments }) => naive(commitments[k] as Point)).reduce((a, b) => naiveAdd(a, b)));
    sums[0] = naiveAdd(sums[0] as Naive, mul(base, SHIFT));
    const key = shares[0] as (typeof shares)[number];
    expect(key.commitments.map(naive)).to.deep.equal(sums);
    expect(key.commitmentsHash).to.deep.equal(keccak(...sums));
    const points = [1n, 2n, 3n, 4n, 5n].map((slot) => evaluateInTheExponent(sums, slot));
    expect([...key.verifyingShares.values()].map(naive)).to.deep.equal(points);
    const [a, b, c, d, e] = points.map((point, i) => keccak(tag("verifying-share"), KEY_ID, 1n, BigInt(i + 1), point)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const node = (x: Uint8Array, y: Uint8Array): Uint8Array => keccak(tag("node"), x, y);
    expect(key.verifyingRoot).to.deep.equal(node(node(node(a, b), node(c, d)), e));
  });

  it("attack 49: any q shares give the secret of the joint key, any t do not", () => {
    const of = (slots: number[]) => slots.map((slot) => ({ slot, share: shares[slot - 1]?.share.reveal() as bigint }));
    const S = naive(network().jointKey);
    for (const slots of [
      [1, 2, 3],
      [5, 3, 1],
      [2, 4, 5],
      [1, 2, 3, 4, 5],
    ])
      expect(mul(base, combineShares(of(slots)))).to.deep.equal(S);
    for (const slots of [
      [1, 2],
      [4, 5],
    ])
      expect(mul(base, combineShares(of(slots)))).not.to.deep.equal(S);
    const byHand = [1n, 3n, 5n].reduce(
      (sum, slot) => sum + lagrange([1n, 3n, 5n], slot) * (shares[Number(slot) - 1]?.share.reveal() as bigint),
      0n,
    );
    expect(mul(base, byHand)).to.deep.equal(S);
  });

  it("any sizes and slots work, with any QUAL of t+1 or more", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 3, maxLength: 5 }),
        fc.nat({ max: 1000 }),
        (unsorted, seed) => {
          const slots = unsorted.sort((a, b) => a - b);
          const t = slots.length >= 5 ? 2 : 1;
          const made = dealtSession(`property ${seed}`, slots, t);
          const keys = keySharesOf(made);
          const all = keys.map(({ share }, i) => ({ slot: slots[i] as number, share: share.reveal() }));
          const secret = combineShares(all);
          const isSame = (some: typeof all): boolean => combineShares(some) === secret;
          return (
            nobleBackend.mulG(secret).equals(keys[0]?.jointKey as Point) &&
            isSame(all.slice(0, t + 1)) &&
            isSame(all.slice(-t - 1)) &&
            !isSame(all.slice(0, t))
          );
        },
      ),
      { numRuns: 4 },
    );
  });

  it("a wrong share, a wrong shift or another slot's share is refused", () => {
    const wrong = input.qual.map((one, i) => (i === 0 ? { ...one, share: SecretScalar.from(mod(one.share.reveal() + 1n, N)) } : one));
    expect(codeOf(() => assembleKeyShare({ ...input, qual: wrong }))).to.equal("SHARE_MISMATCH");
    expect(codeOf(() => assembleKeyShare({ ...input, slot: 2 }))).to.equal("SHARE_MISMATCH");
    expect(
      codeOf(() =>
        assembleKeyShare({ ...input, qual: qualOf(1, [1, 2, 3]).map((one) => ({ ...one, share: input.qual[4]?.share as SecretScalar })) }),
      ),
    ).to.equal("SHARE_MISMATCH");
  });

  it("QUAL below t+1, twice the same dealer, strangers and mixed lengths are refused", () => {
    expect(codeOf(() => assembleKeyShare({ ...input, qual: qualOf(1, [1, 2]) }))).to.equal("INVALID_THRESHOLD");
    expect(codeOf(() => assembleKeyShare({ ...input, qual: [] }))).to.equal("INVALID_THRESHOLD");
    expect(codeOf(() => assembleKeyShare({ ...input, qual: [...input.qual, input.qual[0] as (typeof input.qual)[number]] }))).to.equal(
      "DUPLICATE_SLOT",
    );
    const stranger = input.qual.map((one, i) => (i === 4 ? { ...one, dealer: 9 } : one));
    expect(codeOf(() => assembleKeyShare({ ...input, qual: stranger }))).to.equal("INVALID_MEMBERS");
    const longer = input.qual.map((one, i) =>
      i === 4 ? { ...one, dealing: { ...one.dealing, commitments: [...one.dealing.commitments, nobleBackend.mulG(3n)] } } : one,
    );
    expect(codeOf(() => assembleKeyShare({ ...input, qual: longer }))).to.equal("INVALID_THRESHOLD");
    expect(codeOf(() => assembleKeyShare({ ...input, slot: 9 }))).to.equal("INVALID_MEMBERS");
  });

  it("a joint key at infinity fails the session", () => {
    const sum = combineShares(shares.slice(0, 3).map(({ share }, i) => ({ slot: i + 1, share: share.reveal() })));
    const shift = mod(SHIFT - sum, N); // moves the constant to 0
    expect(codeOf(() => assembleKeyShare({ ...input, shift }))).to.equal("INVALID_JOINT_KEY");
  });

  it("wrong types throw a code", () => {
    for (const shift of [CURVE_ORDER, -1n, 1, null])
      expect(codeOf(() => assembleKeyShare({ ...input, shift: shift as bigint }))).to.equal("INVALID_SCALAR");
    expect(codeOf(() => assembleKeyShare({ ...input, keyId: new Uint8Array(31) }))).to.equal("INVALID_BYTES");
    expect(codeOf(() => assembleKeyShare({ ...input, qual: null as unknown as typeof input.qual }))).to.equal("INVALID_INPUT");
    expect(codeOf(() => assembleKeyShare({ ...input, epoch: -1 }))).to.equal("INVALID_INTEGER");
  });
});
