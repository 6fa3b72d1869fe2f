import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { Heads } from "@keyquorum/chain";
import { dealHashOf } from "@keyquorum/threshold";
import type { MirroredLog, Vault } from "@keyquorum/vault";
import { bytesToHex, type Hash32, hexToBytes, type SessionId } from "@keyquorum/wire";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { DealingContract } from "../contracts/dealHash.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import { onceForEach } from "../contracts/onceForEach.ts";

const EVENTS = { keyGeneration: "Dealt", keyResharing: "ReshareDealt" } as const satisfies Record<DealingContract, string>;

/** Dealings of a session as the node's logs show them, and what the contract itself stores of each, both by dealer. Public. */
export type MirroredDealings = {
  readonly dealings: ReadonlyMap<number, Uint8Array>;
  readonly dealHashes: ReadonlyMap<number, Hash32>;
};

/** Hashes that a final block has: they stay. By dealer. */
export type SettledHashes = Map<number, Hash32>;

type Shown = { readonly bytes: Uint8Array; readonly blockNumber: number };
type Options = { readonly vault: Pick<Vault, "logs">; readonly reader: ChainReader; readonly contracts: ServedContracts };

/**
 * The dealings up to the pinned head, and their hashes by the contract at that head, from a majority of the providers like everything that is read
 * by a block's hash: a log alone decides nothing. A contract never changes a hash that it has stored, so one of a final block is asked for once, and
 * again only while it is not the hash of what the logs show: one of the two is wrong.
 * Throws ChainUnavailableError.
 */
export const readMirroredDealings = async (
  { vault, reader, contracts }: Options,
  input: { readonly contract: DealingContract; readonly sid: SessionId; readonly heads: Heads; readonly settled: SettledHashes },
): Promise<MirroredDealings> => {
  const { contract, sid, heads, settled } = input;
  const { head, final } = heads;
  const name = EVENTS[contract];
  const address = contracts.addresses[contract];
  const logs = await vault.logs.find({ address, topic0: eventTopic(name), topic1: sid, toBlock: head.number });
  const read = decoderOf(contracts);
  const shown = new Map<number, Shown>();
  for (const log of logs) {
    const dealing = read(log, name);
    if (dealing !== undefined) shown.set(dealing.dealer, { ...dealing, blockNumber: log.blockNumber });
  }

  const hashAt = async (dealer: number, { bytes, blockNumber }: Shown): Promise<Hash32 | undefined> => {
    const known = settled.get(dealer);
    if (known !== undefined && isHashOf(known, bytes)) return known;
    if (blockNumber > final.number) return reader.at(head.hash).dealHashOf(contract, sid, dealer);
    const stored = await reader.at(final.hash).dealHashOf(contract, sid, dealer);
    if (stored !== undefined) settled.set(dealer, stored);
    return stored;
  };
  const dealHashes = new Map<number, Hash32>();
  await Promise.all(
    [...shown].map(async ([dealer, dealing]) => {
      const stored = await hashAt(dealer, dealing);
      if (stored !== undefined) dealHashes.set(dealer, stored);
    }),
  );
  return { dealings: new Map([...shown].map(([dealer, { bytes }]) => [dealer, bytes])), dealHashes };
};

/** A session looks at its dealings at every head. About 13 kB each at most, with the text that it is known again by. */
const MOST_DECODED = 500;
type Decoded = { readonly dealer: number; readonly bytes: Uint8Array };
type Decoder = (log: MirroredLog, name: (typeof EVENTS)[DealingContract]) => Decoded | undefined;
const decoders = new WeakMap<ServedContracts, Decoder>();

const decoderOf = (contracts: ServedContracts): Decoder => {
  const known = decoders.get(contracts);
  if (known !== undefined) return known;
  const decoder = onceForEach(MOST_DECODED, (log, name: (typeof EVENTS)[DealingContract]): Decoded | undefined => {
    const event = parseContractLogOf(contracts.deployment, log, name);
    return event && { dealer: Number(event.args.dealer), bytes: hexToBytes(event.args.dealing) };
  });
  decoders.set(contracts, decoder);
  return decoder;
};

/** Bytes that are no dealing at all have no hash. */
const isHashOf = (hash: Hash32, bytes: Uint8Array): boolean => {
  try {
    return bytesToHex(dealHashOf(bytes)) === hash;
  } catch {
    return false;
  }
};
