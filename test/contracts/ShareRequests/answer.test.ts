import { backend, combineAnswers, deriveContentSecret, G, pointFromXY, randomScalar, SecretScalar } from "@keyquorum/threshold";
import { expect } from "chai";
import { getBytes, hexlify } from "ethers";
import { network } from "hardhat";
import { type DealtShare, dealKey } from "../../fixtures/dealtKey.ts";
import { BAD_POINTS, BAD_PROOF_SCALARS, solidityPoint } from "../../fixtures/points.ts";
import { labelOf } from "../../fixtures/sealedHeader.ts";
import { rollDice } from "../../random/dice.ts";
import { sealVersion } from "../DocumentRegistry/documentFixture.ts";
import { answerContextOf, deployRequests, makeAnswer, makeRequest, moveToEpoch, newReader, requestIdOf } from "./requestFixture.ts";

const dice = rollDice("contracts/ShareRequests/answer");

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

const STATUS = { unknown: 0n, pending: 1n, served: 2n, expired: 3n };

/** Bob has asked; nobody has answered. Members are the slots 1, 2, 4, 5 and 9; q is 3. */
const asked = async () => {
  const base = await deployRequests(ethers);
  const made = await makeRequest(base);
  const answerOf = (index: number) => makeAnswer({ ...base, ...made, held: base.key.shares[index] as DealtShare });
  const post = (index: number, change: object = {}) =>
    base.requests.connect(base.keeper).answer(made.requestId, made.statement, { ...answerOf(index).answer, ...change });
  return { ...base, made, answerOf, post };
};
/** Three have answered. */
const served = async () => {
  const base = await asked();
  for (const index of [0, 1, 2]) await base.post(index);
  return base;
};

