import { createHash } from "node:crypto";
import { type Hash32, KeyquorumError, parseHash32 } from "@keyquorum/wire";
import { type CheckedModule, checkModule } from "./run/createRunner.ts";

/** A module that may be run: its bytes have the wanted hash and passed the validator. Keep it where it is run again: checking 9 MB takes half a second. */
export type LoadedModule = { readonly hash: Hash32; readonly checked: CheckedModule };

/**
 * Checks a module's bytes. They are not copied: do not change them. Throws MODULE_MISMATCH where they are not what was wanted, MODULE_INVALID,
 * MODULE_REFUSED: before any secret is asked for.
 * @param wanted the SHA-256 that they must have; undefined: any
 */
export const loadModule = (bytes: Uint8Array, wanted?: Hash32): LoadedModule => {
  const hash = parseHash32(`0x${createHash("sha256").update(bytes).digest("hex")}`);
  if (wanted !== undefined && wanted !== hash)
    throw new KeyquorumError("MODULE_MISMATCH", `The module's SHA-256 is ${hash}, and ${wanted} was wanted.`);
  return { hash, checked: checkModule(bytes) };
};
