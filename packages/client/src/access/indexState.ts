import { type DocumentId, type Hash32, KeyquorumError, parseDocumentId, parseHash32 } from "@keyquorum/wire";

/** A final block up to which events were read. */
export type Checkpoint = { readonly number: number; readonly hash: Hash32 };

/** Of which account and deployment an index is. */
export type IndexOf = {
  readonly chainId: string;
  readonly accessGrants: string;
  readonly user: string;
  readonly otherPermissions: boolean;
};

/** An index as it is kept: `keyquorum-index` version 1. JSON data; public. */
export type DocumentIndexState = IndexOf & {
  readonly format: "keyquorum-index";
  readonly version: 1;
  /** By ascending number. */
  readonly checkpoints: readonly Checkpoint[];
  /** Documents with the block of their newest event. */
  readonly documents: readonly (readonly [DocumentId, number])[];
};

/**
 * Reads a kept index. A wrong one cannot permit anything, but it could hide documents: another account's, deployment's or version's is refused.
 * Throws INVALID_VALUE with `details.field`.
 */
export const parseIndexState = (value: unknown, of: IndexOf): Pick<DocumentIndexState, "checkpoints" | "documents"> => {
  const state = (typeof value === "object" && value !== null ? value : {}) as Readonly<Record<string, unknown>>; // fields are read as unknown
  const expected: Readonly<Record<string, unknown>> = { format: "keyquorum-index", version: 1, ...of };
  for (const [field, wanted] of Object.entries(expected)) if (state[field] !== wanted) throw refusal(field);
  return {
    checkpoints: listOf(state.checkpoints, "checkpoints").map((checkpoint) => {
      const { number, hash } = (checkpoint ?? {}) as Readonly<Record<string, unknown>>;
      return { number: blockNumber(number, "checkpoints"), hash: parseHash32(hash) };
    }),
    documents: listOf(state.documents, "documents").map((entry) => {
      const [document, block] = listOf(entry, "documents");
      return [parseDocumentId(document), blockNumber(block, "documents")] as const;
    }),
  };
};

const listOf = (value: unknown, field: string): readonly unknown[] => {
  if (!Array.isArray(value)) throw refusal(field);
  return value;
};

const blockNumber = (value: unknown, field: string): number => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw refusal(field);
  return value;
};

const refusal = (field: string): KeyquorumError =>
  new KeyquorumError("INVALID_VALUE", `The field ${field} is not that of a kept index for this account and deployment.`, {
    details: { field },
  });
