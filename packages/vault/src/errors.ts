/**
 * What can go wrong with a vault. Codes are stable.
 *
 * VAULT_MISSING          there is no vault in the directory
 * VAULT_EXISTS           the directory for a new vault is not empty
 * VAULT_LOCKED           another process has the vault open
 * VAULT_FOREIGN          the vault belongs to another chain, registry or operator (D40)
 * VAULT_WRONG_KEY        the passphrase or key file does not open the vault
 * VAULT_WEAK_KEY         the key or its derivation parameters are below the minimum
 * VAULT_PERMISSIONS      a directory or file can be read by others
 * VAULT_NEWER            the vault was written by a newer version of this program
 * VAULT_UNSAFE           SQLite did not take a setting that durability needs
 * VAULT_TAMPERED         a sealed record was moved, replaced, rolled back or changed
 * VAULT_SHARE_MISMATCH   a key share is not the one that the chain knows
 * VAULT_CONFLICT         something else is stored under this name already
 * ANSWER_CONFLICT        the request id was answered for another header
 * VAULT_AUDIT_BROKEN     the audit log's hash chain does not verify
 * VAULT_VALUE_REFUSED    an extension's name, key or value has not the form or size that it may have
 * VAULT_QUOTA_EXCEEDED   an extension's tables hold as much as they may
 * VAULT_DISK_FULL        no space left; nothing was written
 * VAULT_IO               the disk reported an error
 * VAULT_TIMEOUT          a transaction was not over in time, and was taken back
 * VAULT_MISUSED          the vault was called while one of its transactions was open, or after it was closed
 */
export type VaultErrorCode =
  | "VAULT_MISSING"
  | "VAULT_EXISTS"
  | "VAULT_LOCKED"
  | "VAULT_FOREIGN"
  | "VAULT_WRONG_KEY"
  | "VAULT_WEAK_KEY"
  | "VAULT_PERMISSIONS"
  | "VAULT_NEWER"
  | "VAULT_UNSAFE"
  | "VAULT_TAMPERED"
  | "VAULT_SHARE_MISMATCH"
  | "VAULT_CONFLICT"
  | "ANSWER_CONFLICT"
  | "VAULT_AUDIT_BROKEN"
  | "VAULT_VALUE_REFUSED"
  | "VAULT_QUOTA_EXCEEDED"
  | "VAULT_DISK_FULL"
  | "VAULT_IO"
  | "VAULT_TIMEOUT"
  | "VAULT_MISUSED";

const RETRYABLE: ReadonlySet<VaultErrorCode> = new Set(["VAULT_LOCKED", "VAULT_DISK_FULL", "VAULT_IO"]);

/** An error of the vault: a stable code, a sentence that says what to do, and data that holds no secret. */
export class VaultError extends Error {
  readonly code: VaultErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryable: boolean;

  constructor(code: VaultErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}, options: ErrorOptions = {}) {
    super(message, options);
    this.name = "VaultError";
    this.code = code;
    this.details = details;
    this.retryable = RETRYABLE.has(code);
  }
}
