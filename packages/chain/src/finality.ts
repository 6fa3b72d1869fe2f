/**
 * When a block counts as final. "finalized": when the node says so by that tag. "confirmations": when so many blocks are on top of it; 0 makes the
 * head final and is for local chains only.
 */
export type Finality = { readonly kind: "finalized" } | { readonly kind: "confirmations"; readonly blocks: number };

/** Reads "finalized" or a number of confirmations, as configuration gives it. Throws RangeError. */
export const parseFinality = (value: unknown): Finality => {
  if (value === "finalized") return { kind: "finalized" };
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0))
    return { kind: "confirmations", blocks: value };
  throw new RangeError('Finality must be "finalized" or a whole number of confirmations from 0.');
};
