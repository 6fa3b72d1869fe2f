import type { ExtensionServices, OwnStores } from "@keyquorum/keeper";
import {
  type AcceptedRow,
  type ComplainedRow,
  type ConfirmedRow,
  type DealtRow,
  type GeneratedRow,
  type MovedRowName,
  movedRowName,
  type RowName,
  rowNameOf,
  type ServerKeyProposal,
  type ServerKeyRow,
  type ServerKeyRows,
  type ShownDealing,
  type UnfinishedRow,
} from "@keyquorum/protocol";
import { encodePoint, INFINITY, type Point, parsePoint, SecretScalar } from "@keyquorum/threshold";
import { bytesToHex, type Hash32, hexToBytes, parseHash32 } from "@keyquorum/wire";
import { parseEvidence } from "../epochs/evidence.ts";
import { deleteOldShares } from "../importing/oldShareRows.ts";
import { leftEpochsOf, putLeftKey } from "../records/leftKeys.ts";
import { noteEpoch } from "../records/neededEpochs.ts";
import { findServerKey, putServerKey } from "../records/serverKeyRecords.ts";
import { encodeComplaint, encodeSession, encodeSigned, parseComplaint, parseSession, parseSigned } from "./bodies.ts";
import { deleteDealings, getDealings, putDealings } from "./dealingParts.ts";
import type { MemberQuota } from "./memberQuota.ts";
import { assertRoom, roomOf } from "./room.ts";

/**
 * Sessions under way, one row an id; their dealings and shares, in rows of their own; and of every finished one what tells others of it. All sealed. From
 * the verdict on a session takes no further row, and the bytes that it grows by are left free (`room.ts`): whoever is bound can end it.
 */
const TABLES = { sessions: "server-key-sessions", shares: "server-key-shares", results: "server-key-results" } as const;
const PAGE = 256;
/** A session that ends while it is read is looked up again. */
const LOOKS = 8;
const VERSION = 1;

export type BoardRows = ServerKeyRows & {
  /** Throws ACCESS_DENIED unless there is room for the whole session, RATE_LIMITED where the coordinator's of today are used up. */
  readonly requireRoom: (proposal: ServerKeyProposal) => Promise<void>;
};

/**
 * A keeper's sessions in its vault. Every change is one transaction. What begins a session throws ACCESS_DENIED where there is no room for it.
 * @param quota what is counted of accepted sessions. Default: nothing
 * @param now milliseconds: when a key is noted to have left an epoch. Default: at 0
 */
