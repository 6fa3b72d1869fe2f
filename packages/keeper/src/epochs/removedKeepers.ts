import type { Heads } from "@keyquorum/chain";
import type { ChainReader } from "../contracts/chainReader.ts";

/**
 * Bit `slot` is set for each keeper that is removed at the head or at the final block. Either suffices: a removal acts at once, and a node that
 * hides it at one of the two blocks hides nothing (D56). Throws ChainUnavailableError.
 */
export const removedAtEither = async (reader: ChainReader, { head, final }: Heads): Promise<bigint> => {
  const [atHead, atFinal] = await Promise.all([reader.at(head.hash).removedKeepers(), reader.at(final.hash).removedKeepers()]);
  return atHead | atFinal;
};

export const hasSlot = (bitmap: bigint, slot: number): boolean => ((bitmap >> BigInt(slot)) & 1n) === 1n;
