import { connectContracts, type Deployment, plain } from "@keyquorum/bindings";
import { addressOfPoint, encodePoint, type Point, pointFromXY } from "@keyquorum/threshold";
import { bytesToHex, type KeyFile, type KeyFileBody, type KeyId, KeyquorumError, parseKeyFile } from "@keyquorum/wire";
import type { Provider } from "ethers";
import type { Chain } from "./chain.ts";
import type { KeyInfo } from "./keys.ts";

/** Who, beside the client's provider, says what a key is. */
export type KeyTrust = {
  /** The same contracts, read through other providers; `name` is how errors call them. */
  readonly others: readonly { readonly name: string; readonly contracts: Chain["contracts"] }[];
  /** Public keys that the user knows from somewhere else. Undefined: none; otherwise no other key is used. */
  readonly pinned: ReadonlyMap<KeyId, Point> | undefined;
};

/** Throws INVALID_KEY_FILE; WRONG_CHAIN for a pinned key of another chain or registry. */
export const createKeyTrust = (
  {
    otherProviders = [],
    pinnedKeys,
  }: { readonly otherProviders?: readonly Provider[]; readonly pinnedKeys?: readonly (KeyFile | KeyFileBody)[] },
  deployment: Deployment,
): KeyTrust => ({
  // The client's own provider is number 1.
  others: otherProviders.map((provider, index) => ({ name: `provider ${index + 2}`, contracts: connectContracts(deployment, provider) })),
  pinned: pinnedKeys === undefined ? undefined : new Map(pinnedKeys.map((key) => pinOf(key, deployment))),
});

const pinOf = (given: KeyFile | KeyFileBody, { chainId, contracts }: Deployment): readonly [KeyId, Point] => {
  const key = "format" in given ? parseKeyFile(given) : given;
  if (key.chainId === chainId && key.documentRegistry === contracts.documentRegistry) return [key.keyId, key.publicKey];
  throw new KeyquorumError("WRONG_CHAIN", `The pinned key ${key.keyId} is of another deployment.`, { details: { keyId: key.keyId } });
};

/** Whether the user let this key be used at all: any one where none is pinned. */
export const isPinnedOrFree = ({ trust }: Chain, keyId: KeyId): boolean => trust?.pinned?.has(keyId) ?? true;

/**
 * The key, when it is pinned or no key is, and every provider says the same of it: its public key, and its threshold, holders, commitments and
 * verifying root in its epoch. What a provider names alone could be a key of its own, and it could read what is encrypted to it.
 * Throws KEY_DISPUTED, which names who says what; CHAIN_UNAVAILABLE when a provider does not answer: silence is no consent.
 */
export const requireTrustedKey = async (chain: Chain, key: KeyInfo, signal?: AbortSignal): Promise<KeyInfo> => {
  const { others = [], pinned } = chain.trust ?? {};
  if (pinned !== undefined) {
    const expected = pinned.get(key.keyId);
    const pin = expected === undefined ? "nothing" : bytesToHex(encodePoint(expected));
    requireSame("publicKey", key, [
      { name: "the pinned key", says: pin },
      { name: "provider 1", says: publicKeyText(key.publicKey) },
    ]);
  }
  const answers = await Promise.all(
    others.map(async ({ name, contracts: { keyGeneration } }) => {
      const [found, inEpoch] = await Promise.all([
        chain.calls.read(`Asking ${name} for the key`, () => keyGeneration.keyOf(key.keyId), signal),
        chain.calls.read(`Asking ${name} for the key`, () => keyGeneration.keyEpochOf(key.keyId, key.epoch), signal),
      ]);
      return { name, facts: factsOf(plain(found), plain(inEpoch)) };
    }),
  );
  const own = ownFactsOf(key);
  for (const field of FACTS)
    requireSame(field, key, [
      { name: "provider 1", says: own[field] },
      ...answers.map(({ name, facts }) => ({ name, says: facts[field] })),
    ]);
  return key;
};

/** Refuses the members of an epoch, who sign receipts, unless every provider names the same. Throws KEY_DISPUTED, CHAIN_UNAVAILABLE. */
export const requireTrustedMembers = async (
  chain: Chain,
  key: KeyInfo,
  members: readonly Member[],
  signal?: AbortSignal,
): Promise<void> => {
  const { others = [] } = chain.trust ?? {};
  const answers = await Promise.all(
    others.map(async ({ name, contracts: { keeperRegistry } }) => {
      const found = await chain.calls.read(`Asking ${name} for the keepers`, () => keeperRegistry.committeeOf(key.epoch), signal);
      return { name, says: membersText(plain(found)) };
    }),
  );
  requireSame("members", key, [{ name: "provider 1", says: membersText(members) }, ...answers]);
};

type Said = { readonly name: string; readonly says: string };
type Coordinates = { readonly x: bigint; readonly y: bigint };
type Member = { readonly slot: bigint; readonly identityKey: Coordinates };

const FACTS = ["publicKey", "threshold", "committee", "commitmentsHash", "verifyingRoot"] as const;
type Facts = Readonly<Record<(typeof FACTS)[number], string>>;

const requireSame = (field: string, { keyId, epoch }: KeyInfo, said: readonly Said[]): void => {
  if (said.every(({ says }) => says === said[0]?.says)) return;
  throw new KeyquorumError("KEY_DISPUTED", `Providers disagree about the key ${keyId}: its ${field}. It is not used.`, {
    details: { keyId, epoch, field, answers: said.map(({ name, says }) => `${name}: ${says}`) },
  });
};

const publicKeyText = (point: Point): string => bytesToHex(encodePoint(point));

const factsOf = (
  { publicKey }: { readonly publicKey: Coordinates },
  inEpoch: { readonly threshold: bigint; readonly committee: bigint; readonly commitmentsHash: string; readonly verifyingRoot: string },
): Facts => ({
  publicKey: publicKey.x === 0n ? "nothing" : publicKeyText(pointFromXY(publicKey.x, publicKey.y)),
  threshold: inEpoch.threshold.toString(),
  committee: inEpoch.committee.toString(),
  commitmentsHash: inEpoch.commitmentsHash,
  verifyingRoot: inEpoch.verifyingRoot,
});

const ownFactsOf = ({ publicKey, threshold, slots, commitmentsHash, verifyingRoot }: KeyInfo): Facts => ({
  publicKey: publicKeyText(publicKey),
  threshold: threshold.toString(),
  committee: slots.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n).toString(),
  commitmentsHash,
  verifyingRoot,
});

const membersText = (members: readonly Member[]): string =>
  members.map(({ slot, identityKey: { x, y } }) => `${slot} ${bytesToHex(addressOfPoint(pointFromXY(x, y)))}`).join(", ") || "nobody";
