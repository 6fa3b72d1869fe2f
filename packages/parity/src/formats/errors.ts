/** What bytes of these formats can be wrong in. */
export type FormatErrorCode = "WRONG_LENGTH" | "WRONG_SCALAR" | "NOT_FOR_THIS_KEY";

/** Bytes that are not what the format says, or not for the key that was to open them. The message repeats none of them. */
export class FormatError extends Error {
  readonly code: FormatErrorCode;

  constructor(code: FormatErrorCode, message: string) {
    super(message);
    this.name = "FormatError";
    this.code = code;
  }
}
