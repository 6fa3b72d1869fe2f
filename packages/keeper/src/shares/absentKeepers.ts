import type { Heads } from "@keyquorum/chain";
import type { Point } from "@keyquorum/threshold";
import type { ChainReader } from "../contracts/chainReader.ts";

/**
 * Bit `slot` is set for each keeper that is removed at the head or at the final block. Either suffices: a removal acts at once, and a node that
 * hides it at one of the two blocks hides nothing (D56). Throws ChainUnavailableError.
 */
export const removedAtEither = async (reader: ChainReader, { head, final }: Heads): Promise<bigint> => {
  const [atHead, atFinal] = await Promise.all([reader.at(head.hash).removedKeepers(), reader.at(final.hash).removedKeepers()]);
  return atHead | atFinal;
};

/**
 * Which of `slots` take no part in an epoch any more by the head or by the final block: removed, or with an account there that was revoked as
 * stolen. Throws ChainUnavailableError.
 */
export const absentAtEither = async (
  reader: ChainReader,
  { epoch, slots }: { readonly epoch: number; readonly slots: bigint },
  { head, final }: Heads,
): Promise<bigint> => {
  const [atHead, atFinal] = await Promise.all([reader.at(head.hash).absentIn(epoch, slots), reader.at(final.hash).absentIn(epoch, slots)]);
  return atHead | atFinal;
};

/** Whether an identity key was revoked as stolen by the head or by the final block. Throws ChainUnavailableError. */
export const isStolenAtEither = async (reader: ChainReader, identityKey: Point, { head, final }: Heads): Promise<boolean> => {
  const [atHead, atFinal] = await Promise.all([head, final].map(({ hash }) => reader.at(hash).identityRevokedAt(identityKey)));
  return atHead !== 0n || atFinal !== 0n;
};

export const hasSlot = (bitmap: bigint, slot: number): boolean => ((bitmap >> BigInt(slot)) & 1n) === 1n;
