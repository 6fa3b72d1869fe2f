import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { Heads, StillWanted } from "@keyquorum/chain";
import type { Vault } from "@keyquorum/vault";
import { type Address, bitmapOf, parseSessionId, type SessionId } from "@keyquorum/wire";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../deployment.ts";

/** A transaction that moves a session on, by the id that its board gave it. `fail` is none: it records that nothing moves any more. */
export type SessionTransaction = { readonly isReshare: boolean; readonly kind: string; readonly sid: SessionId };

const PATTERN = /^(reshare:)?(deal|complain|finalize|ready):(0x[0-9a-f]{64})(?::|$)/;

export const parseSessionTransaction = (id: string): SessionTransaction | undefined => {
  const [, reshare, kind, sid] = PATTERN.exec(id) ?? [];
  return kind === undefined || sid === undefined ? undefined : { isReshare: reshare !== undefined, kind, sid: parseSessionId(sid) };
};

type Options = {
  readonly vault: Pick<Vault, "logs">;
  readonly contracts: ServedContracts;
  readonly reader: ChainReader;
  /** This keeper's account now, and those that it had before. */
  readonly operators: readonly Address[];
};

/**
 * Whether a session may still be moved on by what was signed before: not when a keeper that is to hold a share, or this one, was removed since
 * then (D56). "later" while the removal is in no final block. A session that is not in the mirrored chain was reorganised away: "no".
 */
export const mayStillMove = async (options: Options, transaction: SessionTransaction, heads: Heads): Promise<StillWanted> => {
  const { reader, operators } = options;
  const epoch = await receivingEpochOf(options, transaction);
  if (epoch === undefined) return "no";
  const at = reader.at(heads.head.hash);
  const [members, atHead, atFinal, ...own] = await Promise.all([
    at.membersOf(epoch),
    at.removedKeepers(),
    reader.at(heads.final.hash).removedKeepers(),
    ...operators.map((operator) => at.slotOf(operator)),
  ]);
  const concerned = members | bitmapOf([...new Set(own.filter((slot) => slot !== 0))]);
  if ((atFinal & concerned) !== 0n) return "no";
  return (atHead & concerned) !== 0n ? "later" : "yes";
};

const receivingEpochOf = async ({ vault, contracts }: Options, { isReshare, sid }: SessionTransaction): Promise<number | undefined> => {
  const [address, name] = isReshare
    ? ([contracts.addresses.keyResharing, "ReshareRequested"] as const)
    : ([contracts.addresses.keyGeneration, "KeyRequested"] as const);
  const [requested] = await vault.logs.find({ address, topic0: eventTopic(name), topic2: sid });
  const event = requested === undefined ? undefined : parseContractLogOf(contracts.deployment, requested, name);
  return event === undefined ? undefined : Number(event.args.epoch);
};
