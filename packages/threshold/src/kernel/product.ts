import type { Point } from "../point.ts";
import type { Kernel } from "./kernel.ts";

/**
 * The point at address `term` = the point times the word at address `word`, below n: by the point's table where it has one, else through point register
 * `operand`. Register 0, which tables are made in, loses what it holds. `isSecret`: whether the word is; then the steps are the same for all words.
 */
export function putProduct(
  { arena, hot }: Kernel,
  { term, point, word, operand, isSecret }: { term: number; point: Point; word: number; operand: number; isSecret: boolean },
): void {
  const { wasm } = arena;
  const table = hot.tableOf(point);
  if (table !== undefined) {
    if (isSecret) wasm.multiplyFixedSecret(term, table, word);
    else wasm.multiplyFixedPublic(term, table, word);
    return;
  }
  arena.putPoint(operand, point);
  if (isSecret) wasm.sumSecret(term, arena.point(operand), word, 1);
  else wasm.sumPublic(term, arena.point(operand), word, 1);
}
