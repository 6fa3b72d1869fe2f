import { checkSchema } from "./checkSchema.ts";
import { ERROR_CODES, type ErrorDetails, isNodeErrorCode, KeyquorumError, type NodeErrorCode } from "./errorCodes.ts";
import { type Static, Type } from "./jsonSchema.ts";
import { exactly } from "./schemas.ts";

const DetailValue = Type.Union([
  Type.String({ maxLength: 512 }),
  Type.Number(),
  Type.Boolean(),
  Type.Null(),
  Type.Array(Type.String({ maxLength: 128 }), { maxItems: 64 }),
]);

/** What a keeper answers when it does not answer. `code` is of the table, or of a later version's. */
export const ErrorBody = exactly({
  code: Type.String({ pattern: "^[A-Z][A-Z0-9_]{0,63}$", maxLength: 64 }),
  message: Type.String({ maxLength: 1024 }),
  retryable: Type.Boolean(),
  details: Type.Record("^[A-Za-z][A-Za-z0-9]{0,63}$", DetailValue, { maxProperties: 16 }),
});
export type ErrorBody = Static<typeof ErrorBody>;

/** A keeper's refusal as data. */
export type NodeErrorBody = {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly details: ErrorDetails;
};

/**
 * Writes an error for the network with its HTTP status. Anything that is not of the table, or that the table keeps inside, becomes `INTERNAL`
 * without its message: unexpected errors may hold secrets.
 */
export const encodeErrorBody = (error: unknown): { readonly status: number; readonly body: ErrorBody } => {
  const isSendable = error instanceof KeyquorumError && isNodeErrorCode(error.code);
  const sent = isSendable ? error : new KeyquorumError("INTERNAL");
  const { status } = ERROR_CODES[sent.code as NodeErrorCode]; // sendable by the line above
  return {
    status,
    body: { code: sent.code, message: sent.message.slice(0, 1024), retryable: sent.retryable, details: copyDetails(sent.details) },
  };
};

/** Reads a keeper's refusal. Its message is the keeper's own text: show it as data, never as markup. Throws `BAD_ANSWER`. */
export const parseErrorBody = (value: unknown): NodeErrorBody => {
  const { code, message, retryable, details } = checkSchema(ErrorBody, value, "BAD_ANSWER");
  return { code, message, retryable, details: copyDetails(details) };
};

/**
 * A keeper's refusal as an error to throw. Whether a known code is retryable is the table's to say, not the keeper's; a code of a later version
 * becomes `BAD_ANSWER` with the code in its details.
 */
export const errorFromBody = ({ code, message, details }: NodeErrorBody): KeyquorumError =>
  isNodeErrorCode(code)
    ? new KeyquorumError(code, message, { details })
    : new KeyquorumError("BAD_ANSWER", "The keeper answered with an error code that this version does not know.", {
        details: { keeperCode: code },
      });

const copyDetails = (details: ErrorDetails): Record<string, string | number | boolean | null | string[]> =>
  Object.fromEntries(
    Object.entries(details).map(([key, value]) => [key, typeof value === "object" && value !== null ? [...value] : value]),
  );
