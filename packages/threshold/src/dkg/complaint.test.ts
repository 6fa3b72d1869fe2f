import { expect } from "chai";
import { codeOf, invalidPoints, KEY_ID, keyPair, name32, openAll, SHIFT } from "../../test/fixtures.ts";
import { keccak, mod, N, tag } from "../../test/naiveCurve.ts";
import { committee, complaintOf, dealingOf, memberOf, members, secretOf, sid, toOpen, withWrongShare } from "../../test/session.ts";
import { verifyDleq } from "../dleq.ts";
import { nobleBackend } from "../nobleBackend.ts";
import { INFINITY } from "../point.ts";
import { CURVE_ORDER } from "../scalar.ts";
import type { SecretScalar } from "../secret.ts";
import { assembleKeyShare } from "./assemble.ts";
import { createComplaint, verifyComplaint } from "./complaint.ts";
import { verifyDealing } from "./deal.ts";
import type { Dealing } from "./dealing.ts";
import { openShare } from "./open.ts";
import { complaintContext, padOf } from "./transcript.ts";

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
