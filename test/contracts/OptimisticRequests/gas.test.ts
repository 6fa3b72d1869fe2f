import { G } from "@keyquorum/threshold";
import { expect } from "chai";
import { type ContractTransactionResponse, ZeroHash } from "ethers";
import { network } from "hardhat";
import { solidityPoint } from "../../fixtures/points.ts";
import { caseOf, deployFaults, otherV } from "../ReceiptFaults/receiptFixture.ts";
import { LIFETIME, newReader, requestIdOf, type Statement } from "../ShareRequests/requestFixture.ts";
import { ask, challengeOf, PRICE, post, prepare, QUORUM, WINDOW } from "./optimisticFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { time } = networkHelpers;

/** Gas of a whole transaction: D42. */
const gasOf = async (response: ContractTransactionResponse | Promise<ContractTransactionResponse>): Promise<bigint> =>
  (await (await response).wait())?.gasUsed ?? 0n;
const expectGas = (name: string, used: bigint, limit: bigint): void => {
  console.log(`      ${name}: ${used} gas of at most ${limit}`);
  expect(used).to.be.at.most(limit);
};

describe("gas of a request and its answers, whole transactions, n = 5, q = 3, with a price", () => {
  it("verified mode: request, answers, withdrawal", async () => {
    const base = await deployFaults(ethers, networkHelpers);
    const { verified, bob, sealed, chainId, keeper } = base;
    const reader = newReader();
    const request = verified.connect(bob).request(sealed.document, sealed.headerHash, reader.point, ZeroHash, { value: QUORUM * PRICE });
    expectGas("verified: request", await gasOf(request), 160_000n);
    const statement: Statement = {
      number: 1n,
      document: sealed.document,
      headerHash: sealed.headerHash,
      requester: bob.address,
      readerKey: reader.point,
      contextHash: ZeroHash,
    };
    const made = { ...reader, statement, requestId: requestIdOf(chainId, await verified.getAddress(), statement) };
    for (const [place, name, limit] of [
      [0, "the first answer", 145_000n],
      [1, "the next answer", 128_000n],
      [2, "the last answer", 130_000n],
    ] as const) {
      const { verifiedForm } = prepare(base, made, place);
      expectGas(`verified: ${name}`, await gasOf(verified.connect(keeper).answer(made.requestId, statement, verifiedForm)), limit);
    }
    expectGas("verified: withdrawal", await gasOf(verified.withdrawFees(1)), 60_000n);
  });

  it("optimistic mode: request, answers, challenge, settlement, refund, withdrawal", async () => {
    const base = await deployFaults(ethers, networkHelpers);
    const { optimistic, bob, sealed } = base;
    const request = optimistic
      .connect(bob)
      .request(sealed.document, sealed.headerHash, newReader().point, ZeroHash, { value: QUORUM * PRICE });
    expectGas("optimistic: request", await gasOf(request), 160_000n);
    const made = await ask(base);
    const wrong = await post(base, made, 0, { v: solidityPoint(G) });
    expectGas("optimistic: the first answer", await gasOf(wrong.response), 95_000n);
    for (const place of [1, 2, 3])
      expectGas("optimistic: a further answer", await gasOf((await post(base, made, place)).response), 95_000n);
    const malformed = await post(base, made, 4, { zs: 0n });
    const challenge = (posted: typeof wrong) =>
      gasOf(optimistic.challenge(made.requestId, made.statement, challengeOf(base, made, posted)));
    expectGas("optimistic: challenge, by witnesses", await challenge(wrong), 125_000n);
    expectGas("optimistic: challenge of what is not well formed", await challenge(malformed), 90_000n);
    const few = await ask(base);
    for (const place of [0, 1]) await post(base, few, place);
    await time.increase(LIFETIME + WINDOW + 1n);
    expectGas("optimistic: settlement, three answers to pay", await gasOf(optimistic.settle(made.requestId)), 115_000n);
    expectGas("optimistic: refund, which settles", await gasOf(optimistic.refund(few.requestId, few.statement)), 95_000n);
    expectGas("optimistic: withdrawal", await gasOf(optimistic.withdrawFees(2)), 60_000n);
  });

  it("a receipt for a wrong answer by HTTP", async () => {
    const base = await deployFaults(ethers, networkHelpers);
    const { evidence } = caseOf(base, { share: otherV(G) });
    expectGas("receipt fault: proof", await gasOf(base.faults.prove(evidence)), 170_000n);
  });
});
