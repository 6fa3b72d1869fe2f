import { DOMAINS, keccakWords } from "@keyquorum/threshold";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bitmapOf } from "./bitmap.ts";
import { hexToBytes } from "./hex.ts";
import type { Address, Hash32, RepairId } from "./ids.ts";
import { peerDigest } from "./peerMessage.ts";

/** Which deployment a message of a repair is for. */
export type RepairDomain = { readonly chainId: bigint; readonly shareRepairs: Address };

/** One repair by one set of helpers, and the slot that signs. */
export type RepairSender = { readonly repairId: RepairId; readonly helpers: readonly number[]; readonly slot: number };

/** The four messages of a repair, in their order. */
const KINDS = { askDealing: 1, dealing: 2, askContribution: 3, contribution: 4 } as const;

const digestOf = (
  { chainId, shareRepairs }: RepairDomain,
  kind: keyof typeof KINDS,
  { repairId, helpers, slot }: RepairSender,
  content: Uint8Array | 0,
): Hash32 =>
  peerDigest({
    tag: DOMAINS.repairMessage,
    kind: KINDS[kind],
    domain: { chainId, contract: shareRepairs },
    about: [hexToBytes(repairId, 32), bitmapOf(helpers), slot],
    content,
  });

const hashOfDealings = (dealings: readonly Uint8Array[]): Uint8Array => keccakWords(...dealings.map((dealing) => keccak_256(dealing)));

/** What m's identity key signs to ask a helper for its dealing. PROTOCOL section 3.10. */
export const repairAskDigest = (domain: RepairDomain, sender: RepairSender): Hash32 => digestOf(domain, "askDealing", sender, 0);

/** What a helper's identity key signs under its dealing. */
export const repairDealingDigest = (domain: RepairDomain, sender: RepairSender, dealing: Uint8Array): Hash32 =>
  digestOf(domain, "dealing", sender, keccak_256(dealing));

/** What m's identity key signs to show a helper the dealings of all, by ascending slot. */
export const repairContributionAskDigest = (domain: RepairDomain, sender: RepairSender, dealings: readonly Uint8Array[]): Hash32 =>
  digestOf(domain, "askContribution", sender, hashOfDealings(dealings));

/** What a helper's identity key signs under its contribution, which is one for these dealings. */
export const repairContributionDigest = (
  domain: RepairDomain,
  sender: RepairSender,
  { dealings, contribution }: { readonly dealings: readonly Uint8Array[]; readonly contribution: Uint8Array },
): Hash32 => digestOf(domain, "contribution", sender, keccakWords(hashOfDealings(dealings), keccak_256(contribution)));
