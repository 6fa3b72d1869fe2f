// Inverses of field elements.
import { fromWord, toWord } from "./bytes";
import { copy } from "./field";
import { normalize } from "./fieldProduct";
import { CHAIN, INVERTED } from "./memory";
import { invertModuloP } from "./modularInverse";

/** r = 1/a, and 0 for 0. a has magnitude at most 16. r may be a. The same steps for all values. */
export function invert(r: usize, a: usize): void {
  copy(CHAIN, a);
  normalize(CHAIN);
  toWord(INVERTED, CHAIN);
  invertModuloP(INVERTED, INVERTED);
  fromWord(r, INVERTED);
}
