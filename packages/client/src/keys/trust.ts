import { connectContracts, type Deployment } from "@keyquorum/bindings";
import type { Point } from "@keyquorum/threshold";
import { type KeyFile, type KeyFileBody, type KeyId, KeyquorumError, parseKeyFile } from "@keyquorum/wire";
import type { Provider } from "ethers";

/** Who, beside the client's provider, says what a key is. */
export type KeyTrust = {
  /** The same contracts, read through other providers; `name` is how errors call them. */
  readonly others: readonly { readonly name: string; readonly contracts: ReturnType<typeof connectContracts> }[];
  /** Public keys that the user knows from somewhere else. Undefined: none; otherwise no other key is used. */
  readonly pinned: ReadonlyMap<KeyId, Point> | undefined;
};

/** Throws INVALID_KEY_FILE; WRONG_CHAIN for a pinned key of another chain or registry. */
export const createKeyTrust = (
  {
    otherProviders = [],
    pinnedKeys,
  }: { readonly otherProviders?: readonly Provider[] | undefined; readonly pinnedKeys?: readonly (KeyFile | KeyFileBody)[] },
  deployment: Deployment,
): KeyTrust => ({
  // The client's own provider is number 1.
  others: otherProviders.map((provider, index) => ({ name: `provider ${index + 2}`, contracts: connectContracts(deployment, provider) })),
  pinned: pinnedKeys === undefined ? undefined : new Map(pinnedKeys.map((key) => pinOf(key, deployment))),
});

const pinOf = (given: KeyFile | KeyFileBody, { chainId, contracts }: Deployment): readonly [KeyId, Point] => {
  const key = "format" in given ? parseKeyFile(given) : given;
  if (key.chainId === chainId && key.documentRegistry === contracts.documentRegistry) return [key.keyId, key.publicKey];
  throw new KeyquorumError("WRONG_CHAIN", `The pinned key ${key.keyId} belongs to another deployment.`, { details: { keyId: key.keyId } });
};
