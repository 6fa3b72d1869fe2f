import type { OwnStores } from "@keyquorum/keeper";
import { type AcceptedRow, type RowName, rowNameOf, type ServerKeyProposal } from "@keyquorum/protocol";
import { dealingLength } from "@keyquorum/threshold";
import { hexToBytes, type SessionId } from "@keyquorum/wire";
import { PART_BYTES } from "./room.ts";

/** The dealings of a session that was accepted, one after the other: too long for one row where there are many members. Each part: session, then bytes. */
const TABLE = "server-key-dealings";
const SID_BYTES = 32;
/** Of one session: seven for 64 members with t = 63. */
const MOST_PARTS = 16;

type Tables = Pick<OwnStores, "table">;
/** Whose dealings: all that is needed to find them, and to know them. */
type Owner = {
  readonly proposal: Pick<ServerKeyProposal, "serverKeyId" | "epoch" | "threshold" | "members" | "moved">;
  readonly sid: SessionId;
};

const lengthOf = ({ proposal: { threshold, members } }: Owner): number => dealingLength({ threshold, members: members.length });
const keyOf = (id: RowName, part: number): string => `${id}-${part.toString().padStart(2, "0")}`;

/** They never change while their session is there. */
export const putDealings = async (tx: Tables, row: Pick<AcceptedRow, "proposal" | "sid" | "dealings">): Promise<void> => {
  const all = Buffer.concat(row.dealings.map(({ dealing }) => dealing));
  const sid = hexToBytes(row.sid, SID_BYTES);
  for (let part = 0; part * PART_BYTES < all.length; part += 1)
    await tx
      .table(TABLE)
      .put(keyOf(rowNameOf(row.proposal), part), Buffer.concat([sid, all.subarray(part * PART_BYTES, (part + 1) * PART_BYTES)]));
};

/** In the order of who deals. Undefined: they are of another session of the id, or gone: it has ended meanwhile. */
export const getDealings = async (tables: Tables, owner: Owner): Promise<readonly Uint8Array[] | undefined> => {
  const { members, moved } = owner.proposal;
  const name = rowNameOf(owner.proposal);
  const count = moved === undefined ? members.length : moved.dealers.length;
  const [length, sid] = [lengthOf(owner), hexToBytes(owner.sid, SID_BYTES)];
  const read: Uint8Array[] = [];
  for (let part = 0; part * PART_BYTES < length * count; part += 1) {
    const bytes = await tables.table(TABLE).get(keyOf(name, part));
    if (bytes === undefined || Buffer.compare(bytes.subarray(0, SID_BYTES), sid) !== 0) return undefined;
    read.push(bytes.subarray(SID_BYTES));
  }
  const all = Buffer.concat(read);
  return Array.from({ length: count }, (_, i) => new Uint8Array(all.subarray(i * length, (i + 1) * length)));
};

export const deleteDealings = async (tx: Tables, id: RowName): Promise<void> => {
  const table = tx.table(TABLE);
  for (const key of await table.list({ after: id, limit: MOST_PARTS })) if (key.startsWith(`${id}-`)) await table.delete(key);
};