describe("ShareRequests: answer", () => {
  it("when the request is unknown, it reverts with ShareRequestsNotPending", async () => {
    const { requests, made, answerOf } = await loadFixture(asked);
    const stray = ethers.id("stray");
    await expect(requests.answer(stray, made.statement, answerOf(0).answer))
      .to.be.revertedWithCustomError(requests, "ShareRequestsNotPending")
      .withArgs(stray, STATUS.unknown);
  });

  it("when the request is served, it reverts with ShareRequestsNotPending", async () => {
    const { requests, made, post } = await loadFixture(served);
    for (const index of [0, 3])
      await expect(post(index)).to.be.revertedWithCustomError(requests, "ShareRequestsNotPending").withArgs(made.requestId, STATUS.served);
  });

  it("when the deadline has passed, it reverts with ShareRequestsNotPending", async () => {
    const { requests, made, post } = await loadFixture(asked);
    const { deadline } = await requests.requestOf(made.requestId);
    await time.increaseTo(deadline);
    await time.setNextBlockTimestamp(deadline + 1n);
    await expect(post(0)).to.be.revertedWithCustomError(requests, "ShareRequestsNotPending").withArgs(made.requestId, STATUS.expired);
  });

  const other = newReader();
  for (const [field, value] of [
    ["number", 2n],
    ["document", ethers.id("other")],
    ["headerHash", ethers.id("other")],
    ["requester", "0x00000000000000000000000000000000000000aa"],
    ["readerKey", other.point],
    ["contextHash", ethers.id("other")],
  ] as const)
    it(`attack 7: when the statement's ${field} differs, it reverts with RequestForeignStatement`, async () => {
      const { requests, made, answerOf } = await loadFixture(asked);
      await expect(requests.answer(made.requestId, { ...made.statement, [field]: value }, answerOf(0).answer))
        .to.be.revertedWithCustomError(requests, "RequestForeignStatement")
        .withArgs(made.requestId);
    });

  for (const [field, value] of [
    ["u", solidityPoint(G)],
    ["headerRest", ethers.id("other")],
  ] as const)
    it(`when ${field} is not the header's, it reverts with RequestForeignHeader`, async () => {
      const { requests, made, post } = await loadFixture(asked);
      await expect(post(0, { [field]: value }))
        .to.be.revertedWithCustomError(requests, "RequestForeignHeader")
        .withArgs(made.requestId);
    });

  it("when this keeper has answered, it reverts with RequestAlreadyAnswered, also for another valid answer", async () => {
    const { requests, made, answerOf } = await loadFixture(asked);
    const { answer } = answerOf(1);
    await requests.answer(made.requestId, made.statement, answer);
    for (const again of [answer, answerOf(1).answer])
      await expect(requests.answer(made.requestId, made.statement, again))
        .to.be.revertedWithCustomError(requests, "RequestAlreadyAnswered")
        .withArgs(made.requestId, 2);
    expect((await requests.requestOf(made.requestId)).answers).to.equal(1);
  });

  for (const slot of [0, 3, 10, 255])
    it(`attack 24: when the slot is ${slot}, no member's, it reverts with RequestNotMember`, async () => {
      const base = await loadFixture(asked);
      const { answer } = makeAnswer({ ...base, ...base.made, held: base.key.shares[0] as DealtShare, slot });
      await expect(base.requests.answer(base.made.requestId, base.made.statement, answer))
        .to.be.revertedWithCustomError(base.requests, "RequestNotMember")
        .withArgs(base.made.requestId, slot);
    });

  it("attack 24: when a member answers for another slot, it reverts with RequestNotMember", async () => {
    const base = await loadFixture(asked);
    const [first, second] = base.key.shares as [DealtShare, DealtShare];
    const forOther = { ...base, ...base.made, held: first, slot: second.slot };
    for (const held of [first, { ...first, path: second.path }])
      await expect(base.requests.answer(base.made.requestId, base.made.statement, makeAnswer({ ...forOther, held }).answer))
        .to.be.revertedWithCustomError(base.requests, "RequestNotMember")
        .withArgs(base.made.requestId, second.slot);
  });

  it("attack 24: when it is not a member, with a leaf of its own, it reverts with RequestNotMember", async () => {
    const base = await loadFixture(asked);
    const committee = base.key.keyEpoch.committee & ~(1n << 4n);
    await base.keyGeneration.setKeyEpoch(base.key.keyId, base.key.epoch, { ...base.key.keyEpoch, committee });
    await expect(base.post(2)).to.be.revertedWithCustomError(base.requests, "RequestNotMember").withArgs(base.made.requestId, 4);
  });

  it("when the verifying share is not the keeper's, it reverts with RequestNotMember", async () => {
    const base = await loadFixture(asked);
    const secret = randomScalar(dice.bytes);
    const genuine = base.key.shares[0] as DealtShare;
    const held = { ...genuine, share: SecretScalar.from(secret), verifyingShare: backend.mulG(secret) };
    const { answer } = makeAnswer({ ...base, ...base.made, held }); // a true proof, of a share that mallory chose
    await expect(base.requests.answer(base.made.requestId, base.made.statement, answer)).to.be.revertedWithCustomError(
      base.requests,
      "RequestNotMember",
    );
  });

  it("when the path is too short, too long or another, it reverts with RequestNotMember", async () => {
    const { requests, post, key } = await loadFixture(asked);
    const { path } = key.shares[0] as DealtShare;
    for (const wrong of [[], path.slice(1), [...path, ethers.ZeroHash], path.with(0, ethers.id("other"))])
      await expect(post(0, { path: wrong })).to.be.revertedWithCustomError(requests, "RequestNotMember");
  });

  for (const field of ["k", "v"] as const)
    for (const [name, point] of BAD_POINTS)
      it(`attacks 25, 26: when ${field} is ${name}, it reverts with ShareRequestsInvalidAnswer`, async () => {
        const { requests, made, post, answerOf } = await loadFixture(asked);
        await expect(post(0, { share: { ...answerOf(0).answer.share, [field]: point } }))
          .to.be.revertedWithCustomError(requests, "ShareRequestsInvalidAnswer")
          .withArgs(made.requestId, 1);
      });

  for (const field of ["c", "zs", "zk"] as const)
    for (const [name, change] of BAD_PROOF_SCALARS)
      it(`attacks 28, 39: when ${field} is ${name}, it reverts with ShareRequestsInvalidAnswer`, async () => {
        const { requests, made, answerOf } = await loadFixture(asked);
        const { answer } = answerOf(0);
        const share = { ...answer.share, [field]: change(answer.share[field]) };
        await expect(requests.answer(made.requestId, made.statement, { ...answer, share })).to.be.revertedWithCustomError(
          requests,
          "ShareRequestsInvalidAnswer",
        );
      });

  for (const [field, value] of [
    ["zsU", { x: 0n, y: 0n }],
    ["zkX", { x: 0n, y: 0n }],
    ["cV", { x: 0n, y: 0n }],
    ["zsU", solidityPoint(G)],
    ["zkX", solidityPoint(G)],
    ["cV", solidityPoint(G)],
    ["inverse1", 0n],
    ["inverse1", 1n],
    ["inverse2", 0n],
    ["inverse2", 1n],
  ] as const)
    it(`attack 40: when the hint ${field} is ${typeof value === "bigint" ? value : value.x === 0n ? "infinity" : "G"}, it reverts with ShareRequestsInvalidAnswer`, async () => {
      const { requests, made, answerOf } = await loadFixture(asked);
      const { answer } = answerOf(0);
      const hints = { ...answer.hints, [field]: value };
      await expect(requests.answer(made.requestId, made.statement, { ...answer, hints })).to.be.revertedWithCustomError(
        requests,
        "ShareRequestsInvalidAnswer",
      );
    });

  it("attacks 7, 28, 29: an answer made for another request, reader key, header, key, epoch, slot or chain is refused", async () => {
    const base = await loadFixture(asked);
    const { requests, made, key, sealed, address, chainId } = base;
    const held = key.shares[0] as DealtShare;
    const right = { key, held, sealed, requestId: made.requestId, readerKey: made.readerKey };
    const version = sealVersion(key, sealed);
    const foreign = {
      request: makeAnswer({ ...right, requestId: ethers.id("other") }),
      "reader key": makeAnswer({ ...right, readerKey: other.readerKey }),
      header: makeAnswer({ ...right, sealed: { ...sealed, headerHash: version.headerHash } }),
      "other version's U": makeAnswer({ ...right, sealed: version }),
      key: makeAnswer({ ...right, key: { ...key, keyId: ethers.id("other") } }),
      epoch: makeAnswer({ ...right, epoch: key.epoch + 1 }),
      slot: makeAnswer({ ...right, slot: 2 }),
      chain: makeAnswer({ ...right, requestId: requestIdOf(chainId + 1n, address, made.statement) }),
    };
    const { answer: honest } = makeAnswer(right);
    for (const [name, { answer }] of Object.entries(foreign)) {
      const call = requests.answer(made.requestId, made.statement, { ...honest, share: answer.share, hints: answer.hints });
      await expect(call, name).to.be.revertedWithCustomError(requests, "ShareRequestsInvalidAnswer").withArgs(made.requestId, 1);
    }
    await expect(requests.answer(made.requestId, made.statement, honest)).to.emit(requests, "ShareAnswered");
  });

  it("attack 13: when the key has moved to another epoch, it takes answers of the pinned epoch and refuses those of the new one", async () => {
    const base = await loadFixture(asked);
    const { requests, made, key, sealed } = base;
    const next = await moveToEpoch(base, 2, [1, 2, 3, 4, 5]);
    for (const epoch of [1, 2]) {
      const { answer } = makeAnswer({ key: next, held: next.shares[0] as DealtShare, sealed, ...made, epoch });
      await expect(requests.answer(made.requestId, made.statement, answer)).to.be.revertedWithCustomError(requests, "RequestNotMember");
    }
    await expect(base.post(0)).to.emit(requests, "ShareAnswered");
    const later = await makeRequest(base);
    expect((await requests.requestOf(later.requestId)).epoch).to.equal(2);
    const ofOld = makeAnswer({ key, held: key.shares[0] as DealtShare, sealed, ...later });
    await expect(requests.answer(later.requestId, later.statement, ofOld.answer)).to.be.revertedWithCustomError(
      requests,
      "RequestNotMember",
    );
  });

  it("when the keeper is absent, it reverts with ShareRequestsAbsentKeeper, whoever brings it; others' answers count", async () => {
    const base = await loadFixture(asked);
    const { requests, made, absences, post } = base;
    await post(0);
    await absences.setAbsent((1n << 1n) | (1n << 4n));
    await expect(post(2)).to.be.revertedWithCustomError(requests, "ShareRequestsAbsentKeeper").withArgs(made.requestId, 4);
    for (const index of [1, 3]) await post(index);
    expect(await requests.statusOf(made.requestId)).to.equal(STATUS.served); // with what 1 had answered before
  });

  it("when all is well, it takes an answer from anybody, counts it for the slot in the proof and emits ShareAnswered", async () => {
    const { requests, made, mallory, answerOf } = await loadFixture(asked);
    const { answer } = answerOf(2);
    const { k, v, c, zs, zk } = answer.share;
    await expect(requests.connect(mallory).answer(made.requestId, made.statement, answer))
      .to.emit(requests, "ShareAnswered")
      .withArgs(made.requestId, 4, [answer.verifyingShare.x, answer.verifyingShare.y], [[k.x, k.y], [v.x, v.y], c, zs, zk]);
    const facts = await requests.requestOf(made.requestId);
    expect([facts.answers, facts.answered]).to.deep.equal([1n, 1n << 4n]);
    expect(await requests.statusOf(made.requestId)).to.equal(STATUS.pending);
  });

  it("when all is well, it takes exactly q answers and emits RequestServed with the last", async () => {
    const { requests, made, post } = await loadFixture(asked);
    for (const index of [4, 0]) await expect(post(index)).to.not.emit(requests, "RequestServed");
    await expect(post(2)).to.emit(requests, "RequestServed").withArgs(made.requestId);
    const facts = await requests.requestOf(made.requestId);
    expect([facts.answers, facts.answered]).to.deep.equal([3n, (1n << 9n) | (1n << 1n) | (1n << 4n)]);
    await expect(post(1)).to.be.revertedWithCustomError(requests, "ShareRequestsNotPending");
  });

  it("when all is well, it takes an answer at the deadline", async () => {
    const { requests, made, post } = await loadFixture(asked);
    await time.setNextBlockTimestamp((await requests.requestOf(made.requestId)).deadline);
    await expect(post(0)).to.emit(requests, "ShareAnswered");
  });

  it("when all is well, q answers from the chain open the document, and q - 1 do not", async () => {
    const { requests, made, key, sealed } = await loadFixture(served);
    const events = await requests.queryFilter(requests.filters.ShareAnswered(made.requestId));
    const answers = events.map(({ args: { slot, verifyingShare, share } }) => {
      const context = answerContextOf({
        headerHash: sealed.headerHash,
        requestId: made.requestId,
        keyId: key.keyId,
        epoch: key.epoch,
        slot: Number(slot),
      });
      const { c, zs, zk } = share;
      const answer = { k: pointFromXY(share.k.x, share.k.y), v: pointFromXY(share.v.x, share.v.y), c, zs, zk };
      return { slot: Number(slot), verifyingShare: pointFromXY(verifyingShare.x, verifyingShare.y), context: getBytes(context), answer };
    });
    const { u } = sealed.header.own;
    const { shared, used } = combineAnswers({ quorum: 3, u, readerSecret: made.readerSecret, answers });
    expect(used).to.deep.equal([1, 2, 4]);
    const secret = deriveContentSecret({ shared, label: getBytes(labelOf(sealed.names)), u });
    expect(hexlify(secret)).to.equal(hexlify(sealed.header.contentSecret));
    expect(() => combineAnswers({ quorum: 3, u, readerSecret: made.readerSecret, answers: answers.slice(1) })).to.throw();
  });

  it("when the grant is revoked and the version withdrawn, it takes answers still: permission is the keepers' part", async () => {
    const { requests, registry, grants, alice, bob, sealed, post } = await loadFixture(asked);
    await grants.connect(alice).revoke(sealed.document, bob);
    await registry.connect(alice).withdrawVersion(sealed.document, sealed.headerHash);
    await expect(post(0)).to.emit(requests, "ShareAnswered");
  });

  it("answers of one request do not count for another", async () => {
    const base = await loadFixture(served);
    const second = await makeRequest(base);
    expect(await base.requests.statusOf(second.requestId)).to.equal(STATUS.pending);
    const { answer } = makeAnswer({ ...base, ...second, held: base.key.shares[0] as DealtShare });
    await expect(base.requests.answer(second.requestId, second.statement, answer)).to.emit(base.requests, "ShareAnswered");
  });

  for (const [threshold, members] of [
    [1, 3],
    [5, 16],
    [31, 64],
  ] as const)
    it(`it serves a key of t = ${threshold} and n = ${members} with ${threshold + 1} answers`, async () => {
      const base = await loadFixture(deployBig);
      const slots = Array.from({ length: members }, (_, i) => 255 - 3 * i).reverse();
      const key = dealKey({ keyId: base.key.keyId, epoch: 7, threshold, slots });
      await base.keyGeneration.setKey(key.keyId, { ...(await keyFacts(base)), activeEpoch: 7 });
      await base.keyGeneration.setKeyEpoch(key.keyId, 7, key.keyEpoch);
      const made = await makeRequest(base);
      const answering = key.shares.slice(-threshold - 1); // the highest slots, 255 among them
      let last: bigint | undefined;
      for (const held of answering) {
        const { answer } = makeAnswer({ key, held, sealed: base.sealed, ...made });
        last = (await (await base.requests.answer(made.requestId, made.statement, answer)).wait())?.gasUsed;
      }
      console.log(`      gas of the last answer: ${last}`);
      expect(await base.requests.statusOf(made.requestId)).to.equal(STATUS.served);
    });

  it("prints the gas of answer", async () => {
    const { post } = await loadFixture(asked);
    const gas: (bigint | undefined)[] = [];
    for (const index of [0, 1, 2]) gas.push((await (await post(index)).wait())?.gasUsed);
    console.log(`      gas of answer: ${gas.join(", ")}`);
    for (const used of gas) expect(used).to.be.lessThan(130_000n);
  });
});

