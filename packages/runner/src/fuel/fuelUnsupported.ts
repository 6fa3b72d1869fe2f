import { KeyquorumError } from "@keyquorum/wire";

/** The module's fuel cannot be counted. */
export const fuelUnsupported = (why: string, cause?: unknown): KeyquorumError =>
  new KeyquorumError("FUEL_UNSUPPORTED", `The module's fuel cannot be counted: ${why}.`, cause === undefined ? {} : { cause });
