/** Roles of a deployment's AccessManager, as it numbers them: D41. */
export const ROLES = {
  /** Grants and revokes every role, pauses and unpauses. OpenZeppelin's own number. */
  ADMIN: 0n,
  /** Admits and removes keepers; proposes, opens and cancels epochs; asks for reshares. */
  GOVERNANCE: 1n,
  /** May ask for a key (D22). */
  KEY_REQUESTER: 2n,
  /** Everybody, unless the contract is closed. OpenZeppelin's own number: 2^64 - 1. */
  PUBLIC: 2n ** 64n - 1n,
} as const;

export type RoleName = keyof typeof ROLES;

/** Functions of KeeperRegistry that only GOVERNANCE may call. Every other one belongs to keepers or to nobody. */
export const GOVERNED_REGISTRY_FUNCTIONS = [
  "addKeeper",
  "removeKeeper",
  "setOperator",
  "replaceStolenOperator",
  "revokeFormerOperator",
  "setIdentityKey",
  "replaceStolenIdentity",
  "revokeFormerIdentity",
  "proposeEpoch",
  "openEpoch",
  "cancelEpoch",
] as const;
