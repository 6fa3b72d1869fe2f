import { FUEL_TRAP } from "./fuel.ts";
import { webAssembly } from "./webAssembly.ts";

/**
 * What V8 says when a module traps, as Blockless numbers it. V8's texts are constants: nothing of the guest is in them. V8 says the same for a null
 * function and a wrong signature (Blockless's 6 and 7). Held to V8 by a test for each: a new V8 that words one differently fails there.
 */
export const TRAPS: readonly { readonly says: RegExp; readonly code: number; readonly what: string }[] = [
  { says: /^Maximum call stack size exceeded$/, code: 2, what: "the stack is used up" },
  { says: /^memory access out of bounds$/, code: 3, what: "it reached outside its memory" },
  { says: /^WebAssembly[.]Instance[(][)]: data segment \d+ is out of bounds/, code: 3, what: "it reached outside its memory" },
  { says: /^(WebAssembly[.]Instance[(][)]: )?table index is out of bounds$/, code: 5, what: "it reached outside a table" },
  { says: /^null function or function signature mismatch$/, code: 7, what: "it called no function, or one of another type" },
  { says: /^divide result unrepresentable$/, code: 8, what: "a division overflowed" },
  { says: /^(divide by zero|remainder by zero)$/, code: 9, what: "it divided by zero" },
  { says: /^float unrepresentable in integer range$/, code: 10, what: "a number did not fit an integer" },
  { says: /^unreachable$/, code: 11, what: "it ran into unreachable" },
];

/** What has no number. */
export const UNKNOWN_TRAP = -1;

export const trapCode = (error: unknown): number => {
  if (!(error instanceof webAssembly.RuntimeError || error instanceof RangeError)) return UNKNOWN_TRAP;
  return TRAPS.find(({ says }) => says.test(error.message))?.code ?? UNKNOWN_TRAP;
};

export const trapSentence = (code: number): string =>
  code === FUEL_TRAP ? "its fuel is used up" : (TRAPS.find((trap) => trap.code === code)?.what ?? "it trapped");
