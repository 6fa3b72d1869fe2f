import { blockByNumber } from "../blocks.ts";
import type { Finality } from "../finality.ts";
import { type Heads, readHeads } from "../heads.ts";
import { broadcast, isKnown } from "./broadcast.ts";
import { SenderError } from "./errors.ts";
import { bumpedFees, marketFees } from "./fees.ts";
import { finalRecord, type Ledger } from "./ledger.ts";
import { type Preparing, prepare, signAttempt, transactionCount } from "./prepare.ts";
import { receiptOf } from "./receipts.ts";
import type { SenderAttempt, SenderReceipt, SenderRecord } from "./types.ts";

/** Something that delays a transaction, for logs. The sender continues by itself. */
export type SenderProblem = {
  readonly id: string | undefined;
  readonly kind: "REFUSED" | "UNAVAILABLE" | "REORGED" | "DISPLACED" | "FEE_LIMIT" | "WITHDRAWN";
  readonly error?: unknown;
};

/** Whether a transaction may still be sent. "later": nobody can say now; it is neither sent nor given up. */
export type StillWanted = "yes" | "no" | "later";

export type Watching = Preparing & {
  readonly ledger: Ledger;
  readonly finality: Finality;
  /** Blocks without being mined after which a transaction is replaced by one that pays more. */
  readonly bumpAfterBlocks: number;
  /** Blocks on top of a transaction before it is let go, however early finality says so. */
  readonly settledAfterBlocks: number;
  readonly isStillWanted: (record: SenderRecord) => Promise<StillWanted>;
  readonly onProblem: (problem: SenderProblem) => void;
};

/** What a sender remembers between looks, and may forget. `spentSince`: the block at which a record's nonce was first seen used without a receipt. */
export type WatchMemory = { readonly spentSince: Map<string, number>; head: string | undefined };

/** Blocks that a spent nonce without a receipt is waited for: the node may show one before the other. */
const DISPLACED_AFTER_BLOCKS = 3;

/**
 * Looks once at every live record: finds receipts, notices reorgs, sends again what was dropped, replaces what waits too long, and marks what is final.
 * Answers with the records whose nonce was used by a foreign transaction: they need another.
 */
export const watchOnce = async (watching: Watching, memory: WatchMemory): Promise<readonly SenderRecord[]> => {
  const { rpc, ledger, finality, options } = watching;
  const heads = await readHeads(rpc, finality, options);
  const seen = `${heads.head.hash} ${heads.final.hash}`;
  if (seen === memory.head && ledger.live().every(({ state }) => state === "mined")) return [];
  const counted = transactionCount(watching);
  const asked = ledger.live().map((record) => ({ record, receipt: receiptOf(rpc, record.attempts, options) })); // in one question
  await Promise.allSettled([counted, ...asked.map(({ receipt }) => receipt)]);
  const count = await counted;
  const displaced: SenderRecord[] = [];
  for (const { record, receipt: found } of asked) {
    const receipt = await found;
    if (receipt !== undefined) {
      memory.spentSince.delete(record.id);
      await noteReceipt(watching, record, receipt, heads);
      continue;
    }
    const pending = record.state === "pending" ? record : await noteReorg(watching, record);
    if (isDisplaced(pending, count, heads.head.number, memory)) displaced.push(pending);
    else await keepAlive(watching, pending, count, heads.head.number);
  }
  memory.head = seen;
  return displaced;
};

const noteReceipt = async (
  { rpc, ledger, settledAfterBlocks, options }: Watching,
  record: SenderRecord,
  receipt: SenderReceipt,
  { head, final }: Heads,
): Promise<void> => {
  const { blockNumber, blockHash, transactionHash } = receipt;
  const isCancelled = record.attempts.some(({ hash, cancels }) => hash === transactionHash && cancels === true);
  if (isCancelled) return void (await ledger.put({ ...record, state: "dropped", attempts: [], receipt: null }));
  const isDeep = final.number >= blockNumber && head.number - blockNumber >= settledAfterBlocks;
  const isFinal = isDeep && (await blockByNumber(rpc, blockNumber, options))?.hash === blockHash;
  if (isFinal) await ledger.put(finalRecord(record, receipt));
  else if (record.state !== "mined" || record.receipt?.blockHash !== blockHash || record.receipt.transactionHash !== transactionHash)
    await ledger.put({ ...record, state: "mined", receipt });
};

