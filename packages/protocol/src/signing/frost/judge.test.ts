import { encodePoint, encodeScalar, nobleBackend } from "@keyquorum/threshold";
import type { Hash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { createFrostTrial } from "../../testing/frostTrial.ts";
import type { NonceMessage, ShareMessage } from "../messages.ts";
import { integerOf, judgeShare, type ShareEvidence, type ShareVerdict } from "./judge.ts";
import { attemptOf, commitmentOf, nonceIdOf, nonceStatement, packageHashOf, shareStatement } from "./statements.ts";

type Trial = ReturnType<typeof createFrostTrial>;
const hashOf = ({ nonces }: Pick<ShareEvidence, "nonces">): Hash32 =>
  packageHashOf(nonces.map((one) => commitmentOf(one) as NonNullable<ReturnType<typeof commitmentOf>>));

/** Keepers 1 and 3 sign for coordinator 1; the evidence is about keeper 3. */
const given = async () => {
  const trial = createFrostTrial();
  const nonces = await trial.noncesOf([1, 3]);
  const ask = trial.askShare(1, nonces);
  const share = await trial.shareOf(3, ask);
  /** As keeper 3 would sign it. */
  const said = (changes: Partial<ShareMessage>, under = { nonces }): ShareMessage => {
    const message = { ...share, ...changes };
    return { ...message, signature: trial.at(3).context.sign(shareStatement(message, hashOf(under))) };
  };
  const judge = (evidence: Partial<ShareEvidence>, request = trial.request): ShareVerdict =>
    judgeShare(trial.at(5).context, request, { nonces, share, ...evidence });
  return { ...trial, nonces, share, said, judge, wrong: said({ z: encodeScalar(integerOf(share.z) === 1n ? 2n : 1n) }) };
};

describe("Who is named for a wrong share", () => {
  it("nobody for a right one; its signer for one that it signed and that is wrong, 0 and n and above included", async () => {
    const { judge, said, wrong } = await given();
    expect([judge({}), judge({ share: wrong })]).to.deep.equal(["right", "wrong"]);
    for (const z of [new Uint8Array(32), new Uint8Array(32).fill(0xff)]) expect(judge({ share: said({ z }) })).to.equal("wrong");
  });

  it("nobody by what it did not sign: each part of the evidence counts", async () => {
    const { judge, wrong, nonces, at, share } = await given();
    const [a, own] = nonces as [NonceMessage, NonceMessage];
    const other = encodePoint(nobleBackend.mulG(5n));
    const evidence: Record<string, Partial<ShareEvidence>> = {
      "an altered z": { share: { ...share, z: encodeScalar(1n) } },
      "another's signature": {
        share: { ...wrong, signature: at(1).context.sign({ ...shareStatement(wrong, hashOf({ nonces })), slot: 1 }) },
      },
      "its share, for another package": { share: wrong, nonces: [{ ...a, d: other }, own] },
      "its nonce message, altered": { share: wrong, nonces: [a, { ...own, d: other }] },
      "its nonce message, not signed": { share: wrong, nonces: [a, { ...own, signature: a.signature }] },
      "no nonce message of its own": { share: wrong, nonces: [a] },
      "a package that is none": { share: wrong, nonces: [own, a] },
      "a package that does not decode": { share: wrong, nonces: [{ ...a, d: new Uint8Array(33) }, own] },
      "another slot's name": { share: { ...wrong, signer: { ...wrong.signer, slot: 1 } } },
      "another life's name": { share: { ...wrong, signer: { ...wrong.signer, boot: a.signer.boot } } },
      "another nonce's name": { share: { ...wrong, nonceId: wrong.attempt } },
      "another attempt's name": { share: { ...wrong, attempt: wrong.nonceId } },
      "another request's name": { share: { ...wrong, requestId: wrong.attempt } },
      "another epoch": { share: { ...wrong, epoch: wrong.epoch + 1 } },
    };
    const found = Object.entries(evidence).map(([what, parts]) => [what, judge(parts)]);
    expect(found).to.deep.equal(Object.keys(evidence).map((what) => [what, "unproven"]));
    expect(judge({ share: wrong }), "control").to.equal("wrong");
  });

  it("nobody for a share in its second life under a nonce of its first, though it signed both: only a liar makes such", async () => {
    const { judge, share, at, nonces } = await given();
    at(3).restart();
    const message = { ...share, z: encodeScalar(1n), signer: { slot: 3, boot: at(3).boot } };
    const signed = { ...message, signature: at(3).context.sign(shareStatement(message, hashOf({ nonces }))) };
    expect(judge({ share: signed })).to.equal("unproven");
  });

  it("nobody by its right share for another request or epoch, whole and signed", async () => {
    const { judge, request, requests, nonceOf, askShare, shareOf } = await given();
    const about = requests[1] as typeof request;
    const nonces = [await nonceOf(1, 1, about), await nonceOf(3, 1, about)];
    const other = { nonces, share: await shareOf(3, askShare(1, nonces, about)) };
    expect([judge(other), judge(other, about)]).to.deep.equal(["unproven", "right"]);
    expect(judge({}, { ...request, epoch: request.epoch + 1 })).to.equal("unproven");
  });

  it("nobody by a share that it signed under the name of another nonce or attempt: such is no answer", async () => {
    const { judge, said, share } = await given();
    const z = encodeScalar(1n);
    expect([judge({ share: said({ z, nonceId: share.attempt }) }), judge({ share: said({ z, attempt: share.nonceId }) })]).to.deep.equal([
      "unproven",
      "unproven",
    ]);
  });

  it("nobody where the package is not of t+1, or the judge does not know the signer", async () => {
    const { judge, request, wrong } = await given();
    expect(judge({ share: wrong }, { ...request, threshold: 2 })).to.equal("unproven");
    expect(
      judge({ share: wrong }, { ...request, verifyingShares: new Map([...request.verifyingShares].filter(([slot]) => slot !== 3)) }),
    ).to.equal("unproven");
  });

  it("the next commitment is a message by itself: swapped, it is no part of the evidence, and nobody's but its signer's", async () => {
    const { judge, share, nonces, at } = await given();
    const swapped = { ...share, next: nonces[0] as NonceMessage };
    expect(judge({ share: swapped })).to.equal("right");
    const next = share.next as NonceMessage;
    const stolen = { ...next, signer: { slot: 5, boot: at(5).boot } };
    const commitment = commitmentOf(stolen);
    expect(
      commitment !== undefined && at(1).context.isSignedBy(nonceStatement(stolen, nonceIdOf(stolen, commitment)), stolen.signature),
    ).to.equal(false);
  });
});

describe("What identity keys sign", () => {
  it("names every field: no two messages of different content have one statement", async () => {
    const trial: Trial = createFrostTrial();
    const nonces = await trial.noncesOf([1, 3]);
    const ask = trial.askShare(1, nonces);
    const share = await trial.shareOf(3, ask);
    const [own] = nonces as [NonceMessage];
    const commitment = commitmentOf(own) as NonNullable<ReturnType<typeof commitmentOf>>;
    const ids = [
      own,
      { ...own, requestId: share.attempt },
      { ...own, epoch: 5 },
      { ...own, signer: { ...own.signer, slot: 9 } },
      { ...own, signer: { ...own.signer, boot: share.attempt } },
      { ...own, coordinator: { ...own.coordinator, slot: 9 } },
      { ...own, coordinator: { ...own.coordinator, boot: share.attempt } },
    ].map((one) => nonceIdOf(one, commitment));
    ids.push(nonceIdOf(own, { hiding: commitment.binding, binding: commitment.hiding }));
    expect(new Set(ids).size).to.equal(8);
    const attempts = [
      ask,
      { ...ask, requestId: share.nonceId },
      { ...ask, epoch: 5 },
      { ...ask, coordinator: { ...ask.coordinator, slot: 9 } },
      { ...ask, coordinator: { ...ask.coordinator, boot: share.nonceId } },
    ].map((one) => attemptOf(one, share.nonceId));
    expect(new Set([...attempts, attemptOf(ask, share.attempt)]).size).to.equal(6);
    const contents = [share, { ...share, z: encodeScalar(1n) }, { ...share, nonceId: share.attempt }].map(
      (one) => `${shareStatement(one, share.attempt).content}`,
    );
    expect(new Set([...contents, `${shareStatement(share, share.nonceId).content}`]).size).to.equal(4);
  });
});
