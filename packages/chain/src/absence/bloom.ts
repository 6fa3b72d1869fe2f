import { keccak256 } from "ethers";

/** The three bits, 0 to 2047, that an address or a topic sets in a bloom filter of logs. Ethereum's yellow paper, section 4.3.1. */
export type BloomBits = readonly [number, number, number];

/** `value`: 0x hex, an address or a topic. */
export const bloomBitsOf = (value: string): BloomBits => {
  const hash = keccak256(value).slice(2);
  const bitAt = (pair: number): number => Number.parseInt(hash.slice(4 * pair, 4 * pair + 4), 16) % 2048;
  return [bitAt(0), bitAt(1), bitAt(2)];
};

/** Contracts, in lower case, with the first topics that their events have. Without topics, any log of the contract counts. */
export type WatchedLogs = ReadonlyMap<string, readonly string[]>;

/**
 * Asks blooms (256 bytes as 0x hex) whether a log that is watched may be in their blocks. False is a proof of absence where the chain fills its blooms,
 * true is none of presence.
 */
export const createBloomTest = (watched: WatchedLogs): ((bloom: string) => boolean) => {
  const tests = [...watched].map(([address, topics]) => ({ address: bloomBitsOf(address), topics: topics.map(bloomBitsOf) }));
  return (bloom) =>
    tests.some(({ address, topics }) => holds(bloom, address) && (topics.length === 0 || topics.some((topic) => holds(bloom, topic))));
};

/** Whether a bloom lets a log of this address, with this first topic, be in its block. */
export const bloomAdmits = (
  bloom: string,
  { address, topics: [topic] }: { readonly address: string; readonly topics: readonly string[] },
) => holds(bloom, bloomBitsOf(address)) && (topic === undefined || holds(bloom, bloomBitsOf(topic)));

/** Bit 0 is the lowest bit of the last byte. */
const holds = (bloom: string, bits: BloomBits): boolean =>
  bits.every((bit) => (Number.parseInt(bloom.charAt(bloom.length - 1 - Math.floor(bit / 4)), 16) & (1 << (bit % 4))) !== 0);
