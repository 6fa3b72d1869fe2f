import { backend, type ClaimedAnswer, CURVE_ORDER, G, randomScalar, type VesAnswer } from "@keyquorum/threshold";
import { parseAddress, receiptDigest } from "@keyquorum/wire";
import { expect } from "chai";
import { concat, toBeHex, ZeroAddress, ZeroHash } from "ethers";
import { network } from "hardhat";
import { type DealtShare, keyRecord } from "../../fixtures/dealtKey.ts";
import { BAD_POINTS, solidityPoint } from "../../fixtures/points.ts";
import { rollDice } from "../../random/dice.ts";
import { sealDocument, sealVersion } from "../DocumentRegistry/documentFixture.ts";
import { EPOCH_DELAY, newKeyPair, postKey } from "../KeeperRegistry/registryFixture.ts";
import { offCurve } from "../libraries/fuzz.ts";
import { newReader } from "../ShareRequests/requestFixture.ts";
import { answerHashOf, type CaseChanges, caseOf, deployFaults, type FaultsSetup, highS, otherV, sign } from "./receiptFixture.ts";

const dice = rollDice("contracts/ReceiptFaults/prove");

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

const deployed = () => deployFaults(ethers, networkHelpers);
const LIE: CaseChanges = { share: otherV(G) };
type Case = ReturnType<typeof caseOf>;
type Evidence = Case["evidence"];

const prove = ({ faults, mallory }: FaultsSetup, evidence: Evidence) =>
  faults.connect(mallory).prove(evidence as Parameters<typeof faults.prove>[0]);
const refused = async (base: FaultsSetup, evidence: Evidence, error: string): Promise<void> => {
  await expect(prove(base, evidence)).to.be.revertedWithCustomError(base.faults, error);
};

