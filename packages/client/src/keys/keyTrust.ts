import { plain } from "@keyquorum/bindings";
import { addressOfPoint, encodePoint, type Point, pointFromXY } from "@keyquorum/threshold";
import { bytesToHex, type KeyId, KeyquorumError } from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";

/** What is compared of a key. */
export type ComparedKey = {
  readonly keyId: KeyId;
  readonly epoch: number;
  readonly publicKey: Point;
  readonly threshold: number;
  readonly slots: readonly number[];
  readonly commitmentsHash: string;
  readonly verifyingRoot: string;
};

/** Whether the user let this key be used at all: any one where none is pinned. */
export const isPinnedOrFree = ({ trust }: Chain, keyId: KeyId): boolean => trust?.pinned?.has(keyId) ?? true;

/**
 * The key, when it is pinned or no key is, and every provider says the same of it: its public key, and its threshold, holders, commitments and
 * verifying root in its epoch. What a provider names alone could be a key of its own, and it could read what is encrypted to it.
 * Throws KEY_DISPUTED, which names who says what; CHAIN_UNAVAILABLE when a provider does not answer: silence is no consent.
 */
export const requireTrustedKey = async <Key extends ComparedKey>(chain: Chain, key: Key, signal?: AbortSignal): Promise<Key> => {
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
  key: ComparedKey,
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

const requireSame = (field: string, { keyId, epoch }: ComparedKey, said: readonly Said[]): void => {
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

const ownFactsOf = ({ publicKey, threshold, slots, commitmentsHash, verifyingRoot }: ComparedKey): Facts => ({
  publicKey: publicKeyText(publicKey),
  threshold: threshold.toString(),
  committee: slots.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n).toString(),
  commitmentsHash,
  verifyingRoot,
});

const membersText = (members: readonly Member[]): string =>
  members.map(({ slot, identityKey: { x, y } }) => `${slot} ${bytesToHex(addressOfPoint(pointFromXY(x, y)))}`).join(", ") || "nobody";
