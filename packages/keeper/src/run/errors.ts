import type { VaultErrorCode } from "@keyquorum/vault";

/** What stops a keeper from starting, or makes an operator's command fail. Stable: scripts may test for these codes. A vault's own pass. */
export type KeeperErrorCode =
  | "CONFIG_INVALID"
  | "CONFIG_UNREADABLE"
  | "SECRET_FILE_MISSING"
  | "SECRET_FILE_UNSAFE"
  | "SECRET_FILE_INVALID"
  | "DEPLOYMENT_INVALID"
  | "EXTENSION_INVALID"
  | "WRONG_PASSPHRASE"
  | "VAULT_UNUSABLE"
  | "CURVE_BROKEN"
  | "WRONG_CHAIN"
  | "CHAIN_UNSUITABLE"
  | "NO_FINALIZED_BLOCK"
  | "PORT_IN_USE"
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
  | VaultErrorCode;

/**
 * A failure that an operator can do something about. The message is one sentence that says what happened and one that says what to do.
 * `details` is public data: it is logged and printed.
 */
export class KeeperError extends Error {
  readonly code: KeeperErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: KeeperErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
    this.name = "KeeperError";
    this.code = code;
    this.details = details;
  }
}
