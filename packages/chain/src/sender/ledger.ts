import { keccak256 } from "ethers";
import { SenderError } from "./errors.ts";
import type { SenderIntent, SenderReceipt, SenderRecord, SenderStore } from "./types.ts";

/** The records by id, in memory and in the store: what is in memory was saved. */
export type Ledger = {
  readonly get: (id: string) => SenderRecord | undefined;
  /** Saves, then shows. */
  readonly put: (record: SenderRecord) => Promise<SenderRecord>;
  /** Those that need watching, by ascending nonce. */
  readonly live: () => readonly SenderRecord[];
  /** The lowest nonce above those of all final transactions. */
  readonly nonceFloor: () => number;
};

export const loadLedger = async (store: SenderStore): Promise<Ledger> => {
  const records = new Map<string, SenderRecord>();
  let floor = 0;
  const show = (record: SenderRecord): void => {
    records.set(record.id, record);
    if (record.state === "final" && record.receipt !== null) floor = Math.max(floor, record.receipt.nonce + 1);
  };
  for (const record of await store.load()) show(record);
  return {
    get: (id) => records.get(id),
    put: async (record) => {
      await store.save(record);
      show(record);
      return record;
    },
    live: () => [...records.values()].filter(isLive).sort((a, b) => lastNonce(a) - lastNonce(b)),
    nonceFloor: () => floor,
  };
};

const isLive = ({ state }: SenderRecord): boolean => state === "pending" || state === "mined";
const lastNonce = ({ attempts }: SenderRecord): number => attempts.at(-1)?.nonce ?? 0;

/** A record for an intent that was never sent. */
export const newRecord = ({ id, kind, subject, to, data, value = 0n }: SenderIntent): SenderRecord => ({
  version: 1,
  id,
  ...(kind === undefined ? {} : { kind }),
  ...(subject === undefined ? {} : { subject }),
  to: to.toLowerCase(),
  data: data.toLowerCase(),
  value: value.toString(),
  gasLimit: "0",
  state: "dropped",
  attempts: [],
  receipt: null,
});

/**
 * What is kept of a transaction that stays on chain: final records are never forgotten, so they must be small. Of one that did what it should, nobody
 * needs the data any more, only whether another one is the same.
 */
export const finalRecord = (record: SenderRecord, receipt: SenderReceipt): SenderRecord => ({
  ...record,
  state: "final",
  attempts: [],
  ...(receipt.status === "success" ? { data: keccak256(record.data), receipt: { ...receipt, logs: [] } } : { receipt }),
});

/** Throws `SenderError` INTENT_CONFLICT unless the record is of this very intent. */
export const requireSameIntent = (record: SenderRecord, intent: SenderIntent): void => {
  const { to, data, value } = newRecord(intent);
  const isSameData = record.data === data || (record.state === "final" && record.data === keccak256(data));
  if (record.to === to && isSameData && record.value === value) return;
  throw new SenderError(
    "INTENT_CONFLICT",
    `The id ${intent.id} was used for another transaction. Give each transaction an id of its own.`,
    {
      details: { id: intent.id },
    },
  );
};
