import type { ExtensionServices, MayResend } from "@keyquorum/keeper";
import { keccakWords } from "@keyquorum/threshold";
import { type Address, bytesToHex, type Hex, hexToBytes } from "@keyquorum/wire";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { ServerKeyBoard } from "../board/serverKeyBoard.ts";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import { type AbiValue, encodeCall, readAbi } from "./abi.ts";
import { isSubjectOf, presentSubject } from "./askedAgain.ts";

/** Of transactions: what this keeper does for its key server set. */
export const MIGRATION_KIND = "set-migration";
/** Between two looks at the set, and between two members that would start or abort. */
const ROUND_MILLISECONDS = 20_000;
const TURN_MILLISECONDS = 30_000;
/** A migration that was aborted may be started again under another name after so many blocks. */
const NAME_BLOCKS = 1_000;
const MOST_EPOCH = 2n ** 32n;
const PAGE = 256;

type Services = Pick<ExtensionServices, "chain" | "clock" | "members" | "transactions" | "log">;
type Block = Parameters<Services["chain"]["call"]>[1];

/** What `ParityKeyServerSet` shows. `id`: of the migration under way. */
type SetState = {
  readonly current: number;
  readonly migration: number;
  readonly id: Hex | undefined;
  readonly isConfirmed: boolean;
  /** One of its members went absent: it cannot end any more. */
  readonly isHopeless: boolean;
};

export type SetMigration = {
  readonly eachRound: () => Promise<void>;
  readonly mayResend: Readonly<Record<string, MayResend>>;
};

/**
 * Brings the key server set to the newest final epoch: one member starts, every member of that epoch confirms once no server key of this keeper's waits to be
 * moved there, and what cannot end any more is aborted. PROTOCOL section 8.8.
 */
export const createSetMigration = (
  services: Services,
  {
    set,
    board,
    records,
  }: {
    /** Undefined: no set is served. */
    readonly set: Address | undefined;
    readonly board: Pick<ServerKeyBoard, "present">;
    readonly records: Pick<ServerKeyRecords, "list" | "use">;
  },
): SetMigration => {
  const { chain, clock, members, transactions, log } = services;
  /** What is to be done, and since when this keeper knows. */
  let wanted: { readonly subject: string; readonly since: number } | undefined;
  let lastRound = Number.NEGATIVE_INFINITY;

  const ask = async (contract: Address, block: Block, signature: string, ...values: readonly AbiValue[]): Promise<string | undefined> => {
    const answer = await chain.call({ to: contract, data: encodeCall(selectorOf(signature), ...values) }, block);
    return answer.kind === "returned" ? answer.data : undefined;
  };

  const stateAt = async (contract: Address, block: Block): Promise<SetState | undefined> => {
    const epochOf = async (signature: string): Promise<number | undefined> => {
      const data = await ask(contract, block, signature);
      return data === undefined || data === "0x" ? undefined : Number(readAbi(data).integer(0, MOST_EPOCH));
    };
    const [current, migration] = [await epochOf("currentEpoch()"), await epochOf("migrationEpoch()")];
    if (current === undefined || migration === undefined) return undefined;
    if (migration === 0) return { current, migration, id: undefined, isConfirmed: false, isHopeless: false };
    const id = await ask(contract, block, "getMigrationId()");
    const confirmed = await ask(contract, block, "isMigrationConfirmed(address)", hexToBytes(transactions.account, 20));
    const hopeless = await ask(contract, block, "isMigrationHopeless()");
    return { current, migration, id: id as Hex | undefined, isConfirmed: isTrue(confirmed), isHopeless: isTrue(hopeless) }; // true: a call's data is hex
  };

  /** What this keeper would do now. `isAnybodys`: one member suffices. */
  const nextStep = async (contract: Address) => {
    const heads = await chain.look();
    const [newest, atHead] = [await members.epochAt(heads.final), await members.epochAt(heads.head)];
    const state = await stateAt(contract, heads.head);
    if (state === undefined || newest === 0) return undefined;
    const { current, migration, id } = state;
    if (migration === 0) {
      if (current === newest || newest !== atHead) return undefined;
      const name = `start-${newest}-${Math.floor(heads.head.number / NAME_BLOCKS)}`;
      const call = encodeCall(selectorOf("startMigration(bytes32)"), keccak_256(utf8ToBytes(`${contract} ${name}`)));
      return { subject: name, call, isAnybodys: true, final: heads.final };
    }
    if (id === undefined) return undefined;
    const named = hexToBytes(id, 32);
    if (migration > newest) return undefined;
    if (migration < newest || state.isHopeless)
      return {
        subject: `abort-${migration}-${id}`,
        call: encodeCall(selectorOf("abortMigration(bytes32)"), named),
        isAnybodys: true,
        final: heads.final,
      };
    if (state.isConfirmed || (await members.own(newest, heads)) === undefined || (await hasOlderKeys(records, newest))) return undefined;
    return {
      subject: `confirm-${newest}-${id}`,
      call: encodeCall(selectorOf("confirmMigration(bytes32)"), named),
      isAnybodys: false,
      final: heads.final,
    };
  };

  /** Members that one suffices of act one after the other, in an order that differs with what is to be done. */
  const isTurn = async (subject: string): Promise<boolean> => {
    if (wanted?.subject !== subject) wanted = { subject, since: clock.now() };
    const { slots, ownSlot } = await board.present();
    const rankOf = (slot: number): string => bytesToHex(keccakWords(keccak_256(utf8ToBytes(subject)), slot));
    const rank = slots.filter((slot) => rankOf(slot) < rankOf(ownSlot)).length;
    return clock.now() < wanted.since || clock.now() - wanted.since >= rank * TURN_MILLISECONDS;
  };

  return {
    eachRound: async () => {
      const since = clock.now() - lastRound;
      if (set === undefined || (since >= 0 && since < ROUND_MILLISECONDS)) return;
      lastRound = clock.now();
      const step = await nextStep(set);
      if (step === undefined || (step.isAnybodys && !(await isTurn(step.subject)))) return;
      if (!(await transactions.isFunded())) return;
      // A migration may have the name of one that ended: what was mined for that one is not what this one waits for.
      const subject = await presentSubject(services, { kind: MIGRATION_KIND, subject: step.subject }, step.final);
      if (subject === undefined) return;
      transactions.post({ kind: MIGRATION_KIND, subject, to: set, data: step.call });
      log.info("The key server set is brought to the newest epoch", { set, step: step.subject });
    },
    mayResend: {
      [MIGRATION_KIND]: async (subject) => {
        const step = set === undefined ? undefined : await nextStep(set);
        return step !== undefined && isSubjectOf(subject, step.subject) ? "yes" : "no";
      },
    },
  };
};

/** Whether a server key is here that has not moved to an epoch yet. */
const hasOlderKeys = async (records: Pick<ServerKeyRecords, "list" | "use">, epoch: number): Promise<boolean> => {
  let after: Uint8Array | undefined;
  for (;;) {
    const page = await records.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const id of page) {
      const at = await records.use(hexToBytes(id as Hex, 32), (record) => record.epoch); // true: records are under their ids
      if (at !== undefined && at < epoch) return true;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return false;
    after = hexToBytes(last as Hex, 32); // true: as above
  }
};

/** Undefined: the contract has no such function. */
const isTrue = (data: string | undefined): boolean => data !== undefined && /^0x0{63}1$/.test(data);

const selectorOf = (signature: string): string => bytesToHex(keccak_256(utf8ToBytes(signature))).slice(2, 10);
