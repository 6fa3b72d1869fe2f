import { CURVE_ORDER, encryptShare, G, SecretScalar, secureRandom, type VesFraudWitnesses } from "@keyquorum/threshold";
import { expect } from "chai";
import { getBytes } from "ethers";
import { network } from "hardhat";
import type { DealtShare } from "../../fixtures/dealtKey.ts";
import { BAD_POINTS, solidityPoint } from "../../fixtures/points.ts";
import { sealVersion } from "../DocumentRegistry/documentFixture.ts";
import { answerContextOf, makeAnswer, newReader } from "../ShareRequests/requestFixture.ts";
import { ask, challengeOf, deployOptimistic, type OptimisticSetup, type Posted, post, prepare, WINDOW } from "./optimisticFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

const STATUS = { unknown: 0n, pending: 1n, disputable: 2n, served: 3n, expired: 4n };
type Made = Awaited<ReturnType<typeof ask>>;

/** Bob has asked; slot 1 answered rightly, slot 2 wrongly. */
const answered = async () => {
  const base = await deployOptimistic(ethers, networkHelpers);
  const made = await ask(base);
  const right = await post(base, made, 0);
  const { hints } = prepare(base, made, 0).verifiedForm;
  const wrong = await post(base, made, 1, { v: solidityPoint(G) });
  const { optimistic } = base;
  const challenge = (
    posted: Posted,
    change: object = {},
    witnesses?: VesFraudWitnesses,
    requestId = made.requestId,
    statement = made.statement,
  ) => optimistic.connect(base.mallory).challenge(requestId, statement, { ...challengeOf(base, made, posted, witnesses), ...change });
  return { base, made, right, wrong, optimistic, challenge, hints };
};

