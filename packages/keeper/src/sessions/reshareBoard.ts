import { interfaceOf } from "@keyquorum/bindings";
import type { ReshareBoard } from "@keyquorum/protocol";
import { type Address, bytesToHex, type Hex } from "@keyquorum/wire";
import type { Transactions } from "../run/transactions.ts";
import { complaintArguments } from "./complaintArguments.ts";

/** The (2t'+1)th confirmation moves the key and costs more than the others; which one it will be, no estimate knows. */
const READY_GAS = 600_000n;

/** Transactions of reshares are named so, with the effect's id behind it. */
const ID_PREFIX = "reshare:";

/** The contract KeyResharing as a board: each effect is a transaction, named by the effect's id. PROTOCOL section 3.9. */
export const createReshareBoard = ({
  keyResharing,
  transactions,
}: {
  readonly keyResharing: Address;
  readonly transactions: Transactions;
}): ReshareBoard => {
  const calls = interfaceOf("keyResharing");
  const post = async (
    { id, sid }: { readonly id: string; readonly sid: string },
    kind: string,
    data: string,
    gasLimit?: bigint,
  ): Promise<void> => {
    const intent = { id: `${ID_PREFIX}${id}`, kind, subject: sid, to: keyResharing, data: data as Hex };
    transactions.post({ ...intent, ...(gasLimit === undefined ? {} : { gasLimit }) });
  };
  return {
    deal: ({ id, sid, dealer, dealing, path }) =>
      post({ id, sid }, "reshareDeal", calls.encodeFunctionData("deal", [sid, dealer, bytesToHex(dealing), [...path]])),
    complain: (effect) => post(effect, "reshareComplain", calls.encodeFunctionData("complain", [...complaintArguments(effect)])),
    ready: ({ id, sid, qual, commitmentsHash, verifyingRoot }) =>
      post({ id, sid }, "reshareReady", calls.encodeFunctionData("ready", [sid, qual, commitmentsHash, verifyingRoot]), READY_GAS),
    fail: ({ id, sid }) => post({ id, sid }, "reshareFail", calls.encodeFunctionData("fail", [sid])),
  };
};
