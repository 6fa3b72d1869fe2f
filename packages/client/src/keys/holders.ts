import { interfaceOf, plain } from "@keyquorum/bindings";
import { type KeyId, KeyquorumError, parseKeyId } from "@keyquorum/wire";
import type { BlockTag } from "ethers";
import type { Client } from "../bareClient.ts";
import { askJoined } from "../chain/askJoined.ts";
import type { Chain } from "../chain/chain.ts";
import { madeOnce } from "../chain/chainMemory.ts";
import { finalTagOf } from "../chain/finality.ts";
import type { JoinedQuestion } from "../chain/joinedCalls.ts";
import { contactOf, type KeeperContact, type KeeperReach, readCommittee, readKeepers } from "./committee.ts";
import { KEY_CALLS, withKey } from "./keyCalls.ts";
import { type KeyInfo, keyInfoOf, readKey } from "./keys.ts";
import { requireTrustedKey } from "./keyTrust.ts";
import { type MemberOrder, splitMembers } from "./membersCode.ts";

/** A keeper whose entry in the registry was not read: `meet` reads it, with those of all others, once. Throws as `readCommittee`. */
export type UnmetKeeper = { readonly slot: number; readonly name: string; readonly meet: (signal?: AbortSignal) => Promise<KeeperContact> };

/** A key in one epoch, and who of that epoch is asked: in a random order, so that no keeper carries all the load. */
export type KeyHolders = { readonly key: KeyInfo; readonly keepers: readonly (KeeperContact | UnmetKeeper)[] };

/** All of them, with those that were not met. Throws as `UnmetKeeper.meet`. */
export const meetAll = (keepers: KeyHolders["keepers"], signal?: AbortSignal): Promise<readonly KeeperContact[]> =>
  Promise.all(keepers.map(async (keeper) => ("meet" in keeper ? keeper.meet(signal) : keeper)));

type Asking = Chain & KeeperReach & Pick<Client, "random">;

/**
 * An active key as of the newest final block, and the keepers that hold its shares and are not removed, with the endpoints that the registry has for
 * them now: by one question, and one by one where the node does not take it. Throws as `readKey` and `readKeepers`.
 */
export const readHolders = async (client: Asking, keyId: KeyId, signal?: AbortSignal): Promise<KeyHolders> => {
  const order = memberOrder(client);
  const found = await askHolders(client, { question: withKey(client, { before: [], keyId, order }), order }, signal);
  if (found !== undefined) return found;
  const key = await readKey(client, keyId, signal);
  const keepers = await readKeepers(client, key, signal);
  return { key, keepers: order.flatMap((slot) => keepers.filter((keeper) => keeper.slot === slot)) };
};

/** A random one. */
export const memberOrder = ({ random }: Pick<Client, "random">): MemberOrder => {
  const bytes = random(4 * LAST_SLOT);
  const drawn = new DataView(bytes.buffer, bytes.byteOffset);
  const keyed = Array.from({ length: LAST_SLOT }, (_, index) => ({ slot: index + 1, place: drawn.getUint32(4 * index) }));
  return keyed.sort((a, b) => a.place - b.place).map(({ slot }) => slot);
};

const LAST_SLOT = 255;

/**
 * The same by a question of `withKey`, put at the newest final block and at the head. However many hold the key, it asks for a few; of the others the
 * registry is asked when they are needed. Undefined where it has no answer: at the newest final block there is no such key, or the node does not take the
 * question. Throws KEY_DISPUTED, CHAIN_UNAVAILABLE.
 */
