import { type DaemonErrorCode, OperatorError } from "@keyquorum/daemon";
import type { VaultErrorCode } from "@keyquorum/vault";

/** What stops a keeper from starting, or makes an operator's command fail. Stable: scripts may test for these codes. A vault's own pass. */
export type KeeperErrorCode =
  | "DEPLOYMENT_INVALID"
  | "EXTENSION_INVALID"
  | "VAULT_UNUSABLE"
  | "CURVE_BROKEN"
  | "WRONG_CHAIN"
  | "CHAIN_UNSUITABLE"
  | "NO_FINALIZED_BLOCK"
  | "KEEPER_ALREADY_INITIALISED"
  | "KEEPER_REGISTERED"
  | "KEEPER_ALREADY_RUNNING"
  | "KEEPER_NOT_INITIALISED"
  | "KEEPER_FOREIGN_DATA"
  | "KEEPER_NOT_RUNNING"
  | "VETO_UNREADABLE"
  | "REPAIRS_UNREADABLE"
  | "SHARE_NOT_MISSING"
  | "EXPORT_EXISTS"
  | "FINALITY_STANDS"
  | DaemonErrorCode
  | VaultErrorCode;

/** A keeper's failure, by one of its codes. */
export class KeeperError extends OperatorError<KeeperErrorCode> {
  override readonly name = "KeeperError";
}
