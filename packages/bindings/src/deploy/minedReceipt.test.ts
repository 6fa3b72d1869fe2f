import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { minedReceipt } from "./minedReceipt.ts";

const receipt = { hash: "0xbb" };
const patience = { pauseMs: 1, giveUpMs: 40 };
const coded = (code: string, more: object = {}): Error => Object.assign(new Error(code), { code, ...more });
/** A transaction whose receipt is asked for with these outcomes, one after the other; the last one stays. */
const transactionWith = (...outcomes: (() => Promise<unknown>)[]) => {
  const state = { looks: 0 };
  const wait = (): Promise<unknown> => {
    const outcome = outcomes[Math.min(state.looks, outcomes.length - 1)];
    state.looks += 1;
    return outcome === undefined ? Promise.resolve(null) : outcome();
  };
  return { state, transaction: { hash: "0xaa", wait } as unknown as ContractTransactionResponse }; // of it, only these are used
};
const rejecting = (error: Error) => () => Promise.reject(error);

describe("The receipt of a deployment", () => {
  it("is waited for through looks that fail", async () => {
    const { state, transaction } = transactionWith(
      rejecting(coded("UNKNOWN_ERROR")),
      rejecting(coded("SERVER_ERROR")),
      async () => null,
      async () => receipt,
    );
    expect(await minedReceipt(transaction, patience)).to.equal(receipt);
    expect(state.looks).to.equal(4);
  });

  it("is that of the same call with a higher fee", async () => {
    const { transaction } = transactionWith(rejecting(coded("TRANSACTION_REPLACED", { reason: "repriced", receipt })));
    expect(await minedReceipt(transaction, patience)).to.equal(receipt);
  });

  for (const error of [coded("TRANSACTION_REPLACED", { reason: "cancelled" }), coded("CALL_EXCEPTION")])
    it(`is not waited for any longer after ${error.message}`, async () => {
      const { state, transaction } = transactionWith(rejecting(error));
      expect(await minedReceipt(transaction, patience).catch((caught: unknown) => caught)).to.equal(error);
      expect(state.looks).to.equal(1);
    });

  it("ends with the hash when nothing ever comes", async () => {
    const { transaction } = transactionWith(rejecting(coded("NETWORK_ERROR")));
    const error = await minedReceipt(transaction, patience).catch((caught: Error) => caught.message);
    expect(error).to.include("0xaa");
  });
});