describe("ReceiptFaults: prove", () => {
  it("when the answer is wrong, it records the fault, whoever brings it", async () => {
    const base = await loadFixture(deployed);
    const { evidence, isWrong } = caseOf(base, LIE);
    expect(isWrong).to.equal(true);
    const { requestId } = evidence.receipt;
    await expect(prove(base, evidence)).to.emit(base.faults, "AnswerDisproved").withArgs(requestId, 1, base.mallory.address);
    expect(await Promise.all([1, 2].map((slot) => base.faults.faultsOf(slot)))).to.deep.equal([1n, 0n]);
    expect(await Promise.all([1, 2].map((slot) => base.faults.isProved(requestId, slot)))).to.deep.equal([true, false]);
  });

  it("when other keepers answered the same request wrongly, or the keeper another request, each is proved", async () => {
    const base = await loadFixture(deployed);
    const reader = newReader();
    const [first, second] = [caseOf(base, { ...LIE, reader }), caseOf(base, { ...LIE, reader, place: 4 })];
    expect(first.evidence.receipt.requestId).to.equal(second.evidence.receipt.requestId);
    for (const { evidence } of [first, second, caseOf(base, LIE)]) await prove(base, evidence);
    expect(await Promise.all([1, 9].map((slot) => base.faults.faultsOf(slot)))).to.deep.equal([2n, 1n]);
  });

  it("attack 29: when this answer was proved wrong already, it reverts with ReceiptFaultsAlreadyProved, also for another wrong answer or receipt", async () => {
    const base = await loadFixture(deployed);
    const reader = newReader();
    const { evidence } = caseOf(base, { ...LIE, reader });
    await prove(base, evidence);
    const again = [
      evidence,
      caseOf(base, { ...LIE, reader }).evidence,
      caseOf(base, { ...LIE, reader, receipt: { headBlock: ZeroHash as never } }).evidence,
    ];
    for (const other of again)
      await expect(prove(base, other))
        .to.be.revertedWithCustomError(base.faults, "ReceiptFaultsAlreadyProved")
        .withArgs(evidence.receipt.requestId, 1);
    expect(await base.faults.faultsOf(1)).to.equal(1);
  });

  it("when the document is not published, it is proved as well", async () => {
    const base = await loadFixture(deployed);
    const sealed = sealDocument({ ...base, owner: base.alice.address, initialPermissions: base.grantsAddress });
    await expect(prove(base, caseOf(base, { ...LIE, sealed }).evidence)).to.emit(base.faults, "AnswerDisproved");
  });

  it("when the keeper was removed since, or has another identity key or operator, it is proved all the same, and by the old key only", async () => {
    const base = await loadFixture(deployed);
    const { keepers, operatorOf, faults, key, keyGeneration } = base;
    const fresh = newKeyPair();
    await keepers.setIdentityKey(1, solidityPoint(fresh.publicKey));
    await keepers.proposeEpoch(0);
    for (const slot of [1, 2, 4]) await postKey(keepers, 2, operatorOf(slot));
    await time.increase(EPOCH_DELAY);
    await keepers.openEpoch(2);
    await keepers.removeKeeper(1);
    await keyGeneration.setKey(key.keyId, keyRecord(key, { activeEpoch: 2 }));
    const { evidence } = caseOf(base, LIE);
    await refused(
      base,
      { ...evidence, signature: sign(fresh, receiptDigest(base.domain, evidence.receipt)) },
      "ReceiptFaultsInvalidSignature",
    );
    await expect(prove(base, evidence)).to.emit(faults, "AnswerDisproved");
  });

  for (const [how, revoke] of [
    ["replaced", ({ keepers }: FaultsSetup) => keepers.replaceStolenIdentity(1, solidityPoint(newKeyPair().publicKey))],
    [
      "rotated away, then revoked",
      async ({ keepers }: FaultsSetup) => {
        const former = (await keepers.keeperAt(1)).identityKey;
        await keepers.setIdentityKey(1, solidityPoint(newKeyPair().publicKey));
        await keepers.revokeFormerIdentity({ x: former.x, y: former.y });
      },
    ],
  ] as const)
    it(`when the identity key was stolen and ${how}, it reverts with ReceiptFaultsRevokedIdentity; what was proved before stands`, async () => {
      const base = await loadFixture(deployed);
      const [before, after] = [caseOf(base, LIE).evidence, caseOf(base, LIE).evidence];
      await prove(base, before);
      await revoke(base);
      await expect(prove(base, after))
        .to.be.revertedWithCustomError(base.faults, "ReceiptFaultsRevokedIdentity")
        .withArgs(after.receipt.requestId, 1);
      expect(await base.faults.faultsOf(1)).to.equal(1n);
      await prove(base, caseOf(base, { ...LIE, place: 4 }).evidence); // another keeper's
    });

  it("when the slot holds no share of the key in that epoch, it reverts with ReceiptFaultsNotMember (attacks 13, 24)", async () => {
    const base = await loadFixture(deployed);
    for (const receipt of [{ slot: 0 }, { slot: 3 }, { slot: 255 }, { epoch: 0 }, { epoch: 2 }, { keyId: ethers.id("other") as never }]) {
      const { evidence } = caseOf(base, { ...LIE, receipt });
      const { keyId, epoch, slot } = evidence.receipt;
      await expect(prove(base, evidence)).to.be.revertedWithCustomError(base.faults, "ReceiptFaultsNotMember").withArgs(keyId, epoch, slot);
    }
  });

  it("when the epoch is 2^32 more, it reverts with ReceiptFaultsNotMember, though its low bits are the key's epoch", async () => {
    const base = await loadFixture(deployed);
    await refused(base, caseOf(base, { ...LIE, receipt: { epoch: 2 ** 32 + base.key.epoch } }).evidence, "ReceiptFaultsNotMember");
  });

  it("when the verifying share is not the slot's, it reverts with ReceiptFaultsNotMember: by S a right answer would be wrong", async () => {
    const base = await loadFixture(deployed);
    const { evidence } = caseOf(base);
    const second = base.key.shares[1] as DealtShare;
    for (const change of [
      { verifyingShare: solidityPoint(second.verifyingShare) },
      { verifyingShare: solidityPoint(second.verifyingShare), path: second.path },
      { verifyingShare: solidityPoint(backend.mulG(randomScalar(dice.bytes))) },
      { verifyingShare: offCurve(evidence.verifyingShare) },
      { path: [] },
      { path: [...evidence.path, ZeroHash] },
    ])
      await refused(base, { ...evidence, ...change }, "ReceiptFaultsNotMember");
  });

  it("when another key signed, or nobody, it reverts with ReceiptFaultsInvalidSignature", async () => {
    const base = await loadFixture(deployed);
    const { evidence } = caseOf(base, LIE);
    const digest = receiptDigest(base.domain, evidence.receipt);
    const zeros = `0x${"00".repeat(64)}1b`;
    for (const signature of [sign(newKeyPair(), digest), sign(base.identities[1] as never, digest), zeros, "0x"])
      await expect(prove(base, { ...evidence, signature }))
        .to.be.revertedWithCustomError(base.faults, "ReceiptFaultsInvalidSignature")
        .withArgs(evidence.receipt.requestId, 1);
  });

  it("attack 39: when the signature has a high s, another v, another length, or an r or s that is none, it reverts with ReceiptFaultsInvalidSignature", async () => {
    const base = await loadFixture(deployed);
    const { evidence } = caseOf(base, LIE);
    const { signature } = evidence;
    const [rs, v, order] = [signature.slice(0, 130), Number(`0x${signature.slice(130)}`), toBeHex(CURVE_ORDER, 32)];
    for (const wrong of [
      highS(signature, CURVE_ORDER),
      ...[0, 1, v - 27, v + 8, v === 27 ? 28 : 27, 255].map((other) => concat([rs, toBeHex(other)])),
      signature.slice(0, 130),
      `${signature}00`,
      concat([order, toBeHex(1n, 32), "0x1b"]),
      concat([toBeHex(1n, 32), ZeroHash, "0x1b"]),
    ])
      await refused(base, { ...evidence, signature: wrong }, "ReceiptFaultsInvalidSignature");
    await prove(base, evidence);
  });

  it("when any field of the receipt is another than the keeper signed, it reverts with ReceiptFaultsInvalidSignature", async () => {
    const base = await loadFixture(deployed);
    const { evidence } = caseOf(base, LIE);
    const other = ethers.id("other");
    for (const change of [
      { requestId: other },
      { document: other },
      { headerHash: other },
      { requester: base.mallory.address },
      { finalizedBlock: other },
      { headBlock: other },
      { answerHash: other },
    ])
      await refused(base, { ...evidence, receipt: { ...evidence.receipt, ...change } as never }, "ReceiptFaultsInvalidSignature");
  });

  it("attack 29: when it was signed for another chain or contract, it reverts with ReceiptFaultsInvalidSignature", async () => {
    const base = await loadFixture(deployed);
    for (const domain of [
      { ...base.domain, chainId: base.chainId + 1n },
      { ...base.domain, shareRequests: parseAddress(await base.faults.getAddress()) },
      { ...base.domain, shareRequests: parseAddress(ZeroAddress) },
    ])
      await refused(base, caseOf(base, { ...LIE, domain }).evidence, "ReceiptFaultsInvalidSignature");
  });

  it("attack 7: when the request id is not the digest of what was asked, it reverts with ReceiptFaultsForeignRequest", async () => {
    const base = await loadFixture(deployed);
    const { evidence } = caseOf(base); // a right answer: another key, and it would be wrong
    const other = ethers.id("other");
    const { x, y } = evidence.asked.readerKey;
    for (const change of [
      { readerKey: newReader().point },
      { readerKey: { x, y: y + 1n } },
      { readerKey: { x: x + 1n, y } },
      { contextHash: other },
      { nonce: other },
      { deadline: 1n },
    ])
      await expect(prove(base, { ...evidence, asked: { ...evidence.asked, ...change } }))
        .to.be.revertedWithCustomError(base.faults, "ReceiptFaultsForeignRequest")
        .withArgs(evidence.receipt.requestId);
  });

  for (const [field, value] of [
    ["document", ethers.id("other")],
    ["requester", "0x00000000000000000000000000000000000000aa"],
    ["requestId", ethers.id("an on-chain request's id")],
  ] as const)
    it(`when the keeper itself signed another ${field} than was asked, it reverts with ReceiptFaultsForeignRequest`, async () => {
      const base = await loadFixture(deployed);
      await refused(base, caseOf(base, { ...LIE, receipt: { [field]: value } as never }).evidence, "ReceiptFaultsForeignRequest");
    });

  it("when it is another answer than the keeper signed, in any field, it reverts with ReceiptFaultsForeignAnswer", async () => {
    const base = await loadFixture(deployed);
    const { evidence } = caseOf(base);
    const { share } = evidence;
    for (const change of [{ k: share.v }, { v: share.k }, { c: 0n }, { zs: share.zk }, { zk: CURVE_ORDER }, { v: offCurve(share.v) }])
      await expect(prove(base, { ...evidence, share: { ...share, ...change } }))
        .to.be.revertedWithCustomError(base.faults, "ReceiptFaultsForeignAnswer")
        .withArgs(evidence.receipt.requestId);
  });

  it("when U or the rest of the header is not the header's, it reverts with ReceiptFaultsForeignHeader", async () => {
    const base = await loadFixture(deployed);
    const { evidence } = caseOf(base);
    for (const change of [{ u: solidityPoint(G) }, { u: offCurve(evidence.u) }, { headerRest: ethers.id("other") }])
      await expect(prove(base, { ...evidence, ...change }))
        .to.be.revertedWithCustomError(base.faults, "ReceiptFaultsForeignHeader")
        .withArgs(evidence.receipt.requestId);
  });

  it("when the answer is right, it reverts with AnswerIsRight", async () => {
    const base = await loadFixture(deployed);
    const { evidence, isWrong } = caseOf(base);
    expect(isWrong).to.equal(false);
    await expect(prove(base, evidence)).to.be.revertedWithCustomError(base.faults, "AnswerIsRight").withArgs(evidence.receipt.requestId, 1);
  });

  it("attack 40: when a witness is wrong, it reverts with AnswerWrongWitness, for right and wrong answers", async () => {
    const base = await loadFixture(deployed);
    for (const { evidence } of [caseOf(base), caseOf(base, LIE)])
      for (const change of [
        { zsU: solidityPoint(G) },
        { zkX: { x: 0n, y: 0n } },
        { cV: evidence.witnesses.zsU },
        { inverse1: 0n },
        { inverse2: 1n },
      ])
        await expect(prove(base, { ...evidence, witnesses: { ...evidence.witnesses, ...change } }))
          .to.be.revertedWithCustomError(base.faults, "AnswerWrongWitness")
          .withArgs(evidence.receipt.requestId, 1);
  });

  it("attack 26: when the reader's key is written off the curve, so that it compresses to the same request, a right answer stays unconvicted", async () => {
    const base = await loadFixture(deployed);
    const { evidence } = caseOf(base);
    const { x, y } = evidence.asked.readerKey;
    for (const readerKey of [offCurve({ x, y }), { x, y: y & 1n }, { x, y: 2n ** 256n - 2n + (y & 1n) }])
      await expect(prove(base, { ...evidence, asked: { ...evidence.asked, readerKey } })).to.be.revertedWithCustomError(
        base.faults,
        "AnswerWrongWitness",
      );
  });

  it("attack 26: when the header's U is not a point, which no honest keeper answers, it reverts with AnswerWrongWitness", async () => {
    const base = await loadFixture(deployed);
    const { evidence } = caseOf(base, LIE);
    for (const [, u] of BAD_POINTS) {
      const coder = ethers.AbiCoder.defaultAbiCoder();
      const headerHash = ethers.keccak256(coder.encode(["uint256", "uint256", "bytes32"], [u.x, u.y, evidence.headerRest]));
      const bent = caseOf(base, { ...LIE, sealed: { ...base.sealed, headerHash } });
      await refused(base, { ...bent.evidence, u }, "AnswerWrongWitness");
    }
  });

  it("a document whose registry is another's is judged by the receipt alone: what was asked, signed and answered", async () => {
    const base = await loadFixture(deployed);
    const version = sealVersion(base.key, base.sealed); // never published
    await refused(base, caseOf(base, { sealed: version }).evidence, "AnswerIsRight");
    await expect(prove(base, caseOf(base, { ...LIE, sealed: version }).evidence)).to.emit(base.faults, "AnswerDisproved");
  });

  const change =
    (part: object) =>
    (right: VesAnswer): ClaimedAnswer => ({ ...right, ...part });
  const lies: readonly (readonly [string, CaseChanges])[] = [
    ...(["k", "v"] as const).flatMap((field) =>
      BAD_POINTS.map(([how, point]) => [`${field} is ${how} (attacks 25, 26)`, { share: change({ [field]: point }) }] as const),
    ),
    ...(["c", "zs", "zk"] as const).flatMap((field) =>
      [0n, CURVE_ORDER, 2n ** 256n - 1n].map(
        (scalar) => [`${field} is ${scalar} (attack 39)`, { share: change({ [field]: scalar }) }] as const,
      ),
    ),
    ["it is for another slot", { context: { slot: 2 } }],
    ["it is for another epoch (attack 13)", { context: { epoch: 2 } }],
    ["it is for another request (attack 29)", { context: { requestId: ethers.id("other") } }],
  ];
  for (const [name, changes] of lies)
    it(`when the keeper lies, ${name}, it is convicted`, async () => {
      const base = await loadFixture(deployed);
      const { evidence } = caseOf(base, changes);
      await expect(prove(base, evidence))
        .to.emit(base.faults, "AnswerDisproved")
        .withArgs(evidence.receipt.requestId, 1, base.mallory.address);
    });

  it("the answer's hash is over its seven words", async () => {
    const base = await loadFixture(deployed);
    const { evidence } = caseOf(base);
    const { k, v, c, zs, zk } = evidence.share;
    expect(answerHashOf(evidence.share)).to.equal(evidence.receipt.answerHash);
    expect(ethers.keccak256(concat([k.x, k.y, v.x, v.y, c, zs, zk].map((word) => toBeHex(word, 32))))).to.equal(
      evidence.receipt.answerHash,
    );
  });
});
