import { type Contracts, eventTopic, nameOfState, type Plain, PURPOSES, type Purpose, plain } from "@keyquorum/bindings";
import { type Point, pointFromXY } from "@keyquorum/threshold";
import { type Address, type Hash32, type KeyId, KeyquorumError, parseKeyId, slotsOf } from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";
import { finalBlockOf } from "../chain/finality.ts";
import { scanLogs } from "../chain/logs.ts";
import { isPinnedOrFree, requireTrustedKey } from "./keyTrust.ts";

/** A key in one of its epochs: the active one of a final block, where nothing else is said. All public. */
export type KeyInfo = {
  readonly keyId: KeyId;
  readonly purpose: Purpose;
  /** S. */
  readonly publicKey: Point;
  readonly publicKeyAddress: Address;
  readonly requester: Address;
  readonly epoch: number;
  /** t: t keepers together learn nothing. */
  readonly threshold: number;
  /** q = t+1: so many keepers are needed. */
  readonly quorum: number;
  /** Slots of the keepers that hold a share, ascending. */
  readonly slots: readonly number[];
  readonly commitmentsHash: Hash32;
  readonly verifyingRoot: Hash32;
};

/**
 * An active key as of the newest final block. PROTOCOL section 3.8: what trusts a key waits for finality.
 * Throws UNKNOWN_KEY, KEY_NOT_READY (asked for, but not active and final yet), KEY_DISPUTED, CHAIN_UNAVAILABLE.
 */
export const readKey = async (chain: Chain, keyId: KeyId, signal?: AbortSignal): Promise<KeyInfo> => {
  const block = await readFinalBlock(chain, signal);
  const info = block === undefined ? undefined : await readKeyAt(chain, keyId, block, signal);
  if (info !== undefined) return requireTrustedKey(chain, info, signal);
  const head = await chain.calls.read("Reading the key", () => chain.contracts.keyGeneration.keyOf(keyId), signal);
  if (BigInt(head.requester) === 0n)
    throw new KeyquorumError("UNKNOWN_KEY", `The key ${keyId} was never requested.`, { details: { keyId } });
  throw new KeyquorumError("KEY_NOT_READY", `The key ${keyId} is not active and final yet.`, { details: { keyId } });
};

/**
 * The same key in another of its epochs, as the head has it: a request on chain pins one that need not be final yet, and combining compares the
 * shares with the public key, which no epoch changes. Throws KEY_NOT_READY, KEY_DISPUTED, CHAIN_UNAVAILABLE.
 */
export const readKeyIn = async (chain: Chain, key: KeyInfo, epoch: number, signal?: AbortSignal): Promise<KeyInfo> => {
  const { calls, contracts } = chain;
  const found = plain(await calls.read("Reading the key", () => contracts.keyGeneration.keyEpochOf(key.keyId, epoch), signal));
  if (found.committee !== 0n) return requireTrustedKey(chain, { ...key, ...inEpochOf(epoch, found) }, signal);
  throw new KeyquorumError("KEY_NOT_READY", `The key ${key.keyId} was never active in epoch ${epoch}.`, {
    details: { keyId: key.keyId, epoch },
  });
};

/** The same key in the epoch that requests pin now: at the head, final or not. Throws KEY_NOT_READY, KEY_DISPUTED, CHAIN_UNAVAILABLE. */
export const readKeyNow = async (chain: Chain, key: KeyInfo, signal?: AbortSignal): Promise<KeyInfo> => {
  const { activeEpoch } = await chain.calls.read("Reading the key", () => chain.contracts.keyGeneration.keyOf(key.keyId), signal);
  return readKeyIn(chain, key, Number(activeEpoch), signal);
};

/** The newest active key for encrypting, of those that are pinned if any are. Throws NO_READY_KEY, KEY_DISPUTED, CHAIN_UNAVAILABLE. */
export const readDefaultKey = async (chain: Chain, signal?: AbortSignal): Promise<KeyInfo> => {
  const block = await readFinalBlock(chain, signal);
  if (block !== undefined) {
    const query = {
      address: chain.deployment.contracts.keyGeneration,
      topics: [eventTopic("KeyReady")],
      fromBlock: chain.deployment.block,
      toBlock: block,
    };
    for await (const log of scanLogs({ ...chain, signal }, query)) {
      const keyId = parseKeyId(log.topics[1]);
      if (!isPinnedOrFree(chain, keyId)) continue;
      const info = await readKeyAt(chain, keyId, block, signal);
      if (info?.purpose === "Decrypt") return requireTrustedKey(chain, info, signal);
    }
  }
  throw new KeyquorumError("NO_READY_KEY");
};

/** The newest final block that can know the contracts. */
const readFinalBlock = async ({ calls, provider, finality, deployment }: Chain, signal?: AbortSignal): Promise<number | undefined> => {
  const block = await calls.read("Reading the newest final block", () => finalBlockOf(provider, finality), signal);
  return block === undefined || block < deployment.block ? undefined : block;
};

const readKeyAt = async (
  { calls, contracts }: Chain,
  keyId: KeyId,
  blockTag: number,
  signal?: AbortSignal,
): Promise<KeyInfo | undefined> => {
  const key = plain(await calls.read("Reading the key", () => contracts.keyGeneration.keyOf(keyId, { blockTag }), signal));
  const { activeEpoch } = key;
  if (activeEpoch === 0n) return undefined;
  const read = () => contracts.keyGeneration.keyEpochOf(keyId, activeEpoch, { blockTag });
  return keyInfoOf(keyId, key, plain(await calls.read("Reading the key", read, signal)));
};

type KeyRecord = Plain<Awaited<ReturnType<Contracts["keyGeneration"]["keyOf"]>>>;

/** What the contract says of a key and of its active epoch; undefined while it is active in none. */
export const keyInfoOf = (keyId: KeyId, key: KeyRecord, inEpoch: InEpoch): KeyInfo | undefined =>
  key.activeEpoch === 0n
    ? undefined
    : {
        keyId,
        purpose: nameOfState(PURPOSES, key.purpose),
        publicKey: pointFromXY(key.publicKey.x, key.publicKey.y),
        publicKeyAddress: key.publicKeyAddress as Address, // `plain` lower-cases addresses
        requester: key.requester as Address,
        ...inEpochOf(Number(key.activeEpoch), inEpoch),
      };

type InEpoch = {
  readonly threshold: bigint;
  readonly committee: bigint;
  readonly commitmentsHash: string;
  readonly verifyingRoot: string;
};

/** What of a key another epoch changes. */
const inEpochOf = (
  epoch: number,
  { threshold, committee, commitmentsHash, verifyingRoot }: InEpoch,
): Pick<KeyInfo, "epoch" | "threshold" | "quorum" | "slots" | "commitmentsHash" | "verifyingRoot"> => ({
  epoch,
  threshold: Number(threshold),
  quorum: Number(threshold) + 1,
  slots: slotsOf(committee),
  commitmentsHash: commitmentsHash as Hash32, // 32 bytes by the interface, in lower case by `plain`
  verifyingRoot: verifyingRoot as Hash32,
});
