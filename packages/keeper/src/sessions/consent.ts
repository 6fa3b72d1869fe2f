import type { Heads } from "@keyquorum/chain";
import type { EpochProposal, Vault } from "@keyquorum/vault";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { Clock } from "../run/clock.ts";
import { knownVetoes } from "./vetoes.ts";

/**
 * Whether this keeper deals its share of a key into an epoch. PROTOCOL section 3.9, attack 50: whoever governs the registry could propose an epoch of
 * its own keepers, or a threshold that few colluders reach, so each old keeper checks independently.
 * VETOED: the operator vetoed the epoch. VETO_UNREADABLE: the file of vetoes cannot be read. THRESHOLD_LOWERED: fewer colluders than the operator
 * accepts could read the key there. EPOCH_NOT_FINAL: the epoch is not open in the final block, so a node may have invented it, or a reorganisation may
 * remove it. TOO_YOUNG: this keeper first saw the proposal more recently than the configuration requires, by its own clock; a node's time is ignored.
 */
export type Consent =
  | { readonly kind: "given" }
  | { readonly kind: "withheld"; readonly reason: "VETOED" | "VETO_UNREADABLE" | "EPOCH_NOT_FINAL" }
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
      /** By this keeper's clock, in ms since 1970. */
      readonly until: number;
    };

/** What is asked of an old member. Public. */
export type AskedReshare = {
  readonly epoch: number;
  /** t' of the new epoch, and t of the epoch that the key is in. */
  readonly threshold: number;
  readonly formerThreshold: number;
};

export type ConsentTo = (reshare: AskedReshare, heads: Heads) => Promise<Consent>;

const GIVEN: Consent = { kind: "given" };

type Options = {
  readonly vault: Pick<Vault, "epochProposals">;
  readonly reader: ChainReader;
  readonly clock: Pick<Clock, "now">;
  readonly dataDirectory: string;
  readonly minDelaySeconds: number;
  /** The lowest t' that the operator accepts; undefined: the key's threshold so far. */
  readonly minThreshold?: number | undefined;
};

/** Looks again at every call: a veto holds from the moment it is written. Throws ChainUnavailableError. */
export const createConsent =
  (options: Options): ConsentTo =>
  async ({ epoch, threshold, formerThreshold }, { final }) => {
    const { reader, dataDirectory } = options;
    const vetoed = await knownVetoes(dataDirectory);
    if (vetoed === undefined) return { kind: "withheld", reason: "VETO_UNREADABLE" };
    if (vetoed.includes(epoch)) return { kind: "withheld", reason: "VETOED" };
    const least = options.minThreshold ?? formerThreshold;
    if (threshold < least) return { kind: "withheld", reason: "THRESHOLD_LOWERED", threshold, least };
    const at = reader.at(final.hash);
    if ((await at.epochStatusOf(epoch)) !== "Open") return { kind: "withheld", reason: "EPOCH_NOT_FINAL" };
    const until = await dealsFrom(options, { epoch, candidates: await at.candidatesOf(epoch) });
    return options.clock.now() >= until ? GIVEN : { kind: "withheld", reason: "TOO_YOUNG", until };
  };

/**
 * From when on, in ms by this keeper's clock, the operator's delay lets it deal into a proposed epoch: counted from when it durably first saw exactly
 * these candidates proposed. A proposal of which nothing is stored, in a vault that was restored or is of an earlier version, is seen now. A clock that
 * was set back makes the wait longer, never shorter.
 */
export const dealsFrom = async (
  { vault, minDelaySeconds }: Pick<Options, "vault" | "minDelaySeconds">,
  proposal: EpochProposal,
): Promise<number> => (await vault.epochProposals.see(proposal)) + minDelaySeconds * 1000;

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
      return `This keeper saw epoch ${epoch} proposed less than [epochs] minDelaySeconds ago; it deals into it from ${new Date(consent.until).toISOString()} on, by its own clock.`;
    case "EPOCH_NOT_FINAL":
      return `Epoch ${epoch} is not open in the final block. It passes with finality; check the RPC if it stays.`;
    default:
      return consent satisfies never;
  }
};
