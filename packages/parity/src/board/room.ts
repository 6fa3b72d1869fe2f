import type { HeldUsage } from "@keyquorum/keeper";
import type { ServerKeyProposal } from "@keyquorum/protocol";
import { dealingLength } from "@keyquorum/threshold";
import { KeyquorumError } from "@keyquorum/wire";
import { RAW_SIGNATURE_BYTES } from "../formats/rawSignature.ts";

/** Of the dealings of a session, in one row: a sealed value has at most 65,536. */
export const PART_BYTES = 65_000;
/** Rows that are no server key's. */
const SPARE_ROWS = 100;
/** Of the bytes that may be held. The others are for what keys and sessions grow by: verdicts, words against a session, document keys. */
const FOR_KEYS = 2 / 3;
/** Told to whoever asks, beside ACCESS_DENIED. */
export const FULL = "SERVER_KEYS_FULL";

type Shape = Pick<ServerKeyProposal, "threshold" | "members" | "imported" | "moved"> & Partial<Pick<ServerKeyProposal, "authorSignature">>;
type Room = { readonly rows: number; readonly bytes: number };

/** What a session takes at most until its members have accepted; with a key it takes two rows, and fewer bytes. Bytes: not below what it is. */
export const roomOf = ({ threshold, members: { length }, imported, moved, authorSignature }: Shape): Room => {
  if (moved !== undefined) return roomOfMove({ threshold, members: length, dealers: moved.dealers.length, about: moved.about.length });
  const dealings = length * dealingLength({ threshold, members: length });
  const parts = Math.ceil(dealings / PART_BYTES);
  const ofImport = imported === undefined ? 0 : 400 + 80 * (threshold + 1);
  const ofWallet = 2 * Math.max(0, (authorSignature?.length ?? 0) - RAW_SIGNATURE_BYTES);
  return {
    rows: 2 + parts,
    bytes: dealings + parts * 32 + 200 * length + 80 * (threshold + 1) + 1_200 + ofImport + ofWallet,
  };
};

/** Of a move, which stands beside what the keeper has of the key already. Its texts have two digits for each byte. */
const roomOfMove = (shape: {
  readonly threshold: number;
  readonly members: number;
  readonly dealers: number;
  readonly about: number;
}): Room => {
  const dealings = shape.dealers * dealingLength(shape);
  const parts = Math.ceil(dealings / PART_BYTES);
  return {
    rows: 4 + parts,
    bytes: dealings + parts * 32 + 2 * (2 * shape.about + 400 * shape.members) + 80 * (shape.threshold + 1) + 2_400,
  };
};

/** What server keys, and what they come from, may take of a quota. */
export const roomForKeys = ({ rows, bytes }: HeldUsage["quota"]): Room => ({ rows: rows - SPARE_ROWS, bytes: bytes * FOR_KEYS });

/** How full it is, for server keys: 1 is where none is generated any more. */
export const shareUsed = ({ rows, bytes, quota }: HeldUsage): number => {
  const all = roomForKeys(quota);
  return Math.max(rows / all.rows, bytes / all.bytes);
};

/** Throws ACCESS_DENIED where more than `held` and `more` is not for server keys. */
export const assertRoom = (held: HeldUsage, more: Room = { rows: 0, bytes: 0 }): void => {
  if (shareUsed({ ...held, rows: held.rows + more.rows, bytes: held.bytes + more.bytes }) > 1)
    throw new KeyquorumError("ACCESS_DENIED", "This keeper has no room for another server key, until its operator makes some.", {
      details: { reason: FULL },
    });
};
