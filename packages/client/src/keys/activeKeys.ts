import { type KeyId, parseKeyId } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Chain } from "../chain/chain.ts";
import type { CallOptions } from "../options.ts";
import { type KeeperContact, type KeeperReach, readKeepers } from "./committee.ts";
import { type KeyInfo, readDefaultKey, readKey } from "./keys.ts";

/** Returns the newest active key for encrypting. Throws NO_READY_KEY, CHAIN_UNAVAILABLE. */
export const defaultKey = action(
  "defaultKey",
  (client: Chain, options: CallOptions = {}): Promise<KeyInfo> => readDefaultKey(client, options.signal),
);

/** Returns an active key as of a final block. Throws UNKNOWN_KEY, KEY_NOT_READY, CHAIN_UNAVAILABLE. */
export const keyInfo = action(
  "keyInfo",
  async (client: Chain, keyId: KeyId, options: CallOptions = {}): Promise<KeyInfo> => readKey(client, parseKeyId(keyId), options.signal),
);

/** Returns the keepers that hold shares of a key and are not removed. Throws as `keyInfo`. */
export const keepersOf = action(
  "keepersOf",
  async (client: Chain & KeeperReach, keyId: KeyId, { signal }: CallOptions = {}): Promise<readonly KeeperContact[]> =>
    readKeepers(client, await readKey(client, parseKeyId(keyId), signal), signal),
);
