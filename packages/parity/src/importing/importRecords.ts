import type { SeenKeeper, SeenKeepers } from "@keyquorum/keeper";
import { assertServerKeyThreshold, type SecretScalar, ThresholdError } from "@keyquorum/threshold";
import { type Hash32, hexToBytes, KeyquorumError } from "@keyquorum/wire";
import { signRaw } from "../formats/rawSignature.ts";
import { digestOf } from "../retrieval/statements.ts";
import { dealOldShare } from "./dealOldShare.ts";
import { IMPORT_MESSAGES, type ImportStatus, MOST_STATUSES } from "./importMessages.ts";
import { isSeenWrong, type OldRecord, type OldVersion, placeOf } from "./oldRecord.ts";
import { statusStatement } from "./oldShare.ts";

/** Keys under way at once: each is one request to each keeper. */
const AT_ONCE = 4;

/** What became of one record. `problem`: one sentence, where something stands in the way. */
export type ImportedRecord = {
  readonly serverKeyId: Hash32;
  readonly threshold: number;
  readonly hasDocumentKey: boolean;
  /** "imported": every keeper has the key. "delivered": every keeper holds what this node has of it. */
  readonly state: "imported" | "delivered" | "missing" | "failed";
  /** Keepers that have the key, that hold this node's share, and that there are. */
  readonly keepers: { readonly imported: number; readonly holding: number; readonly all: number };
  /** How many records say the same, of how many that must; as the keeper that knows most says. */
  readonly agreeing: number;
  readonly needed: number;
  readonly problem?: string;
};

