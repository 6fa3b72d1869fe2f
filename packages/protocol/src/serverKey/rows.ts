/** What one member keeps of an id, durably: at most one session, or the key. PROTOCOL section 8.1. */
import type { Point, SecretScalar } from "@keyquorum/threshold";
import type { Hash32 } from "@keyquorum/wire";
import type { ServerKeySession, ShownDealing, Signed, SignedComplaint } from "./messages.ts";
import type { RowName } from "./moved.ts";

/**
 * It has dealt; `dealing` is empty where others deal. `shown`: the commitments under which it showed its dealing, the only ones. May be given up at any
 * time: it has confirmed nothing.
 */
export type DealtRow = ServerKeySession & { readonly stage: "dealt"; readonly dealing: Uint8Array; readonly shown?: Hash32 };
/** It proved a dealing wrong: it never accepts. */
export type ComplainedRow = ServerKeySession & { readonly stage: "complained"; readonly echo: Hash32; readonly complaint: SignedComplaint };
/** The key as this member computed it. `commitments`: C_0 .. C_t of the key, C_0 is its public key. */
export type ComputedKey = { readonly commitments: readonly Point[]; readonly commitmentsHash: Hash32; readonly verifyingRoot: Hash32 };

/** It found every dealing right. From here on others may count on it: it gives the session up on another member's signed word only. */
export type AcceptedRow = ServerKeySession & {
  readonly stage: "accepted";
  readonly echo: Hash32;
  readonly dealings: readonly ShownDealing[];
  readonly key: ComputedKey;
};
/** It saw every verdict and confirmed: the key may exist. `aborts`: signed words of other members that it cannot. */
export type ConfirmedRow = Omit<AcceptedRow, "stage"> & {
  readonly stage: "confirmed";
  readonly verdicts: readonly Signed[];
  readonly aborts: readonly Signed[];
};
/** The key exists: every member confirmed it. */
export type GeneratedRow = ServerKeySession & {
  readonly stage: "generated";
  readonly key: ComputedKey;
  readonly confirmations: readonly Signed[];
};

export type ServerKeyRow = DealtRow | ComplainedRow | AcceptedRow | ConfirmedRow | GeneratedRow;
/** Every row but the key itself. */
export type UnfinishedRow = Exclude<ServerKeyRow, GeneratedRow>;

/** Whether others may count on this member's share: the session must be ended with them, not given up. */
export const isBound = (row: ServerKeyRow): row is AcceptedRow | ConfirmedRow => row.stage === "accepted" || row.stage === "confirmed";

/** Each change resolves when it is durable. A name (`rowNameOf`) has one row, and one share, which is kept beside it. */
export type ServerKeyRows = {
  readonly load: (name: RowName) => Promise<ServerKeyRow | undefined>;
  readonly save: (row: DealtRow | ComplainedRow | ConfirmedRow) => Promise<void>;
  /** Stores the share with the row. It stays the caller's, who erases it. */
  readonly accept: (row: AcceptedRow, share: SecretScalar) => Promise<void>;
  /** The share is of a key from now on. */
  readonly finish: (row: GeneratedRow) => Promise<void>;
  /** Of an unfinished row: its share is erased. */
  readonly delete: (name: RowName) => Promise<void>;
  readonly unfinished: () => Promise<readonly UnfinishedRow[]>;
};
