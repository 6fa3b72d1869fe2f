import { ThresholdError } from "@keyquorum/threshold";
import { type ErrorCode, KeyquorumError } from "./errorCodes.ts";
import type { Schema, Static } from "./jsonSchema.ts";
import { findSchemaFault } from "./schemaFault.ts";

/** Returns `value` as what the schema describes. Throws `code`, naming the field. */
export const checkSchema = <S extends Schema>(schema: S, value: unknown, code: ErrorCode): Static<S> => {
  const fault = findSchemaFault(schema, value);
  if (fault === undefined) return value as Static<S>; // that is what the schema says, and there is no fault
  const field = fieldOf(fault.path);
  throw new KeyquorumError(code, `The field ${field} is not what the protocol allows: it must ${fault.must}.`, { details: { field } });
};

/** Runs a parser of a field and gives its refusal the code of the whole message. Other errors pass. */
export const checkField = <T>(field: string, code: ErrorCode, parse: () => T): T => {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof ThresholdError || cause instanceof KeyquorumError)) throw cause;
    throw new KeyquorumError(code, `The field ${field} is not valid.`, { details: { field }, cause });
  }
};

/** A field by its path. Names come from outside: no other characters than a field of ours may have. */
const fieldOf = (path: readonly string[]): string =>
  path.length === 0
    ? "body"
    : path
        .join(".")
        .slice(0, 100)
        .replace(/[^\w.-]/g, "?");
