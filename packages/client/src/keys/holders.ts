import { interfaceOf, plain } from "@keyquorum/bindings";
import { type KeyId, parseKeyId } from "@keyquorum/wire";
import { askJoined, askOnce } from "../chain/askJoined.ts";
import type { Chain } from "../chain/chain.ts";
import { madeOnce } from "../chain/chainMemory.ts";
import { finalTagOf } from "../chain/finality.ts";
import type { JoinedCall } from "../chain/joinedCalls.ts";
import { contactsOf, type KeeperContact, type KeeperReach, readKeepers } from "./committee.ts";
import { keyCalls } from "./keyCalls.ts";
import { type KeyInfo, keyInfoOf, readKey } from "./keys.ts";
import { requireTrustedKey, requireTrustedMembers } from "./keyTrust.ts";

/** A key in one epoch, and who of that epoch is asked. */
export type KeyHolders = { readonly key: KeyInfo; readonly keepers: readonly KeeperContact[] };

/**
 * An active key as of the newest final block, and the keepers that hold its shares and are not removed, with the endpoints that the registry has for
 * them now: by one question, and one by one where the node does not take it. Throws as `readKey` and `readKeepers`.
 */
export const readHolders = async (client: Chain & KeeperReach, keyId: KeyId, signal?: AbortSignal): Promise<KeyHolders> => {
  const found = await askHolders(client, keyCalls(client, keyId, 0), signal);
  if (found !== undefined) return found;
  const key = await readKey(client, keyId, signal);
  return { key, keepers: await readKeepers(client, key, signal) };
};

/**
 * The same by a question that ends with `keyCalls`. Undefined where it has no answer: at the newest final block there is no such key, or the node does not
 * take the question. Throws KEY_DISPUTED, CHAIN_UNAVAILABLE.
 */
export const askHolders = async (
  client: Chain & KeeperReach,
  joined: readonly JoinedCall[],
  signal?: AbortSignal,
): Promise<KeyHolders | undefined> => {
  const keepers = interfaceOf("keeperRegistry");
  const what = "Reading the key and its keepers";
  const [answers, records] = await Promise.all([
    finalTagOf(client, signal).then((blockTag) =>
      blockTag === undefined ? undefined : askJoined(client, joined, { what, blockTag, signal }),
    ),
    askOnce(client, what, { to: client.deployment.contracts.keeperRegistry, data: keepers.encodeFunctionData("keepers") }, signal),
  ]);
  if (answers === undefined) return undefined;
  const [ofKey = "", ofEpoch = "", ofMembers = ""] = answers.slice(-3);
  const named = joined.at(-3)?.words[0] ?? "";
  const keyId = typeof named === "string" ? named : `0x${answers[named[0]]?.slice(2 + 64 * named[1], 66 + 64 * named[1])}`;
  const { key, contacts } = await madeOnce(client.memory, [keyId, ofKey, ofEpoch, ofMembers, records].join(" "), async () => {
    const keys = interfaceOf("keyGeneration");
    const [inEpoch] = keys.decodeFunctionResult("keyEpochOf", ofEpoch);
    const found = keyInfoOf(parseKeyId(keyId), plain(keys.decodeFunctionResult("keyOf", ofKey)[0]), plain(inEpoch));
    if (found === undefined) return { key: undefined, contacts: [] };
    const members = plain(keepers.decodeFunctionResult("committeeOf", ofMembers)[0]);
    await Promise.all([requireTrustedKey(client, found, signal), requireTrustedMembers(client, found, members, signal)]);
    return { key: found, contacts: contactsOf(found, members, plain(keepers.decodeFunctionResult("keepers", records)[0])) };
  });
  return key === undefined ? undefined : { key, keepers: contacts.map(client.reachedAt) };
};
