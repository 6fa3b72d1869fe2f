import { command, exitWith } from "../wat.ts";
import { exited, type Guest, trapped } from "./guest.ts";

/** Blockless's number. */
const USED_UP = trapped(1);
const fuel = 10_000;

/** Five instructions each round, and five besides: entering, a constant and a set, a constant and the call of the exit. */
const rounds = (count: number): string =>
  command(
    `(local $i i32) (local.set $i (i32.const ${count})) (loop $l (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1))))) ${exitWith("(i32.const 0)")}`,
  );

/** What spends fuel without end, each by another way back; the limits of time are far above. */
export const FUEL: readonly Guest[] = [
  ...Object.entries({
    "a loop": command("(loop $l (br $l))"),
    "a loop in the start section": command("", { more: "(func $s (loop $l (br $l))) (start $s)" }),
    "a loop that a table closes": command("(loop $l (br_table $l $l (i32.const 9)))"),
    "functions that call each other by a table": command("(call_indirect (type $t) (i32.const 0))", {
      more: `(type $t (func)) (table 1 funcref) (elem (i32.const 0) $f)
        (func $f (loop $l (call $g) (br $l))) (func $g)`,
    }),
    "a function that gives way to itself": command("(return_call $f)", { more: "(func $f (return_call $f))" }),
    "a loop around a host call": command("(loop $l (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 8))) (br $l))"),
    "a global that stands where the counter does": command("(loop $l (global.set $mine (i64.const 1000000)) (br $l))", {
      more: "(global $mine (mut i64) (i64.const 1000000))",
    }),
  }).map(([name, module]): Guest => ({ group: "fuel", name, module, limits: { fuel }, expected: USED_UP })),
  { group: "fuel", name: "one round too many", module: rounds(2_000), limits: { fuel }, expected: USED_UP },
  { group: "fuel", name: "as many rounds as it has fuel for", module: rounds(1_999), limits: { fuel }, expected: exited(), isTwin: true },
];
