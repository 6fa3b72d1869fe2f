import type { OfDeployment } from "@keyquorum/bindings";
import { type Address, encodeKeyFile, type KeyFileBody, type KeyId, KeyquorumError, parseAddress, parseKeyId } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Chain } from "../chain/chain.ts";
import type { CallOptions } from "../options.ts";
import { readDefaultKey, readKey } from "./keys.ts";

/**
 * Makes a file, as JSON data, of all that encrypting offline needs (`encryptOffline`): public. Default: the default key.
 * Throws as `keyInfo` and `defaultKey`; UNKNOWN_KEY for a key that is not for encrypting.
 */
export const exportKey = action("exportKey", async (client: Chain, keyId?: KeyId, { signal }: CallOptions = {}): Promise<KeyFileBody> => {
  const key = keyId === undefined ? await readDefaultKey(client, signal) : await readKey(client, parseKeyId(keyId), signal);
  if (key.purpose !== "Decrypt") throw new KeyquorumError("UNKNOWN_KEY", `The key ${key.keyId} is for ${key.purpose}, not for encrypting.`);
  const { chainId, contracts } = client.deployment;
  const { documentRegistry, accessGrants, shareRequests } = contracts as OfDeployment<Address>; // lower case
  return encodeKeyFile({
    chainId,
    documentRegistry: parseAddress(documentRegistry),
    accessGrants: parseAddress(accessGrants),
    shareRequests: parseAddress(shareRequests),
    keyId: key.keyId,
    publicKey: key.publicKey,
    threshold: key.threshold,
    keepers: key.slots.length,
  });
});