export type ImportParts = {
  readonly keepers: SeenKeepers;
  readonly records: readonly OldRecord[];
  /** This node's id, 128 digits; undefined where a record has one node only. */
  readonly node: string | undefined;
  /** The account that keepers let import. Secret. */
  readonly importer: SecretScalar;
  /** Also older sharings than a record's newest. */
  readonly allVersions: boolean;
  /** Looks, and deals nothing. */
  readonly isDry: boolean;
  readonly onProgress?: (done: number, all: number) => void;
  /** Ends it between two keys: what was delivered stays, and the next run goes on. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

type Seen = ReadonlyMap<number, ReadonlyMap<Hash32, ImportStatus> | KeyquorumError>;
type ToDeal = { readonly version: OldVersion; readonly place: bigint };

/**
 * Delivers what one old node has of its keys to the keepers of now: what a keeper has already is not sent again, so it may be run as often as one likes.
 * Throws ChainUnavailableError, and KeyquorumError where no keeper answers.
 */
export const importRecords = async (parts: ImportParts): Promise<readonly ImportedRecord[]> => {
  const { keepers, records, isDry, onProgress, signal } = parts;
  const { epoch, members } = await keepers.present();
  const before = await lookAt(parts, members);
  const receivers = { domain: keepers.domain, epoch, members: members.map(({ slot, encryptionKey }) => ({ slot, encryptionKey })) };
  const problems = new Map<Hash32, string>();
  const dealt = new Map<Hash32, readonly ToDeal[]>();
  for (const record of records) {
    const found = toDealOf(parts, record, members.length);
    if (typeof found === "string") problems.set(record.serverKeyId, found);
    else dealt.set(record.serverKeyId, found);
  }

  const deliver = async (record: OldRecord): Promise<void> => {
    for (const { version, place } of dealt.get(record.serverKeyId) ?? []) {
      const lacking = members.filter(({ slot }) => isLacking(before.get(slot), record, { version, place }));
      if (lacking.length === 0) continue;
      const { serverKeyId, author, threshold, publicKey, documentKey } = record;
      const claim = {
        serverKeyId,
        author,
        threshold,
        publicKey,
        version: version.hash,
        ...(documentKey === undefined ? {} : { documentKey }),
      };
      const share = dealOldShare(receivers, { claim, place, share: version.share }, parts.importer);
      await Promise.all(
        lacking.map(({ slot, endpoint }) =>
          keepers.ask(IMPORT_MESSAGES.share, endpoint, share).catch((error: unknown) => {
            if (!(error instanceof KeyquorumError)) throw error;
            problems.set(serverKeyId, `keeper ${slot}: ${error.message}`);
          }),
        ),
      );
    }
  };

  let done = 0;
  if (!isDry) {
    // Every node in one order: what keepers wait for at once is limited, and keys that all of them brought make room.
    const queue = records.toSorted((a, b) => (a.serverKeyId < b.serverKeyId ? -1 : 1));
    const worker = async (): Promise<void> => {
      for (let record = queue.shift(); record !== undefined && !signal.aborted; record = queue.shift()) {
        await deliver(record);
        done += 1;
        onProgress?.(done, records.length);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }
  const after = isDry || signal.aborted ? before : await lookAt(parts, members);
  return records.map((record) => outcomeOf(record, members, after, dealt.get(record.serverKeyId) ?? [], problems.get(record.serverKeyId)));
};

/** What each keeper has of these keys. Throws where none answers: the first one's error. */
const lookAt = async (parts: ImportParts, members: readonly SeenKeeper[]): Promise<Seen> => {
  const { keepers, records, importer, now = Date.now } = parts;
  const seen = new Map<number, ReadonlyMap<Hash32, ImportStatus> | KeyquorumError>();
  await Promise.all(
    members.map(async ({ slot, endpoint }) => {
      const keys = new Map<Hash32, ImportStatus>();
      try {
        for (let first = 0; first < records.length; first += MOST_STATUSES) {
          const serverKeyIds = records.slice(first, first + MOST_STATUSES).map(({ serverKeyId }) => serverKeyId);
          const nonce = crypto.getRandomValues(new Uint8Array(32));
          const asked = { serverKeyIds, nonce, seconds: Math.floor(now() / 1_000) };
          const signature = signRaw(hexToBytes(digestOf(keepers.domain, statusStatement(asked)), 32), importer);
          for (const key of await keepers.ask(IMPORT_MESSAGES.status, endpoint, { ...asked, signature })) keys.set(key.serverKeyId, key);
        }
        seen.set(slot, keys);
      } catch (error) {
        if (!(error instanceof KeyquorumError)) throw error;
        seen.set(slot, error);
      }
    }),
  );
  const errors = [...seen.values()].filter((one) => one instanceof KeyquorumError);
  if (errors.length === members.length && errors[0] !== undefined) throw errors[0];
  return seen;
};

const toDealOf = ({ node, allVersions }: ImportParts, record: OldRecord, members: number): readonly ToDeal[] | string => {
  try {
    assertServerKeyThreshold(record.threshold, members);
  } catch (error) {
    if (!(error instanceof ThresholdError)) throw error;
    return `its threshold is ${record.threshold}, and there are ${members} keepers: t+1 are needed`;
  }
  const versions = allVersions ? record.versions : record.versions.slice(-1);
  const found: ToDeal[] = [];
  for (const version of versions) {
    const place = placeOf(version, node);
    if (place === undefined)
      return node === undefined ? "it is of several nodes: say which one is this with --node" : "this node has no place in it";
    if (isSeenWrong(record, version)) return "its share is not the key's: with t = 0 it must be";
    found.push({ version, place });
  }
  return found;
};

const isLacking = (
  seen: ReadonlyMap<Hash32, ImportStatus> | KeyquorumError | undefined,
  { serverKeyId }: OldRecord,
  { version, place }: ToDeal,
): boolean => {
  if (seen === undefined || seen instanceof KeyquorumError) return true;
  const status = seen.get(serverKeyId);
  if (status === undefined || status.state === "generated" || status.state === "underWay") return false;
  return !status.own.some((one) => one.place === place && one.version === version.hash);
};

const outcomeOf = (
  record: OldRecord,
  members: readonly SeenKeeper[],
  seen: Seen,
  dealt: readonly ToDeal[],
  failure: string | undefined,
): ImportedRecord => {
  const { serverKeyId, threshold, documentKey } = record;
  const statuses = members.flatMap(({ slot }) => {
    const one = seen.get(slot);
    return one === undefined || one instanceof KeyquorumError ? [] : (one.get(serverKeyId) ?? []);
  });
  const imported = statuses.filter(({ state }) => state === "generated").length;
  const holding = members.filter(({ slot }) => dealt.length > 0 && dealt.every((one) => !isLacking(seen.get(slot), record, one))).length;
  const most = statuses.toSorted((a, b) => b.agreeing - a.agreeing)[0];
  const problem = failure ?? problemOf(statuses) ?? silenceOf(members, seen);
  const isDelivered = members.length > 0 && holding === members.length;
  const state = imported === members.length ? "imported" : failure !== undefined ? "failed" : isDelivered ? "delivered" : "missing";
  return {
    ...{ serverKeyId, threshold, hasDocumentKey: documentKey !== undefined, state },
    ...{ keepers: { imported, holding, all: members.length }, agreeing: most?.agreeing ?? 0, needed: most?.needed ?? 0 },
    ...(problem === undefined || state === "imported" ? {} : { problem }),
  };
};

const problemOf = (statuses: readonly ImportStatus[]): string | undefined => {
  const conflict = statuses.find(({ state }) => state === "conflict");
  if (conflict !== undefined) {
    const what = conflict.about === "documentKey" ? "document key" : "author, threshold or public key";
    return `records disagree about its ${what} (of ${conflict.importers.join(", ")})`;
  }
  if (statuses.some(({ state }) => state === "wrong"))
    return "the shares that are there do not add up to it: one at least is wrong; bring further ones";
  const wrong = new Set(statuses.flatMap((one) => one.wrong));
  return wrong.size > 0 ? `the share of ${[...wrong].join(", ")} is wrong; it is imported without` : undefined;
};

const silenceOf = (members: readonly SeenKeeper[], seen: Seen): string | undefined => {
  for (const { slot } of members) {
    const one = seen.get(slot);
    if (one instanceof KeyquorumError) return `keeper ${slot}: ${one.message}`;
  }
  return undefined;
};

/** Whether nothing is left for this node to do. */
export const isDone = ({ state }: ImportedRecord): boolean => state === "imported" || state === "delivered";
