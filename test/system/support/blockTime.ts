import { blockMillisecondsFor, type Patience } from "@keyquorum/cluster";

/** The time between blocks for a chain that starts now. KEYQUORUM_BLOCK_MILLISECONDS sets it. */
export const blockMilliseconds = (
  patience: Patience,
  { KEYQUORUM_BLOCK_MILLISECONDS: given }: { readonly KEYQUORUM_BLOCK_MILLISECONDS?: string | undefined } = process.env,
): number => (given !== undefined && given !== "" ? Number(given) : blockMillisecondsFor(patience));
