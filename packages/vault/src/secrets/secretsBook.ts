import type { Kysely } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import type { OpenRoll } from "../sealing/roll.ts";
import type { SealedName } from "../sealing/rollEntries.ts";
import type { Sealer } from "../sealing/sealer.ts";
import type { SecretRow, SecretsFile } from "./secretsFile.ts";
import { NO_SECRETS, type SecretsState } from "./secretsState.ts";

/** What stores do with secrets in a transaction: nothing of it is in the file before its commit. */
export type OpenSecrets = {
  /** Rows under a name, as the transaction sees them: not what was removed. */
  rowsOf(name: SealedName): readonly SecretRow[];
  add(row: Omit<SecretRow, "number">): void;
  /** `isErasure`: no byte of it may be left. Answers with how many rows were there. */
  remove(name: SealedName, isErasure: boolean): number;
  /** Rows of a kind whose ids begin with `prefix`, which ends with "/", and bytes of their bodies. */
  held(kind: string, prefix: string): Promise<{ readonly rows: number; readonly bytes: number }>;
};

/** The secrets of one transaction at a time. */
export type SecretsBook = OpenSecrets & {
  /** Forgets what the last transaction did not commit. */
  begin(): void;
  /** Where it stands: a part of the transaction that is taken back goes back to here. */
  mark(): number;
  backTo(mark: number): void;
  /** Writes what was added to the file of secrets, durably, and into the roll what becomes of both files: before the roll is sealed and committed. */
  write(db: Kysely<VaultSchema>, roll: OpenRoll): Promise<void>;
  /** The records' file has it. */
  commit(): void;
  /** Deletes from the file what committed transactions removed. */
  erase(): void;
  /** Whether the row is in the file and none of the vault's any more. */
  isLeftOver(number: number): boolean;
  /** Whether the roll names secrets that are erased already. */
  isRollBehind(): boolean;
};

/** A row that is to leave the file. */
type Removed = { readonly name: SealedName; readonly bytes: number; readonly isErasure: boolean };

const keyOf = ({ kind, id }: SealedName): string => JSON.stringify([kind, id]);
const nameOf = ({ kind, id }: SealedName): SealedName => ({ kind, id });
const removalOf = (row: SecretRow, isErasure: boolean): Removed => ({ name: nameOf(row), bytes: row.body.length, isErasure });

/** `state`: what the file says, as the roll does. `untilFree` resolves when the file is not being rewritten. */
export const createSecretsBook = (options: {
  readonly file: SecretsFile;
  readonly sealer: Sealer;
  readonly state: SecretsState;
  readonly untilFree: () => Promise<void>;
}): SecretsBook => {
  const { file, sealer, untilFree } = options;
  let { state } = options;
  /** Of the open transaction. */
  const [added, removed, undo] = [new Map<string, readonly SecretRow[]>(), new Map<number, Removed>(), [] as (() => void)[]];
  /** In the file, and removed by transactions that were committed; or written by one that was not, as far as anybody knows. */
  const [left, uncommitted] = [new Map<number, Removed>(), new Map<number, Removed>()];
  /** Of the roll: which erasure was the last that was committed, and which the open transaction commits. */
  let [erased, erasing] = [state.erased, state.erased];
  /** The roll names secrets that are erased already; and whether it will when the open transaction is committed. */
  let [isRollBehind, willRollBeBehind, hasWritten] = [false, false, false];

  const isLeftOver = (number: number): boolean => left.has(number) || uncommitted.has(number);
  const isThere = ({ number }: SecretRow): boolean => !isLeftOver(number) && !removed.has(number);
  const setAdded = (key: string, rows: readonly SecretRow[]): void => {
    const before = added.get(key) ?? [];
    added.set(key, rows);
    undo.push(() => added.set(key, before));
  };
  const change = (part: {
    readonly remove: ReadonlyMap<number, Removed>;
    readonly add: readonly SecretRow[];
    readonly state: SecretsState;
  }) => {
    const isErasure = [...part.remove.values()].some((one) => one.isErasure);
    file.change(sealer, { remove: [...part.remove.keys()], add: part.add, state: part.state, isErasure });
    state = part.state;
  };

  const begin = (): void => {
    added.clear();
    removed.clear();
    undo.length = 0;
    hasWritten = false;
  };

  return {
    rowsOf: (name) => [...(added.get(keyOf(name)) ?? []), ...file.rowsOf(name).filter(isThere)],
    add: (row) => {
      const key = keyOf(row);
      setAdded(key, [...(added.get(key) ?? []), { ...row, number: file.nextNumber() }]);
    },
    remove: (name, isErasure) => {
      const rows = file.rowsOf(name).filter(isThere);
      for (const row of rows) {
        removed.set(row.number, removalOf(row, isErasure));
        undo.push(() => removed.delete(row.number));
      }
      const own = added.get(keyOf(name)) ?? [];
      if (own.length > 0) setAdded(keyOf(name), []);
      return rows.length + own.length;
    },
    held: async (kind, prefix) => {
      const isOf = ({ name }: Removed): boolean => name.kind === kind && name.id.startsWith(prefix);
      const { rows, bytes } = await file.held(kind, prefix);
      const gone = [...left.values(), ...uncommitted.values(), ...removed.values()].filter(isOf);
      const come = [...added.values()].flatMap((own) => own.map((row) => removalOf(row, false))).filter(isOf);
      const sum = (list: readonly Removed[]): number => list.reduce((total, one) => total + one.bytes, 0);
      return { rows: rows - gone.length + come.length, bytes: bytes - sum(gone) + sum(come) };
    },
    begin,
    mark: () => undo.length,
    backTo: (mark) => {
      while (undo.length > mark) undo.pop()?.();
    },
    write: async (db, roll) => {
      const add = [...added.values()].flat();
      if (add.length === 0 && removed.size === 0 && !isRollBehind) return;
      if (add.length > 0) await untilFree();
      const { secrets = NO_SECRETS, version } = await roll.load(db);
      const { written, ...before } = secrets;
      if (add.length > 0) {
        change({
          remove: new Map([...left, ...uncommitted]),
          add,
          state: { written: written + 1, erased, added: add.map(nameOf), at: version },
        });
        left.clear();
        uncommitted.clear();
        for (const row of add) uncommitted.set(row.number, removalOf(row, true));
        hasWritten = true;
      }
      erasing = removed.size === 0 ? before.erased : before.erased + 1;
      const still = [...left.values(), ...removed.values()].map(({ name }) => name);
      willRollBeBehind = false;
      await roll.move(db, {
        secrets: { written: add.length > 0 ? written + 1 : written, erased: erasing, since: state.erased, erasing: still },
      });
    },
    commit: () => {
      for (const [number, one] of removed) left.set(number, one);
      if (hasWritten) uncommitted.clear();
      if (removed.size > 0) erased = erasing;
      isRollBehind = willRollBeBehind;
      begin();
    },
    erase: () => {
      if (left.size === 0) return;
      change({ remove: left, add: [], state: { ...state, erased } });
      left.clear();
      isRollBehind = true;
      willRollBeBehind = true;
    },
    isLeftOver,
    isRollBehind: () => isRollBehind,
  };
};
