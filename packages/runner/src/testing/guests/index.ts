import { FUEL } from "./fuel.ts";
import { IMPORT_GUESTS, POINTER_GUESTS } from "./importGuests.ts";
import { OUTPUT, TRAP_GUESTS } from "./outputAndTraps.ts";
import { HTTP_GUESTS, PATH_GUESTS, SECRET_GUESTS } from "./secretsAndPaths.ts";
import { COMPILATION, MEMORY, TIME } from "./timeAndMemory.ts";

export type { Expected, Guest } from "./guest.ts";

/** The corpus: what hostile modules try, and their benign twins. */
export const GUESTS = [
  ...TIME,
  ...MEMORY,
  ...COMPILATION,
  ...OUTPUT,
  ...TRAP_GUESTS,
  ...IMPORT_GUESTS,
  ...POINTER_GUESTS,
  ...SECRET_GUESTS,
  ...PATH_GUESTS,
  ...HTTP_GUESTS,
  ...FUEL,
];