export const askHolders = async (
  client: Chain & KeeperReach,
  { question, order }: { readonly question: JoinedQuestion; readonly order: MemberOrder },
  signal?: AbortSignal,
): Promise<KeyHolders | undefined> => {
  const ask = (blockTag: BlockTag) => askJoined(client, question, { what: "Reading the key and its keepers", blockTag, signal });
  const [final, head] = await Promise.all([
    finalTagOf(client, signal).then((tag) => (tag === undefined ? undefined : ask(tag))),
    ask("latest"),
  ]);
  const [ofKey = "", ofEpoch = "", , frozen = ""] = final?.slice(-KEY_CALLS - 1) ?? [];
  const [removed = "", now = ""] = head?.slice(-2) ?? [];
  const [members, records] = await Promise.all([contactsIn(client, frozen), contactsIn(client, now)]);
  if (final === undefined || head === undefined || members === undefined || records === undefined) return undefined;
  const named = question.calls.at(-KEY_CALLS)?.words[0] ?? "";
  const keyId = typeof named === "string" ? named : `0x${final[named[0]]?.slice(2 + 64 * named[1], 66 + 64 * named[1])}`;
  const key = await madeOnce(client.memory, [keyId, ofKey, ofEpoch].join(" "), async () => {
    const keys = interfaceOf("keyGeneration");
    const [inEpoch] = keys.decodeFunctionResult("keyEpochOf", ofEpoch);
    const found = keyInfoOf(parseKeyId(keyId), plain(keys.decodeFunctionResult("keyOf", ofKey)[0]), plain(inEpoch));
    return found && requireTrustedKey(client, found, signal);
  });
  if (key === undefined) return undefined;

  const all = committeeOnce(client, key);
  // Where others must name the same members, they are asked for all of them, once.
  const isCompared = (client.trust?.others?.length ?? 0) > 0;
  const agreed = isCompared ? await madeOnce(client.memory, ["members", keyId, ofEpoch].join(" "), () => all(signal)) : undefined;
  const metIn = (slot: number): KeeperContact | undefined => {
    const [member, record] = [members.get(slot), records.get(slot)];
    if (member === undefined || record === undefined) return undefined;
    const isAgreed = agreed?.some((other) => other.slot === slot && other.identity === member.identity) ?? true;
    return isAgreed ? { ...record, identity: member.identity } : undefined;
  };
  const gone = BigInt(removed);
  const asked = order.filter((slot) => key.slots.includes(slot) && ((gone >> BigInt(slot)) & 1n) === 0n);
  return {
    key,
    keepers: asked.map((slot) => {
      const met = metIn(slot);
      return met === undefined
        ? { slot, name: `keeper ${slot}`, meet: (meeting) => meetIn(client, slot, all(meeting)) }
        : client.reachedAt(met);
    }),
  };
};

/** The members that a question told, by slot. Undefined where it is nothing that a registry says. */
const contactsIn = async ({ memory }: Chain, members: string): Promise<ReadonlyMap<number, KeeperContact> | undefined> => {
  try {
    const found = splitMembers(members)?.map(({ identityKey, record }) =>
      madeOnce(memory, `${identityKey} ${record}`, async () => {
        const entry = plain(interfaceOf("keeperRegistry").decodeFunctionResult("keeperAt", record)[0]);
        const [x, y] = [0, 64].map((at) => BigInt(`0x${identityKey.slice(at, at + 64)}`)) as [bigint, bigint];
        return contactOf({ slot: entry.slot, identityKey: { x, y } }, entry);
      }),
    );
    return found && new Map((await Promise.all(found)).map((contact) => [contact.slot, contact]));
  } catch {
    return undefined;
  }
};

/** All who hold the key, read when they are first needed, and again where that fails. */
const committeeOnce = (chain: Chain, key: KeyInfo) => {
  let reading: Promise<readonly KeeperContact[]> | undefined;
  return (signal?: AbortSignal): Promise<readonly KeeperContact[]> => {
    const asked = reading ?? readCommittee(chain, key, signal);
    reading = asked;
    asked.catch(() => {
      if (reading === asked) reading = undefined;
    });
    return asked;
  };
};

const meetIn = async ({ reachedAt }: KeeperReach, slot: number, all: Promise<readonly KeeperContact[]>): Promise<KeeperContact> => {
  const found = (await all).find((keeper) => keeper.slot === slot);
  if (found !== undefined) return reachedAt(found);
  throw new KeyquorumError("CHAIN_UNAVAILABLE", "The chain's answers about the key and its keepers disagree.");
};