const deployBig = () => deployRequests(ethers);
const keyFacts = async ({ keyGeneration, key }: Awaited<ReturnType<typeof deployRequests>>) => {
  const { purpose, requester, publicKey, publicKeyAddress, session } = await keyGeneration.keyOf(key.keyId);
  return { purpose, requester, publicKey: { x: publicKey.x, y: publicKey.y }, publicKeyAddress, session };
};

describe("ShareRequests: statusOf and requestOf", () => {
  it("they follow from stored facts and time: Unknown, Pending, Expired", async () => {
    const { requests, made, post } = await loadFixture(asked);
    expect(await requests.statusOf(ethers.id("stray"))).to.equal(STATUS.unknown);
    expect([...(await requests.requestOf(ethers.id("stray")))]).to.deep.equal([ethers.ZeroHash, 0n, 0n, 0n, 0n, 0n, false, 0n]);
    await post(0);
    await post(1);
    const { deadline } = await requests.requestOf(made.requestId);
    await time.increaseTo(deadline);
    expect(await requests.statusOf(made.requestId)).to.equal(STATUS.pending);
    await time.increaseTo(deadline + 1n);
    expect(await requests.statusOf(made.requestId)).to.equal(STATUS.expired);
  });

  it("Served is for good", async () => {
    const { requests, made } = await loadFixture(served);
    expect(await requests.statusOf(made.requestId)).to.equal(STATUS.served);
    await time.increase(10n ** 6n);
    expect(await requests.statusOf(made.requestId)).to.equal(STATUS.served);
  });
});
