import { type Address, encodeKeyFile, type KeyFileBody, type KeyId, KeyquorumError, parseAddress, parseKeyId } from "@keyquorum/wire";
import type { ClientContext } from "../clientContext.ts";
import type { KeeperContact } from "../keys/committee.ts";
import { type KeyInfo, readDefaultKey, readKey } from "../keys/keys.ts";
import type { EpochInfo } from "../keys/readEpoch.ts";
import type { KeeperHealth } from "../keys/readHealth.ts";
import type { KeyEpoch } from "../keys/readKeyEpochs.ts";
import type { ReshareInfo } from "../keys/readReshare.ts";
import type { CallOptions } from "../options.ts";

/** Who signs, which keys there are and who holds them. */
export type KeyMethods = {
  /** Returns the signer's address in lower case. Throws NO_SIGNER. */
  readonly address: () => Promise<Address>;
  /** Returns the newest active key for encrypting. Throws NO_READY_KEY, CHAIN_UNAVAILABLE. */
  readonly defaultKey: (options?: CallOptions) => Promise<KeyInfo>;
  /** Returns an active key as of a final block. Throws UNKNOWN_KEY, KEY_NOT_READY, CHAIN_UNAVAILABLE. */
  readonly keyInfo: (keyId: KeyId, options?: CallOptions) => Promise<KeyInfo>;
  /** Returns the keepers that hold shares of a key and are not removed. Throws as `keyInfo`. */
  readonly keepersOf: (keyId: KeyId, options?: CallOptions) => Promise<readonly KeeperContact[]>;
  /**
   * Asks every keeper that is not removed, over its registered endpoint, how it is now: one that does not answer is told as dead, with the reason.
   * By ascending slot. Throws CHAIN_UNAVAILABLE.
   */
  readonly keeperHealth: (options?: CallOptions) => Promise<readonly KeeperHealth[]>;
  /** Returns the ids of all keys that ever became active, the oldest first. Throws CHAIN_UNAVAILABLE. */
  readonly keys: (options?: CallOptions) => Promise<readonly KeyId[]>;
  /**
   * Returns an epoch of the keeper set, the newest that was proposed unless one is named; undefined where none is.
   * Throws INVALID_VALUE, CHAIN_UNAVAILABLE.
   */
  readonly epoch: (epoch?: number, options?: CallOptions) => Promise<EpochInfo | undefined>;
  /** Returns the epochs in which a key was active, the newest first, which is where it is active. Throws as `keyInfo`. */
  readonly keyEpochs: (keyId: KeyId, options?: CallOptions) => Promise<readonly KeyEpoch[]>;
  /** Returns the newest session that moves, moved or failed to move a key to a later epoch; undefined where there was none. Throws CHAIN_UNAVAILABLE. */
  readonly reshareOf: (keyId: KeyId, options?: CallOptions) => Promise<ReshareInfo | undefined>;
  /**
   * Makes a file, as JSON data, of all that encrypting offline needs (`encryptOffline`): public. Default: the default key.
   * Throws as `keyInfo` and `defaultKey`; UNKNOWN_KEY for a key that is not for encrypting.
   */
  readonly exportKey: (keyId?: KeyId, options?: CallOptions) => Promise<KeyFileBody>;
};

export const createKeyMethods = ({ chain, deployment, signing, keepersOf, ...asking }: ClientContext): KeyMethods => ({
  address: async () => (await signing()).account,
  defaultKey: ({ signal } = {}) => readDefaultKey(chain, signal),
  keyInfo: async (keyId, { signal } = {}) => readKey(chain, parseKeyId(keyId), signal),
  keepersOf: async (keyId, { signal } = {}) => keepersOf(await readKey(chain, parseKeyId(keyId), signal), signal),
  // What comes from rest.ts is loaded when it is called.
  keeperHealth: async ({ signal } = {}) => (await import("../rest.ts")).readHealth({ chain, ...asking }, signal),
  keys: async ({ signal } = {}) => (await import("../rest.ts")).listKeys(chain, signal),
  epoch: async (epoch, { signal } = {}) => (await import("../rest.ts")).readEpoch(chain, epoch, signal),
  keyEpochs: async (keyId, { signal } = {}) => (await import("../rest.ts")).readKeyEpochs(chain, parseKeyId(keyId), signal),
  reshareOf: async (keyId, { signal } = {}) => (await import("../rest.ts")).readReshare(chain, parseKeyId(keyId), signal),
  exportKey: async (keyId, { signal } = {}) => {
    const key = keyId === undefined ? await readDefaultKey(chain, signal) : await readKey(chain, parseKeyId(keyId), signal);
    if (key.purpose !== "Decrypt")
      throw new KeyquorumError("UNKNOWN_KEY", `The key ${key.keyId} is for ${key.purpose}, not for encrypting.`);
    const { documentRegistry, accessGrants, shareRequests } = deployment.contracts as Readonly<Record<string, Address>>; // lower case
    return encodeKeyFile({
      chainId: deployment.chainId,
      documentRegistry: parseAddress(documentRegistry),
      accessGrants: parseAddress(accessGrants),
      shareRequests: parseAddress(shareRequests),
      keyId: key.keyId,
      publicKey: key.publicKey,
      threshold: key.threshold,
      keepers: key.slots.length,
    });
  },
});
