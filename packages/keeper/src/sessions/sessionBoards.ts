import { interfaceOf } from "@keyquorum/bindings";
import type { Complain, KeyGenerationBoard, Ready, ReshareBoard } from "@keyquorum/protocol";
import { toXY } from "@keyquorum/threshold";
import { bytesToHex, type Hex, type SessionId } from "@keyquorum/wire";
import type { DealingContract } from "../contracts/dealHash.ts";
import type { Core } from "../run/core.ts";

type Parts = Pick<Core, "contracts" | "transactions" | "resends" | "log">;

/** The (2t+1)th confirmation activates the key and costs 305 000 gas where it is the first key of its epoch, the others 90 000; which one it will be, no estimate knows. */
const READY_GAS = 400_000n;
/** The (2t'+1)th confirmation moves the key and costs more than the others. */
const RESHARE_READY_GAS = 600_000n;

/** The contract KeyGeneration as a board: each effect is a transaction, named by the effect's id. PROTOCOL section 3. */
export const createGenerationBoard = (parts: Parts): KeyGenerationBoard => {
  const calls = interfaceOf("keyGeneration");
  const post = createPost(parts, "keyGeneration", "");
  return {
    deal: (effect) => post(effect, "deal", calls.encodeFunctionData("deal", [effect.sid, bytesToHex(effect.dealing)])),
    complain: (effect) => post(effect, "complain", calls.encodeFunctionData("complain", [...complaintArguments(effect)])),
    finalize: (effect) => {
      const { sid, constants, restHashes, jointKey } = effect;
      const args = [sid, constants.map(toXY), restHashes.map(bytesToHex), toXY(jointKey)] as const;
      return post(effect, "finalize", calls.encodeFunctionData("finalize", [...args]));
    },
    ready: (effect) => post(effect, "ready", calls.encodeFunctionData("ready", [...confirmationArguments(effect)]), READY_GAS),
    fail: (effect) => post(effect, "fail", calls.encodeFunctionData("fail", [effect.sid])),
  };
};

/** The contract KeyResharing as a board: each effect is a transaction, named by the effect's id. PROTOCOL section 3.9. */
export const createReshareBoard = (parts: Parts): ReshareBoard => {
  const calls = interfaceOf("keyResharing");
  const post = createPost(parts, "keyResharing", "reshare:");
  return {
    deal: (effect) => {
      const { sid, dealer, dealing, path } = effect;
      return post(effect, "reshareDeal", calls.encodeFunctionData("deal", [sid, dealer, bytesToHex(dealing), [...path]]));
    },
    complain: (effect) => post(effect, "reshareComplain", calls.encodeFunctionData("complain", [...complaintArguments(effect)])),
    ready: (effect) =>
      post(effect, "reshareReady", calls.encodeFunctionData("ready", [...confirmationArguments(effect)]), RESHARE_READY_GAS),
    fail: (effect) => post(effect, "reshareFail", calls.encodeFunctionData("fail", [effect.sid])),
  };
};

/**
 * Posts transactions about a session, their subject. `prefix` keeps the ids of both contracts apart. What a transaction rests on is asked for again at the
 * newest blocks seen, as before every later send: the computation that it comes from may have waited and taken 40 s (D56, D57). Where it is not wanted then,
 * nothing is posted, and the next head begins anew. Throws ChainUnavailableError.
 */
const createPost =
  ({ contracts, transactions, resends, log }: Parts, contract: DealingContract, prefix: string) =>
  async (effect: { readonly id: string; readonly sid: SessionId }, kind: string, data: string, gasLimit?: bigint): Promise<void> => {
    const intent = {
      id: `${prefix}${effect.id}`,
      kind,
      subject: effect.sid,
      to: contracts.addresses[contract],
      data: data as Hex,
      ...(gasLimit === undefined ? {} : { gasLimit }),
    };
    if (transactions.isBusy(intent.id)) return;
    const wanted = await resends.isStillWanted(intent, intent);
    if (wanted === "yes") transactions.post(intent);
    else log.info("A transaction is not wanted any more by the blocks that came while it was computed", { kind, sid: effect.sid, wanted });
  };

/** What `complain` takes, of either contract. PROTOCOL section 3.4. */
const complaintArguments = ({ sid, dealer, recipient, dealing, shared, proof, hints }: Complain) =>
  [
    sid,
    {
      dealer,
      recipient,
      dealing: bytesToHex(dealing),
      shared: toXY(shared),
      proof: { c: proof.c, z: proof.z },
      hints: { zU: toXY(hints.zU), cD: toXY(hints.cD), inverse: hints.inverse },
    },
  ] as const;

/** What `ready` takes, of either contract. PROTOCOL sections 3.6 and 3.9. */
const confirmationArguments = ({ sid, qual, commitmentsHash, verifyingRoot }: Ready) =>
  [sid, qual, commitmentsHash, verifyingRoot] as const;
