import { ThresholdError } from "@keyquorum/threshold";
import type { Static, TSchema } from "typebox";
import { Check, Errors } from "typebox/value";
import { type ErrorCode, KeyquorumError } from "./errorCodes.ts";

/** Returns `value` as what the schema describes. Throws `code`, naming the field. Interprets the schema: no code is generated, so a browser's CSP allows it. */
export const checkSchema = <S extends TSchema>(schema: S, value: unknown, code: ErrorCode): Static<S> => {
  if (Check(schema, value)) return value as Static<S>; // Check narrows to the same type; the compiler cannot see it for a generic S
  const [first] = Errors(schema, value);
  const field = fieldOf(first?.instancePath ?? "", first?.params);
  throw new KeyquorumError(code, `The field ${field} is not what the protocol allows: ${first?.message ?? "it is malformed"}.`, {
    details: { field },
  });
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

const fieldOf = (path: string, params: object | undefined): string => {
  const missing =
    params !== undefined && "requiredProperties" in params && Array.isArray(params.requiredProperties)
      ? params.requiredProperties[0]
      : undefined;
  const full = typeof missing === "string" ? `${path}/${missing}` : path;
  const name = full.slice(1).replaceAll("/", ".");
  return name === "" ? "body" : name.slice(0, 100).replace(/[^\w.-]/g, "?");
};
