import { G } from "@keyquorum/threshold";
import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import type { NetworkHelpers } from "@nomicfoundation/hardhat-network-helpers/types";
import { type ContractTransactionResponse, ZeroHash } from "ethers";
import { solidityPoint } from "../../fixtures/points.ts";
import { caseOf, deployFaults, type FaultsSetup, otherV } from "../ReceiptFaults/receiptFixture.ts";
import { LIFETIME, newReader, requestIdOf, type Statement } from "../ShareRequests/requestFixture.ts";
import { ask, challengeOf, type Posted, PRICE, post, prepare, QUORUM, WINDOW } from "./optimisticFixture.ts";

/** Gas of one whole transaction, and what it may be at most. */
export type MeasuredGas = { readonly name: string; readonly used: bigint; readonly limit: bigint };

const gasOf = async (response: ContractTransactionResponse | Promise<ContractTransactionResponse>): Promise<bigint> =>
  (await (await response).wait())?.gasUsed ?? 0n;

/** Request, answers, withdrawal, each keeper's first fee. */
const measureVerified = async (base: FaultsSetup): Promise<MeasuredGas[]> => {
  const { verified, bob, sealed, chainId, keeper } = base;
  const reader = newReader();
  const sent = verified.connect(bob).request(sealed.document, sealed.headerHash, reader.point, ZeroHash, { value: QUORUM * PRICE });
  const request = { name: "verified: request", used: await gasOf(sent), limit: 160_000n };
  const statement: Statement = {
    number: 1n,
    document: sealed.document,
    headerHash: sealed.headerHash,
    requester: bob.address,
    readerKey: reader.point,
    contextHash: ZeroHash,
  };
  const made = { ...reader, statement, requestId: requestIdOf(chainId, await verified.getAddress(), statement) };
  const answers: MeasuredGas[] = [];
  for (const [place, which, limit] of [
    [0, "first", 150_000n],
    [1, "second", 135_000n],
    [2, "third, last", 135_000n],
  ] as const) {
    const { verifiedForm } = prepare(base, made, place);
    const used = await gasOf(verified.connect(keeper).answer(made.requestId, statement, verifiedForm));
    answers.push({ name: `verified: ${which} answer`, used, limit });
  }
  return [
    request,
    ...answers,
    { name: "verified: withdrawal", used: await gasOf(verified.withdrawFees(base.operatorOf(1))), limit: 60_000n },
  ];
};

/** Request, answers, challenges, settlement, refund, withdrawal, each keeper's first fee. */
const measureOptimistic = async (base: FaultsSetup, { time }: NetworkHelpers): Promise<MeasuredGas[]> => {
  const { optimistic, bob, sealed } = base;
  const measured: MeasuredGas[] = [];
  const note = async (what: string, response: ContractTransactionResponse | Promise<ContractTransactionResponse>, limit: bigint) =>
    void measured.push({ name: `optimistic: ${what}`, used: await gasOf(response), limit });
  const value = QUORUM * PRICE;
  await note(
    "request",
    optimistic.connect(bob).request(sealed.document, sealed.headerHash, newReader().point, ZeroHash, { value }),
    160_000n,
  );
  const [made, disputed, few] = [await ask(base), await ask(base), await ask(base)];
  for (const [place, which] of ["first", "second", "third"].entries())
    await note(`${which} answer`, (await post(base, made, place)).response, place === 1 ? 80_000n : 95_000n);
  const wrong = await post(base, disputed, 0, { v: solidityPoint(G) });
  const malformed = await post(base, disputed, 1, { zs: 0n });
  const challenge = (posted: Posted) => optimistic.challenge(disputed.requestId, disputed.statement, challengeOf(base, disputed, posted));
  await note("challenge, by witnesses", challenge(wrong), 125_000n);
  await note("challenge of what is not well formed", challenge(malformed), 90_000n);
  for (const place of [0, 1]) await post(base, few, place);
  await time.increase(LIFETIME + WINDOW + 1n);
  await note("settlement of three answers", optimistic.settle(made.requestId), 125_000n);
  await note("refund, which settles", optimistic.refund(few.requestId, few.statement), 75_000n);
  await note("withdrawal", optimistic.withdrawFees(base.operatorOf(1)), 60_000n);
  return measured;
};

const sumOf = (measured: readonly MeasuredGas[], pattern: RegExp): bigint =>
  measured.filter(({ name }) => pattern.test(name)).reduce((sum, { used }) => sum + used, 0n);

/** Gas of a served request in both modes, n = 5 and q = 3, at a price; and of convicting a keeper. Contracts and proofs are real, the key is dealt by the test. */
export const measureRequestGas = async (ethers: HardhatEthers, networkHelpers: NetworkHelpers): Promise<MeasuredGas[]> => {
  const verified = await measureVerified(await deployFaults(ethers, networkHelpers));
  const optimistic = await measureOptimistic(await deployFaults(ethers, networkHelpers), networkHelpers);
  const base = await deployFaults(ethers, networkHelpers);
  const { evidence } = caseOf(base, { share: otherV(G) });
  return [
    ...verified,
    { name: "verified: request and three answers", used: sumOf(verified, /request|answer/), limit: 570_000n },
    ...optimistic,
    {
      name: "optimistic: request, three answers, settlement",
      used: sumOf(optimistic, /: request|^optimistic: \w+ answer|settlement/),
      limit: 545_000n,
    },
    { name: "receipt: proof of a wrong answer by HTTP", used: await gasOf(base.faults.prove(evidence)), limit: 170_000n },
  ];
};
