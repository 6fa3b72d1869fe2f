import { interfaceOf } from "@keyquorum/bindings";
import type { KeyGenerationBoard } from "@keyquorum/protocol";
import { toXY } from "@keyquorum/threshold";
import { type Address, bytesToHex, type Hex } from "@keyquorum/wire";
import type { Transactions } from "../run/transactions.ts";
import { complaintArguments } from "./complaintArguments.ts";

/** The (2t+1)th confirmation activates the key and costs 305 000 gas where it is the first key of its epoch, the others 90 000; which one it will be, no estimate knows. */
const READY_GAS = 400_000n;

/** The contract KeyGeneration as a board: each effect is a transaction, named by the effect's id. PROTOCOL section 3. */
export const createContractBoard = ({
  keyGeneration,
  transactions,
}: {
  readonly keyGeneration: Address;
  readonly transactions: Transactions;
}): KeyGenerationBoard => {
  const calls = interfaceOf("keyGeneration");
  const post = async (
    { id, sid }: { readonly id: string; readonly sid: string },
    kind: string,
    data: string,
    gasLimit?: bigint,
  ): Promise<void> => {
    transactions.post({ id, kind, subject: sid, to: keyGeneration, data: data as Hex, ...(gasLimit === undefined ? {} : { gasLimit }) });
  };
  return {
    deal: ({ id, sid, dealing }) => post({ id, sid }, "deal", calls.encodeFunctionData("deal", [sid, bytesToHex(dealing)])),
    complain: (effect) => post(effect, "complain", calls.encodeFunctionData("complain", [...complaintArguments(effect)])),
    finalize: ({ id, sid, constants, restHashes, jointKey }) =>
      post(
        { id, sid },
        "finalize",
        calls.encodeFunctionData("finalize", [sid, constants.map(toXY), restHashes.map(bytesToHex), toXY(jointKey)]),
      ),
    ready: ({ id, sid, qual, commitmentsHash, verifyingRoot }) =>
      post({ id, sid }, "ready", calls.encodeFunctionData("ready", [sid, qual, commitmentsHash, verifyingRoot]), READY_GAS),
    fail: ({ id, sid }) => post({ id, sid }, "fail", calls.encodeFunctionData("fail", [sid])),
  };
};