export const createBoardRows = (
  services: Pick<ExtensionServices, "table" | "held" | "transaction">,
  quota?: MemberQuota,
  now: () => number = () => 0,
): BoardRows => {
  const put = async (tx: OwnStores, row: UnfinishedRow): Promise<void> => {
    await noteEpoch(tx, row.proposal.epoch);
    await tx.table(TABLES.sessions).put(rowNameOf(row.proposal), encodeRow(row));
  };
  /** A key that came here by a move was generated elsewhere: its id is taken all the same. */
  const movedHere = async (id: Hash32): Promise<Uint8Array | undefined> => {
    const record = await findServerKey(services, hexToBytes(id, 32));
    record?.share.erase();
    const epochs = record === undefined ? await leftEpochsOf(services, hexToBytes(id, 32)) : [record.epoch];
    for (const epoch of epochs) {
      const bytes = await services.table(TABLES.results).get(movedRowName(id, epoch));
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  };
  const load = async (id: RowName): Promise<ServerKeyRow | undefined> => {
    for (let look = 0; look < LOOKS; look += 1) {
      const bytes =
        (await services.table(TABLES.sessions).get(id)) ??
        (await services.table(TABLES.results).get(id)) ??
        (isMovedName(id) ? undefined : await movedHere(id));
      if (bytes === undefined) return undefined;
      const text = parseText(bytes);
      const isBound = text.stage === "accepted" || text.stage === "confirmed";
      const dealings = isBound ? await getDealings(services, parseSession(text, "INVALID_REQUEST")) : [];
      if (dealings === undefined) continue;
      const row = rowOf(text, dealings);
      return row.proposal.serverKeyId === id || rowNameOf(row.proposal) === id ? row : undefined;
    }
    throw new RangeError("a session that was accepted has its dealings");
  };
  /** Erases a session: before what takes its place is put, so that nothing else need be free. */
  const remove = async (tx: OwnStores, id: RowName): Promise<void> => {
    await tx.table(TABLES.shares).delete(id);
    await deleteDealings(tx, id);
    await tx.table(TABLES.sessions).delete(id);
  };
  return {
    requireRoom: async (proposal) => {
      assertRoom(await services.held(), roomOf(proposal));
      // Who may import was let in by name, and of what is moved this keeper may have a share already: no day's quota is theirs.
      if (await isNewHere(services, proposal)) await quota?.require(services, proposal.coordinator);
    },
    load,
    save: (row) =>
      services.transaction(async (tx) => {
        if (row.stage === "dealt" && row.shown === undefined) assertRoom(await tx.held(), roomOf(row.proposal));
        await put(tx, row);
      }),
    accept: (row, share) =>
      services.transaction(async (tx) => {
        if (await isNewHere(tx, row.proposal)) await quota?.take(tx, row.proposal.coordinator);
        await put(tx, row);
        await putDealings(tx, row);
        const bytes = share.toBytes();
        await tx.table(TABLES.shares).put(rowNameOf(row.proposal), bytes);
        bytes.fill(0);
        assertRoom(await tx.held()); // others may have taken what was free
      }),
    finish: (row) =>
      services.transaction(async (tx) => {
        const id = rowNameOf(row.proposal);
        const share = await tx.table(TABLES.shares).get(id);
        if (share === undefined) throw new RangeError("a session that was accepted has its share");
        await remove(tx, id);
        // Late: the key went on from here, or from others, to a newer epoch meanwhile. The result is true, its share of no use.
        if (!(await isReplaced(tx, row.proposal))) {
          await leaveRecord(tx, row.proposal, now());
          await putRecord(tx, row, share);
        }
        share.fill(0);
        if (row.proposal.imported !== undefined) await deleteOldShares(tx, row.proposal.serverKeyId);
        await tx.table(TABLES.results).put(id, encodeRow(row));
      }),
    delete: (id) => services.transaction((tx) => remove(tx, id)),
    unfinished: async () => {
      const table = services.table(TABLES.sessions);
      const found: UnfinishedRow[] = [];
      let page = await table.list({ limit: PAGE });
      while (page.length > 0) {
        for (const key of page) {
          const row = await load(isMovedName(key) ? key : parseHash32(key));
          if (row !== undefined && row.stage !== "generated") found.push(row);
        }
        const after = page.at(-1);
        page = after === undefined || page.length < PAGE ? [] : await table.list({ after, limit: PAGE });
      }
      return found;
    },
  };
};

const isMovedName = (name: string): name is MovedRowName => name.startsWith("moved-");

/** Whether it would be one key more for this keeper. */
const isNewHere = async (tables: Pick<OwnStores, "table">, { serverKeyId, imported, moved }: ServerKeyProposal): Promise<boolean> => {
  if (moved === undefined) return imported === undefined;
  const id = hexToBytes(serverKeyId, 32);
  const record = await findServerKey(tables, id);
  record?.share.erase();
  return record === undefined && (await leftEpochsOf(tables, id)).length === 0;
};

/** Whether there is a share of the key in the session's epoch, or a later one. */
const isReplaced = async (tx: OwnStores, { serverKeyId, epoch }: ServerKeyProposal): Promise<boolean> => {
  const record = await findServerKey(tx, hexToBytes(serverKeyId, 32));
  record?.share.erase();
  return record !== undefined && record.epoch >= epoch;
};

/** Takes what this keeper has of a moved key out of use: it stays readable until it is erased. */
const leaveRecord = async (tx: OwnStores, { serverKeyId, epoch, members, moved }: ServerKeyProposal, at: number): Promise<void> => {
  const before = moved === undefined ? undefined : await findServerKey(tx, hexToBytes(serverKeyId, 32));
  if (before === undefined) return;
  try {
    await putLeftKey(tx, before, { toEpoch: epoch, members, at });
  } finally {
    before.share.erase();
  }
};

const putRecord = async (tx: OwnStores, { proposal, key, confirmations }: GeneratedRow, bytes: Uint8Array): Promise<void> => {
  const share = SecretScalar.fromBytes(bytes);
  try {
    const { author, threshold, epoch, members, imported, moved } = proposal;
    const documentKey = moved === undefined ? undefined : parseEvidence(moved.about).documentKey;
    await putServerKey(tx, {
      ...{ serverKeyId: hexToBytes(proposal.serverKeyId, 32), author, threshold, epoch, members: [...members] },
      ...{ commitments: key.commitments, verifyingRoot: hexToBytes(key.verifyingRoot, 32), confirmations, share },
      // Its certificate is made as every one, of what members confirm when they are asked: all of them hold this pair.
      ...(imported?.documentKey === undefined ? {} : { documentKey: { ...imported.documentKey, certificate: [] } }),
      ...(documentKey === undefined ? {} : { documentKey }),
    });
  } finally {
    share.erase();
  }
};

// The text of a row. The vault vouches for its bytes: what is read was written here.

type SessionText = ReturnType<typeof encodeSession>;
type KeyText = { readonly commitments: readonly string[]; readonly commitmentsHash: string; readonly verifyingRoot: string };
type SignedText = ReturnType<typeof encodeSigned>;
type AcceptedText = SessionText & { readonly echo: string; readonly dealings: readonly SignedText[]; readonly key: KeyText };
type RowText =
  | (SessionText & { readonly stage: "dealt"; readonly dealing: string; readonly shown?: string })
  | (SessionText & { readonly stage: "complained"; readonly echo: string; readonly complaint: ReturnType<typeof encodeComplaint> })
  | (AcceptedText & { readonly stage: "accepted" })
  | (AcceptedText & { readonly stage: "confirmed"; readonly verdicts: readonly SignedText[]; readonly aborts: readonly SignedText[] })
  | (SessionText & { readonly stage: "generated"; readonly key: KeyText; readonly confirmations: readonly SignedText[] });

/** Infinity, which a key's later commitments may be, has no other encoding. */
const INFINITY_TEXT = "0x00";
const pointText = (point: Point): string => (point.is0() ? INFINITY_TEXT : bytesToHex(encodePoint(point)));
const pointOf = (text: string): Point => (text === INFINITY_TEXT ? INFINITY : parsePoint(hexToBytes(text, 33)));

const keyText = ({ commitments, ...hashes }: GeneratedRow["key"]): KeyText => ({ commitments: commitments.map(pointText), ...hashes });
const keyOf = ({ commitments, commitmentsHash, verifyingRoot }: KeyText): GeneratedRow["key"] => ({
  commitments: commitments.map(pointOf),
  commitmentsHash: parseHash32(commitmentsHash),
  verifyingRoot: parseHash32(verifyingRoot),
});

const acceptedText = (row: AcceptedRow | ConfirmedRow): AcceptedText => ({
  ...{ ...encodeSession(row), echo: row.echo, dealings: row.dealings.map(encodeSigned), key: keyText(row.key) },
});

const textOf = (row: ServerKeyRow): RowText => {
  switch (row.stage) {
    case "dealt": {
      const { stage, dealing, shown } = row;
      return { stage, ...encodeSession(row), dealing: bytesToHex(dealing), ...(shown === undefined ? {} : { shown }) };
    }
    case "complained":
      return { stage: row.stage, ...encodeSession(row), echo: row.echo, complaint: encodeComplaint(row.complaint) };
    case "accepted":
      return { stage: row.stage, ...acceptedText(row) };
    case "confirmed":
      return { stage: row.stage, ...acceptedText(row), verdicts: row.verdicts.map(encodeSigned), aborts: row.aborts.map(encodeSigned) };
    case "generated":
      return { stage: row.stage, ...encodeSession(row), key: keyText(row.key), confirmations: row.confirmations.map(encodeSigned) };
    default:
      return row satisfies never;
  }
};

const shownOf = (signed: readonly SignedText[], dealings: readonly Uint8Array[]): readonly ShownDealing[] =>
  dealings.flatMap((dealing, i) => {
    const by = signed[i];
    return by === undefined ? [] : [{ ...parseSigned(by), dealing }];
  });

/** @param dealings where it is bound: of the members, in their order */
const rowOf = (text: RowText, dealings: readonly Uint8Array[]): ServerKeyRow => {
  const session = parseSession(text, "INVALID_REQUEST");
  switch (text.stage) {
    case "dealt": {
      const dealt: DealtRow = { stage: text.stage, ...session, dealing: hexToBytes(text.dealing) };
      return text.shown === undefined ? dealt : { ...dealt, shown: parseHash32(text.shown) };
    }
    case "complained": {
      const complained: ComplainedRow = {
        ...{ stage: text.stage, ...session, echo: parseHash32(text.echo) },
        complaint: parseComplaint(text.complaint, "INVALID_REQUEST"),
      };
      return complained;
    }
    case "accepted":
      return {
        stage: text.stage,
        ...session,
        echo: parseHash32(text.echo),
        dealings: shownOf(text.dealings, dealings),
        key: keyOf(text.key),
      };
    case "confirmed":
      return {
        ...{
          stage: text.stage,
          ...session,
          echo: parseHash32(text.echo),
          dealings: shownOf(text.dealings, dealings),
          key: keyOf(text.key),
        },
        ...{ verdicts: text.verdicts.map(parseSigned), aborts: text.aborts.map(parseSigned) },
      };
    case "generated":
      return { stage: text.stage, ...session, key: keyOf(text.key), confirmations: text.confirmations.map(parseSigned) };
    default:
      return text satisfies never;
  }
};

const encodeRow = (row: ServerKeyRow): Uint8Array => new TextEncoder().encode(JSON.stringify({ version: VERSION, ...textOf(row) }));
/** Reads what `encodeRow` wrote. */
const parseText = (bytes: Uint8Array): RowText => JSON.parse(new TextDecoder().decode(bytes)) as RowText; // safe: it was sealed by this keeper