const noteReorg = ({ ledger, onProblem }: Watching, record: SenderRecord): Promise<SenderRecord> => {
  onProblem({ id: record.id, kind: "REORGED" });
  return ledger.put({ ...record, state: "pending", receipt: null });
};

const isDisplaced = ({ id, attempts }: SenderRecord, count: number, head: number, { spentSince }: WatchMemory): boolean => {
  if (attempts.some(({ nonce }) => nonce >= count)) {
    spentSince.delete(id);
    return false;
  }
  const since = spentSince.get(id) ?? head;
  spentSince.set(id, since);
  return head - since >= DISPLACED_AFTER_BLOCKS;
};

/** Sends again what the node lost, the same bytes, and pays more for what is next in line and has waited long enough: both only while it is wanted. */
const keepAlive = async (watching: Watching, record: SenderRecord, count: number, head: number): Promise<void> => {
  const { rpc, ledger, feeLimit, bumpAfterBlocks, onProblem, options } = watching;
  for (const attempt of newestPerNonce(record.attempts).filter(({ nonce }) => nonce >= count)) {
    if (await isKnown(rpc, attempt, options)) continue;
    const wanted = await isWanted(watching, record, attempt);
    if (wanted === "later") return;
    if (wanted === "no") return cancel(watching, record, attempt);
    await report(watching, record, attempt);
  }
  const last = record.attempts.at(-1);
  if (last === undefined || last.nonce !== count || head - last.block < bumpAfterBlocks) return;
  if (last.cancels === true || (await isWanted(watching, record, last)) === "no") return cancel(watching, record, last);
  const fees = bumpedFees(last, await marketFees(rpc, feeLimit, options), feeLimit);
  if (fees === undefined) return onProblem({ id: record.id, kind: "FEE_LIMIT" });
  const attempt = await signAttempt(watching, record, { nonce: last.nonce, fees, headNumber: head });
  await report(watching, await ledger.put({ ...record, attempts: [...record.attempts, attempt] }), attempt);
};

const isWanted = async ({ isStillWanted }: Watching, record: SenderRecord, { cancels }: SenderAttempt): Promise<StillWanted> =>
  cancels === true ? "yes" : isStillWanted(record);

/** Uses the nonce of an attempt for nothing: what waits behind it continues, and a copy of it that some node still has is worth nothing. */
const cancel = async (watching: Watching, record: SenderRecord, replaced: SenderAttempt): Promise<void> => {
  const { ledger, address, feeLimit, onProblem } = watching;
  if (replaced.cancels !== true) onProblem({ id: record.id, kind: "WITHDRAWN" });
  const nothing = { to: address, data: "0x" };
  try {
    const { gasLimit, fees: market, headNumber } = await prepare(watching, { ...nothing, value: 0n, gasLimit: undefined });
    const call = { ...nothing, value: "0", gasLimit: gasLimit.toString() };
    const signed = await signAttempt(watching, call, {
      nonce: replaced.nonce,
      fees: bumpedFees(replaced, market, feeLimit) ?? market,
      headNumber,
    });
    const attempt = { ...signed, cancels: true as const };
    await report(watching, await ledger.put({ ...record, attempts: [...record.attempts, attempt] }), attempt);
  } catch (error) {
    if (!(error instanceof SenderError)) throw error;
    onProblem({ id: record.id, kind: "REFUSED", error }); // the next look tries again
  }
};

const report = async ({ rpc, options, onProblem }: Watching, { id }: SenderRecord, attempt: SenderAttempt): Promise<void> => {
  const sent = await broadcast(rpc, attempt, options);
  if (sent.kind === "refused") onProblem({ id, kind: "REFUSED", error: sent.error });
  if (sent.kind === "unknown") onProblem({ id, kind: "UNAVAILABLE", error: sent.error });
};

const newestPerNonce = (attempts: readonly SenderAttempt[]): readonly SenderAttempt[] => [
  ...new Map(attempts.map((attempt) => [attempt.nonce, attempt])).values(),
];
