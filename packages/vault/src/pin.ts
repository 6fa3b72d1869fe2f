import { type Address, type Hash32, parseAddress } from "@keyquorum/wire";
import type { Kysely } from "kysely";
import type { DamageBook } from "./damage.ts";
import type { VaultSchema } from "./database/schema.ts";
import { VaultError } from "./errors.ts";
import { isIntact, withMark } from "./sealing/marks.ts";
import type { Sealer } from "./sealing/sealer.ts";

/**
 * The one deployment and keeper that a vault belongs to (D40). Fixed when the vault is created; another one is refused when it is opened.
 * Every sealed record is bound to chain id, registry and operator: PROTOCOL section 7.
 */
export type VaultPin = {
  readonly chainId: bigint;
  readonly genesisHash: Hash32;
  readonly registry: Address;
  /** Hash of the block that holds the registry's deployment. */
  readonly deploymentBlockHash: Hash32;
  /** The keeper's operator address; another one needs every sealed record sealed anew: `replaceVaultOperator`. */
  readonly operator: Address;
};

const normalized = (pin: VaultPin) => ({
  chain_id: pin.chainId.toString(),
  genesis_hash: pin.genesisHash.toLowerCase(),
  registry: pin.registry.toLowerCase(),
  deployment_block_hash: pin.deploymentBlockHash.toLowerCase(),
  operator: pin.operator.toLowerCase(),
});

export const savePin = async (db: Kysely<VaultSchema>, pin: VaultPin): Promise<void> => {
  await db
    .insertInto("pin")
    .values({ id: 1, ...normalized(pin) })
    .execute();
};

/** Throws VAULT_FOREIGN and names what differs. */
export const assertPin = async (db: Kysely<VaultSchema>, pin: VaultPin): Promise<void> => {
  const stored = await db.selectFrom("pin").selectAll().executeTakeFirst();
  if (stored === undefined) throw new VaultError("VAULT_TAMPERED", "The vault does not say where it belongs. Restore it from a backup.");
  for (const [field, given] of Object.entries(normalized(pin))) {
    const expected = stored[field as keyof ReturnType<typeof normalized>];
    if (expected === given) continue;
    throw new VaultError(
      "VAULT_FOREIGN",
      `This vault belongs to another ${field.replaceAll("_", " ")} (${expected}, not ${given}). Point the keeper at its own data directory, chain and registry.`,
      { field, expected, given },
    );
  }
};

/** The operator that the vault is bound to. */
export const operatorOf = async (db: Kysely<VaultSchema>): Promise<Address> => {
  const stored = await db.selectFrom("pin").select("operator").executeTakeFirst();
  if (stored === undefined) throw new VaultError("VAULT_TAMPERED", "The vault does not say where it belongs. Restore it from a backup.");
  return parseAddress(stored.operator);
};

/** Operators that the vault was bound to before, oldest first. */
export const formerOperatorsOf = async (
  db: Kysely<VaultSchema>,
  { sealer, damage }: { readonly sealer: Sealer; readonly damage: DamageBook },
): Promise<readonly Address[]> => {
  const rows = await db.selectFrom("former_operator").selectAll().orderBy("position").execute();
  return rows.flatMap((row) => {
    if (isIntact(sealer, "former_operator", row)) return [parseAddress(row.operator)];
    damage.note({ table: "former_operator", id: String(row.position) });
    return [];
  });
};

/** Writes another operator into the pin. The records are sealed anew by the caller, in the same transaction. */
export const movePin = async (
  db: Kysely<VaultSchema>,
  sealer: Sealer,
  { from, to }: { readonly from: Address; readonly to: Address },
): Promise<void> => {
  await db.updateTable("pin").set({ operator: to.toLowerCase() }).execute();
  await db
    .insertInto("former_operator")
    .values(withMark(sealer, "former_operator", { operator: from }))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};