describe("OptimisticRequests: challenge", () => {
  it("when the request is unknown, it reverts with OptimisticRequestsWrongStatus", async () => {
    const { optimistic, wrong, challenge } = await loadFixture(answered);
    const stray = ethers.id("stray");
    await expect(challenge(wrong, {}, undefined, stray))
      .to.be.revertedWithCustomError(optimistic, "OptimisticRequestsWrongStatus")
      .withArgs(stray, STATUS.unknown);
  });

  it("when the window is over, it reverts with OptimisticRequestsWrongStatus, settled or not", async () => {
    const { optimistic, made, wrong, challenge } = await loadFixture(answered);
    const { deadline } = await optimistic.requestOf(made.requestId);
    await time.setNextBlockTimestamp(deadline + WINDOW + 1n);
    const tooLate = () =>
      expect(challenge(wrong))
        .to.be.revertedWithCustomError(optimistic, "OptimisticRequestsWrongStatus")
        .withArgs(made.requestId, STATUS.expired);
    await tooLate();
    await optimistic.settle(made.requestId);
    await tooLate();
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
      const { optimistic, made, wrong, challenge } = await loadFixture(answered);
      await expect(challenge(wrong, {}, undefined, made.requestId, { ...made.statement, [field]: value }))
        .to.be.revertedWithCustomError(optimistic, "RequestForeignStatement")
        .withArgs(made.requestId);
    });

  it("attack 7: when the statement is another request's, it reverts with RequestForeignStatement", async () => {
    const { base, optimistic, made, right, challenge, hints } = await loadFixture(answered);
    const second = await ask(base);
    await expect(challenge(right, {}, hints, made.requestId, second.statement)).to.be.revertedWithCustomError(
      optimistic,
      "RequestForeignStatement",
    );
  });

  for (const [field, value] of [
    ["u", solidityPoint(G)],
    ["headerRest", ethers.id("other")],
  ] as const)
    it(`when ${field} is not the header's, it reverts with RequestForeignHeader`, async () => {
      const { optimistic, made, wrong, challenge } = await loadFixture(answered);
      await expect(challenge(wrong, { [field]: value }))
        .to.be.revertedWithCustomError(optimistic, "RequestForeignHeader")
        .withArgs(made.requestId);
    });

  it("when U is another version's of the same document, it reverts with RequestForeignHeader", async () => {
    const { base, optimistic, right, challenge, hints } = await loadFixture(answered);
    const version = sealVersion(base.key, base.sealed);
    await expect(challenge(right, { u: version.header.ciphertext.u }, hints)).to.be.revertedWithCustomError(
      optimistic,
      "RequestForeignHeader",
    );
  });

  it("attack 27: when it is not what the slot posted, in any field, it reverts with OptimisticRequestsForeignAnswer", async () => {
    const { optimistic, made, right, challenge, hints } = await loadFixture(answered);
    const { share, verifyingShare } = right;
    const shares = [
      { k: share.v },
      { v: share.k },
      { c: share.c + 1n },
      { zs: share.zs + CURVE_ORDER > 2n ** 256n ? share.zk : share.zs + CURVE_ORDER },
      { zk: 0n },
    ].map((change) => ({ share: { ...share, ...change } }));
    for (const change of [
      ...shares,
      { verifyingShare: solidityPoint(G) },
      { verifyingShare: share.k, share: { ...share, k: verifyingShare } },
    ])
      await expect(challenge(right, change, hints))
        .to.be.revertedWithCustomError(optimistic, "OptimisticRequestsForeignAnswer")
        .withArgs(made.requestId, 1);
  });

  it("when the slot posted nothing, or another slot posted it, it reverts with OptimisticRequestsForeignAnswer", async () => {
    const { base, optimistic, made, right, wrong, challenge, hints } = await loadFixture(answered);
    for (const slot of [0, 1, 4, 255])
      await expect(challenge(wrong, { slot }))
        .to.be.revertedWithCustomError(optimistic, "OptimisticRequestsForeignAnswer")
        .withArgs(made.requestId, slot);
    await expect(challenge(right, { slot: 2 }, hints)).to.be.revertedWithCustomError(optimistic, "OptimisticRequestsForeignAnswer");
    const second = await ask(base);
    const elsewhere = challengeOf(base, second, wrong);
    await expect(optimistic.challenge(second.requestId, second.statement, elsewhere)).to.be.revertedWithCustomError(
      optimistic,
      "OptimisticRequestsForeignAnswer",
    );
  });

  it("attack 29: when it was disproved already, it reverts with OptimisticRequestsForeignAnswer, and one fault is counted", async () => {
    const { optimistic, made, wrong, challenge } = await loadFixture(answered);
    await challenge(wrong);
    await expect(challenge(wrong)).to.be.revertedWithCustomError(optimistic, "OptimisticRequestsForeignAnswer").withArgs(made.requestId, 2);
    expect(await optimistic.faultsOf(2)).to.equal(1);
  });

  it("when the answer is right, it reverts with AnswerIsRight", async () => {
    const { base, optimistic, made } = await loadFixture(answered);
    const { posted, verifiedForm } = prepare(base, made, 2);
    const given = await post(base, made, 2, posted.share);
    await expect(optimistic.challenge(made.requestId, made.statement, challengeOf(base, made, given, verifiedForm.hints)))
      .to.be.revertedWithCustomError(optimistic, "AnswerIsRight")
      .withArgs(made.requestId, 4);
  });

  it("attack 40: when the answer is right, no wrong witness convicts it", async () => {
    const { base, optimistic, made } = await loadFixture(answered);
    const { posted, verifiedForm } = prepare(base, made, 2);
    const given = await post(base, made, 2, posted.share);
    const { hints } = verifiedForm;
    const points = [{ x: 0n, y: 0n }, solidityPoint(G), hints.zsU, hints.zkX, hints.cV];
    const changes = [
      ...(["zsU", "zkX", "cV"] as const).flatMap((name) =>
        points.filter((point) => point !== hints[name]).map((point) => ({ [name]: point })),
      ),
      ...(["inverse1", "inverse2"] as const).flatMap((name) => [0n, 1n].map((value) => ({ [name]: value }))),
    ];
    for (const change of changes)
      await expect(optimistic.challenge(made.requestId, made.statement, challengeOf(base, made, given, { ...hints, ...change })))
        .to.be.revertedWithCustomError(optimistic, "AnswerWrongWitness")
        .withArgs(made.requestId, 4);
    expect([await optimistic.faultsOf(4), (await optimistic.requestOf(made.requestId)).disproved]).to.deep.equal([0n, 0n]);
  });

  it("attack 40: when the answer is wrong and a witness too, it reverts with AnswerWrongWitness", async () => {
    const { base, optimistic, made, wrong, challenge } = await loadFixture(answered);
    const { witnesses } = challengeOf(base, made, wrong);
    for (const change of [{ zsU: solidityPoint(G) }, { zkX: { x: 0n, y: 0n } }, { cV: witnesses.zsU }, { inverse1: 0n }, { inverse2: 1n }])
      await expect(challenge(wrong, {}, { ...witnesses, ...change })).to.be.revertedWithCustomError(optimistic, "AnswerWrongWitness");
    await challenge(wrong);
  });

  for (const [name, at] of [
    ["before the deadline", undefined],
    ["at the deadline", 0n],
    ["in the window's last second", WINDOW],
  ] as const)
    it(`when the answer is wrong, it records the fault ${name}, whoever challenges`, async () => {
      const { base, optimistic, made, wrong, challenge } = await loadFixture(answered);
      const { deadline } = await optimistic.requestOf(made.requestId);
      if (at !== undefined) await time.setNextBlockTimestamp(deadline + at);
      await expect(challenge(wrong)).to.emit(optimistic, "AnswerDisproved").withArgs(made.requestId, 2, base.mallory.address);
      expect((await optimistic.requestOf(made.requestId)).disproved).to.equal(1n << 2n);
      expect([await optimistic.faultsOf(1), await optimistic.faultsOf(2)]).to.deep.equal([0n, 1n]);
    });

  /** What a liar posts: each differs from an honest answer in one way. */
  const lies: readonly (readonly [name: string, share: (base: OptimisticSetup, made: Made) => object])[] = [
    ...(["k", "v"] as const).flatMap((field) =>
      BAD_POINTS.map(([how, point]) => [`${field} is ${how} (attacks 25, 26)`, () => ({ [field]: point })] as const),
    ),
    ...(["c", "zs", "zk"] as const).flatMap((field) =>
      [0n, CURVE_ORDER, 2n ** 256n - 1n].map((scalar) => [`${field} is ${scalar} (attack 39)`, () => ({ [field]: scalar })] as const),
    ),
    ["it holds another share (attack 17)", (base, made) => shareOf(base, made, 1n)],
    ["it is for another slot", (base, made) => makeAnswer({ ...base, ...made, held: held(base), slot: 1 }).answer.share],
    ["it is for another epoch (attack 13)", (base, made) => makeAnswer({ ...base, ...made, held: held(base), epoch: 2 }).answer.share],
    [
      "it is for another request (attack 29)",
      (base, made) => makeAnswer({ ...base, ...made, held: held(base), requestId: ethers.id("other") }).answer.share,
    ],
    [
      "it is for another reader (attack 7)",
      (base, made) => makeAnswer({ ...base, ...made, held: held(base), readerKey: newReader().readerKey }).answer.share,
    ],
    [
      "it is of another version",
      (base, made) => makeAnswer({ ...base, ...made, held: held(base), sealed: sealVersion(base.key, base.sealed) }).answer.share,
    ],
  ];
  const held = ({ key }: OptimisticSetup): DealtShare => key.shares[3] as DealtShare;
  const shareOf = ({ sealed, key }: OptimisticSetup, { requestId, readerKey }: Made, change: bigint) => {
    const mine = key.shares[3] as DealtShare;
    const context = getBytes(
      answerContextOf({ headerHash: sealed.headerHash, requestId, keyId: key.keyId, epoch: key.epoch, slot: mine.slot }),
    );
    const share = SecretScalar.from((mine.share.reveal() + change) % CURVE_ORDER);
    const own = encryptShare({ share, u: sealed.header.own.u, readerKey, context, nonceKey: secureRandom(32) });
    return { ...own, k: solidityPoint(own.k), v: solidityPoint(own.v) };
  };
  it("when the keeper is honest (control), its answer is right", async () => {
    const { base, made, optimistic } = await loadFixture(answered);
    const honest = await post(base, made, 3, shareOf(base, made, 0n));
    expect(() => challengeOf(base, made, honest)).to.throw("right");
    expect(await optimistic.faultsOf(5)).to.equal(0);
  });
  for (const [name, lie] of lies)
    it(`when the keeper lies, ${name}, it is convicted`, async () => {
      const { base, made, optimistic, challenge } = await loadFixture(answered);
      const posted = await post(base, made, 3, lie(base, made));
      await expect(challenge(posted)).to.emit(optimistic, "AnswerDisproved").withArgs(made.requestId, 5, base.mallory.address);
    });
});
