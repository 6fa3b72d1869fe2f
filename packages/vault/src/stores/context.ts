import type { Kysely } from "kysely";
import type { DamageBook } from "../damage.ts";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import type { OpenRoll, RollReader } from "../sealing/roll.ts";
import type { Sealer } from "../sealing/sealer.ts";
import type { OpenSecrets } from "../secrets/secretsBook.ts";
import type { ExtensionUsage } from "./extensionUsage.ts";

/** What a store works with: either the vault, where every call is a transaction of its own, or one open transaction. */
export type StoreContext = {
  run<Result>(work: (db: Kysely<VaultSchema>) => Promise<Result>): Promise<Result>;
  /**
   * For questions that nothing is written for, and that no secret is opened or erased for: of the vault, they see what is committed when they begin, and
   * wait for no writer. Who decides by the answer to write asks again in `run`.
   */
  read<Result>(work: (db: Kysely<VaultSchema>, roll: RollReader) => Promise<Result>): Promise<Result>;
  /** Erases secrets: who waits for the transaction waits until no byte of them is left. */
  readonly noteErased: () => void;
  readonly sealer: Sealer;
  readonly roll: OpenRoll;
  readonly secrets: OpenSecrets;
  readonly usage: ExtensionUsage;
  /** What is found damaged on the way is noted here. */
  readonly damage: DamageBook;
  readonly clock: () => number;
};

/** Passes an error on, and notes the secret that it says is damaged. */
export const noteWhenDamaged =
  (damage: DamageBook) =>
  (error: unknown): never => {
    if (error instanceof VaultError && error.code === "VAULT_TAMPERED" && typeof error.details.kind === "string")
      damage.note({ table: "sealed", kind: error.details.kind, id: String(error.details.id) });
    throw error;
  };
