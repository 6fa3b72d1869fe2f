import { type ErrorDetails, KeyquorumError } from "@keyquorum/wire";

/** The module is not well formed, at this byte. */
export const malformed = (what: string, offset: number): KeyquorumError =>
  new KeyquorumError("MODULE_INVALID", `The module is not well formed: ${what}, at byte ${offset}.`, { details: { offset } });

/** The module is well formed and is none that a runner takes. */
export const refused = (why: string, details: ErrorDetails = {}): KeyquorumError =>
  new KeyquorumError("MODULE_REFUSED", `The module is refused: ${why}.`, { details });

/** The module declares more of something than `MODULE_LIMITS` has. */
export const tooMany = (what: string, found: number, limit: number): KeyquorumError =>
  refused(`it has ${found} ${what}, and ${limit} are allowed`, { found, limit });
