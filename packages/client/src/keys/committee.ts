import { type Contracts, type Plain, plain } from "@keyquorum/bindings";
import { addressOfPoint, pointFromXY } from "@keyquorum/threshold";
import { type Address, bytesToHex, KeyquorumError } from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";
import type { KeyInfo } from "./keys.ts";
import { requireTrustedMembers } from "./keyTrust.ts";

/** A keeper that holds a share of a key, and where it is reached. */
export type KeeperContact = {
  readonly slot: number;
  /** As its record says, or "keeper <slot>". */
  readonly name: string;
  /** Signs this epoch's receipts: the address of its identity key. */
  readonly identity: Address;
  /** Base URL; empty when it has none. */
  readonly endpoint: string;
  /** The endpoint is the caller's word (`keepers`), not the registry's: it may be anywhere. */
  readonly isChosen?: boolean;
};

/**
 * The keepers that hold a share of a key in its epoch, by ascending slot, with the endpoints that the registry has for them now. Removed ones are
 * left out: nobody should ask them any more. Throws KEY_DISPUTED when providers name other members, CHAIN_UNAVAILABLE.
 */
export const readCommittee = async (chain: Chain, key: KeyInfo, signal?: AbortSignal): Promise<readonly KeeperContact[]> => {
  const { calls, contracts } = chain;
  const [members, records] = await Promise.all([
    calls.read("Reading the keepers", () => contracts.keeperRegistry.committeeOf(key.epoch), signal),
    calls.read("Reading the keepers", () => contracts.keeperRegistry.keepers(), signal),
  ]);
  await requireTrustedMembers(chain, key, plain(members), signal);
  return contactsOf(key, plain(members), plain(records));
};

type Registry = Contracts["keeperRegistry"];
type Member = Plain<Awaited<ReturnType<Registry["committeeOf"]>>>[number];
/** What the registry says of a keeper now. */
export type KeeperRecord = Plain<Awaited<ReturnType<Registry["keeperAt"]>>>;

/** A member of an epoch, with the identity key that the epoch froze, where its record has it now. */
export const contactOf = ({ slot, identityKey: { x, y } }: Pick<Member, "slot" | "identityKey">, record?: KeeperRecord): KeeperContact => ({
  slot: Number(slot),
  name: record?.name ? record.name : `keeper ${slot}`,
  identity: bytesToHex(addressOfPoint(pointFromXY(x, y))) as Address, // 20 bytes in lower-case hex
  endpoint: record?.endpoint ?? "",
});

/** Of an epoch's members those that hold a share and are not removed. Throws CHAIN_UNAVAILABLE where the chain's answers contradict each other. */
const contactsOf = (key: KeyInfo, members: readonly Member[], records: readonly KeeperRecord[]): readonly KeeperContact[] => {
  const recordOf = new Map(records.map((record) => [Number(record.slot), record]));
  const held = members.filter(({ slot }) => key.slots.includes(Number(slot)));
  if (held.length !== key.slots.length)
    throw new KeyquorumError("CHAIN_UNAVAILABLE", "The chain's answers about the key and its keepers disagree.");
  return held
    .filter(({ slot }) => recordOf.get(Number(slot))?.removed !== true)
    .map((member) => contactOf(member, recordOf.get(Number(member.slot))));
};

/** The endpoint that the client's options choose for a keeper, where they do. */
export type KeeperReach = { readonly reachedAt: (keeper: KeeperContact) => KeeperContact };

/** The same, with the endpoints that the client's options choose. Throws as `readCommittee`. */
export const readKeepers = async (client: Chain & KeeperReach, key: KeyInfo, signal?: AbortSignal): Promise<readonly KeeperContact[]> =>
  (await readCommittee(client, key, signal)).map(client.reachedAt);
