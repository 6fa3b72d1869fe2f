import { type Address, type Hash32, parseAddress } from "@keyquorum/wire";
import type { Kysely } from "kysely";
import type { VaultSchema } from "./database/schema.ts";
import { VaultError } from "./errors.ts";

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
  /** The keeper's operator address; another one needs every sealed record sealed again: `replaceVaultOperator`. */
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
  if (stored === undefined)
    throw new VaultError("VAULT_TAMPERED", "The vault does not say which keeper and chain it belongs to. Restore it from a backup.");
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
  if (stored === undefined)
    throw new VaultError("VAULT_TAMPERED", "The vault does not say which keeper and chain it belongs to. Restore it from a backup.");
  return parseAddress(stored.operator);
};
