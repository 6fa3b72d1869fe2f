import type { BlockRef } from "@keyquorum/chain";
import type { ChainReader } from "../contracts/chainReader.ts";
import { knownVetoes } from "./vetoes.ts";

/**
 * Whether this keeper deals its share of a key into an epoch. PROTOCOL section 3.9, attack 50: whoever governs the registry could propose an epoch of
 * its own keepers, or a threshold that few colluders reach, so the old ones look for themselves.
 * VETOED: by the operator. VETO_UNREADABLE: nobody can tell. THRESHOLD_LOWERED: fewer colluders than the operator accepts could read the key there.
 * TOO_YOUNG: it was proposed less long ago than the configuration asks. UNKNOWN_EPOCH: the chain does not know it at that block.
 */
export type Consent =
  | { readonly kind: "given" }
  | { readonly kind: "withheld"; readonly reason: "VETOED" | "VETO_UNREADABLE" | "UNKNOWN_EPOCH" }
  | {
      readonly kind: "withheld";
      readonly reason: "THRESHOLD_LOWERED";
      /** t', and the least that this keeper deals into. */
      readonly threshold: number;
      readonly least: number;
    }
  | {
      readonly kind: "withheld";
      readonly reason: "TOO_YOUNG";
      /** Seconds of block time from when on it is old enough. */ readonly from: bigint;
    };

/** What is asked of an old member. Public. */
export type AskedReshare = {
  readonly epoch: number;
  /** t' of the new epoch, and t of the epoch that the key is in. */
  readonly threshold: number;
  readonly formerThreshold: number;
};

export type ConsentTo = (reshare: AskedReshare, head: BlockRef) => Promise<Consent>;

const GIVEN: Consent = { kind: "given" };

type Options = {
  readonly reader: ChainReader;
  readonly dataDirectory: string;
  readonly minDelaySeconds: number;
  /** The lowest t' that the operator accepts; undefined: the key's threshold so far. */
  readonly minThreshold?: number | undefined;
};

/** Looks anew at every call: a veto holds from the moment it is written. Throws ChainUnavailableError. */
export const createConsent =
  (options: Options): ConsentTo =>
  async ({ epoch, threshold, formerThreshold }, head) => {
    const { reader, dataDirectory, minDelaySeconds } = options;
    const vetoed = await knownVetoes(dataDirectory);
    if (vetoed === undefined) return { kind: "withheld", reason: "VETO_UNREADABLE" };
    if (vetoed.includes(epoch)) return { kind: "withheld", reason: "VETOED" };
    const least = options.minThreshold ?? formerThreshold;
    if (threshold < least) return { kind: "withheld", reason: "THRESHOLD_LOWERED", threshold, least };
    if (minDelaySeconds === 0) return GIVEN;
    const proposal = await reader.at(head.hash).proposalOf(epoch);
    if (proposal === undefined) return { kind: "withheld", reason: "UNKNOWN_EPOCH" };
    const from = proposal.proposedAt + BigInt(minDelaySeconds);
    return BigInt(head.timestamp) >= from ? GIVEN : { kind: "withheld", reason: "TOO_YOUNG", from };
  };

/** What an operator is told, once: why nothing is dealt, and what would change it. */
export const sentenceOf = (consent: Consent & { readonly kind: "withheld" }, epoch: number): string => {
  switch (consent.reason) {
    case "VETOED":
      return `Epoch ${epoch} is vetoed. To deal into it after all: keyquorum-keeper veto --epoch ${epoch} --lift`;
    case "VETO_UNREADABLE":
      return "The file of vetoes cannot be read. Correct or delete vetoed-epochs.json in the data directory.";
    case "THRESHOLD_LOWERED":
      return `In epoch ${epoch} the key's threshold would be ${consent.threshold}: so many keepers together would learn nothing, one more the key. To deal into it after all: set [epochs] minThreshold = ${consent.threshold} (it is ${consent.least}), and restart.`;
    case "TOO_YOUNG":
      return `Epoch ${epoch} was proposed less than [epochs] minDelaySeconds ago; it is old enough at block time ${consent.from}.`;
    case "UNKNOWN_EPOCH":
      return `The chain does not know epoch ${epoch} yet. Check the RPC if this stays.`;
    default:
      return consent satisfies never;
  }
};
