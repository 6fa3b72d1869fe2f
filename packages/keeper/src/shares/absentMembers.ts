import type { BlockRef, Heads } from "@keyquorum/chain";
import { bitmapOf } from "@keyquorum/wire";
import type { ChainReader, CommitteeMember } from "../contracts/chainReader.ts";
import { absentAtEither } from "./absentKeepers.ts";
import type { Committees } from "./committees.ts";

type Options = { readonly reader: ChainReader; readonly committees: Pick<Committees, "of"> };

/** Epochs times blocks of which revoked identity keys are remembered: head and final block of a few epochs, and of a few looks. */
const MOST_REMEMBERED = 64;

/**
 * Bit `slot` is set for each member that takes no part in an epoch any more, by the head or by the final block (D56): removed, or with an account or
 * an identity key there that was revoked as stolen. Identity keys are asked for once for each block: what a block has never changes. Throws
 * ChainUnavailableError.
 */
export const createAbsentMembers = ({ reader, committees }: Options) => {
  const stolen = new Map<string, Promise<bigint>>();

  const askStolen = async (members: readonly CommitteeMember[], { hash }: BlockRef): Promise<bigint> => {
    const at = reader.at(hash);
    const revoked = await Promise.all(members.map(({ identityKey }) => at.identityRevokedAt(identityKey)));
    return bitmapOf(members.filter((_, index) => revoked[index] !== 0n).map(({ slot }) => slot));
  };

  const stolenAt = (epoch: number, members: readonly CommitteeMember[], block: BlockRef): Promise<bigint> => {
    const name = `${epoch} ${block.hash}`;
    const known = stolen.get(name);
    if (known !== undefined) return known;
    const asked = askStolen(members, block);
    stolen.set(name, asked);
    asked.catch(() => stolen.delete(name)); // a chain that did not answer said nothing
    const [oldest] = stolen.keys();
    if (stolen.size > MOST_REMEMBERED && oldest !== undefined) stolen.delete(oldest);
    return asked;
  };

  return async (epoch: number, heads: Heads): Promise<bigint> => {
    const members = await committees.of(epoch, heads);
    if (members.length === 0) return 0n;
    const slots = bitmapOf(members.map(({ slot }) => slot));
    const [absent, ...ofStolen] = await Promise.all([
      absentAtEither(reader, { epoch, slots }, heads),
      ...[heads.head, heads.final].map((block) => stolenAt(epoch, members, block)),
    ]);
    return ofStolen.reduce((all, some) => all | some, absent);
  };
};
