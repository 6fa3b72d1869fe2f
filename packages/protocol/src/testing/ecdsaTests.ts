/** What several tests of ECDSA signatures share. */
import { KeyquorumError } from "@keyquorum/wire";
import type { EcdsaFault } from "../signing/ecdsa/run.ts";
import { maliciousEcdsa } from "./ecdsaMalice.ts";
import type { EcdsaTrial } from "./ecdsaTrial.ts";

/** The code of a refusal, or "nothing". */
export const codeOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
    return "nothing";
  } catch (error) {
    if (error instanceof KeyquorumError) return error.code;
    throw error;
  }
};
/** Round and check of SIGNING_ABORTED. */
export const failedCheck = async (work: () => Promise<unknown>): Promise<unknown> => {
  try {
    await work();
    return "nothing";
  } catch (error) {
    return error instanceof KeyquorumError && error.code === "SIGNING_ABORTED" ? [error.details.round, error.details.check] : error;
  }
};
export const lie = (trial: EcdsaTrial, slot: number, malice: string): void => {
  const node = trial.nodeAt(slot);
  node.answers = maliciousEcdsa(trial, node, malice);
};
export const slotsNamed = (faults: readonly EcdsaFault[]): number[] => [...new Set(faults.map(({ slot }) => slot))].sort();
/** All pairs of `slots`. */
export const pairsOf = (slots: readonly number[]): (readonly [number, number])[] =>
  slots.flatMap((one, i) => slots.slice(i + 1).map((other) => [one, other] as const));
