/** What the parts of this package refuse. A program has codes of its own beside them. */
export type DaemonErrorCode =
  | "CONFIG_INVALID"
  | "CONFIG_UNREADABLE"
  | "SECRET_FILE_MISSING"
  | "SECRET_FILE_UNSAFE"
  | "SECRET_FILE_INVALID"
  | "WRONG_PASSPHRASE"
  | "PORT_IN_USE";

/**
 * A failure that an operator can do something about. The message is one sentence that says what happened and one that says what to do.
 * `details` is public data: it is logged and printed. Codes are stable: scripts may test for them.
 */
export class OperatorError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: Code, message: string, details: Readonly<Record<string, unknown>> = {}, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = "OperatorError";
    this.code = code;
    this.details = details;
  }
}
