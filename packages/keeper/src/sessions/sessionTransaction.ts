import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { Heads, StillWanted } from "@keyquorum/chain";
import type { Vault } from "@keyquorum/vault";
import { type Address, bitmapOf, type SessionId } from "@keyquorum/wire";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../contracts/deployment.ts";

/** A transaction that moves a session on. `fail` is none: it records that nothing moves any more. */
export type SessionTransaction = {
  readonly isReshare: boolean;
  readonly kind: "deal" | "complain" | "finalize" | "ready";
  readonly sid: SessionId;
};

type Options = {
  readonly vault: Pick<Vault, "logs">;
  readonly contracts: ServedContracts;
  readonly reader: ChainReader;
  /** This keeper's account now, and those that it had before. */
  readonly operators: readonly Address[];
};

/**
 * Whether a session may still be moved on by what was signed before: not when a keeper that is to hold a share was removed since then, nor when
 * this one was, or its account of the epoch that it acts in was revoked as stolen (D56). "later" while no final block says so. A session that is
 * not in the mirrored chain was reorganised away: "no".
 */
export const mayStillMove = async (options: Options, transaction: SessionTransaction, { head, final }: Heads): Promise<StillWanted> => {
  const { reader, operators } = options;
  const epochs = await epochsOf(options, transaction);
  if (epochs === undefined) return "no";
  const at = reader.at(head.hash);
  const [members, ...own] = await Promise.all([at.membersOf(epochs.receiving), ...operators.map((operator) => at.slotOf(operator))]);
  const ownSlots = bitmapOf([...new Set(own.filter((slot) => slot !== 0))]);
  const isOver = async (hash: string): Promise<boolean> => {
    const [removed, absent] = await Promise.all([reader.at(hash).removedKeepers(), reader.at(hash).absentIn(epochs.acting, ownSlots)]);
    return (removed & members) !== 0n || absent !== 0n;
  };
  const [atHead, atFinal] = await Promise.all([isOver(head.hash), isOver(final.hash)]);
  if (atFinal) return "no";
  return atHead ? "later" : "yes";
};

/** The epoch that receives shares, and the one whose account acts: a reshare is dealt by old members. */
const epochsOf = async (
  { vault, contracts }: Options,
  { isReshare, kind, sid }: SessionTransaction,
): Promise<{ readonly receiving: number; readonly acting: number } | undefined> => {
  const { keyResharing, keyGeneration } = contracts.addresses;
  const find = async (address: string, name: "ReshareRequested" | "KeyRequested") =>
    (await vault.logs.find({ address, topic0: eventTopic(name), topic2: sid }))[0];
  if (!isReshare) {
    const log = await find(keyGeneration, "KeyRequested");
    const epoch = Number((log && parseContractLogOf(contracts.deployment, log, "KeyRequested"))?.args.epoch ?? 0);
    return epoch === 0 ? undefined : { receiving: epoch, acting: epoch };
  }
  const log = await find(keyResharing, "ReshareRequested");
  const event = log && parseContractLogOf(contracts.deployment, log, "ReshareRequested");
  if (event === undefined) return undefined;
  const receiving = Number(event.args.epoch);
  return { receiving, acting: kind === "deal" ? Number(event.args.fromEpoch) : receiving };
};
