import { KeyquorumError } from "@keyquorum/wire";
import { rollDice } from "../../../../test/random/dice.ts";
import { checkModule, type Runner } from "../run/createRunner.ts";
import { command, data, wat, write } from "./wat.ts";

/** A small module with something in every section that a module may have. */
export const wholeModule = (): Promise<Uint8Array> =>
  wat(
    command(`(drop (call_indirect (param i32) (result i32) (i32.const 1) (i32.const 0))) (drop (block (result i32) ${write(1, 512, 5)}))`, {
      pages: "1 4",
      more: `(type $t (func (param i32) (result i32))) (table 4 funcref) (elem (i32.const 0) $g) (elem declare func $g) (global $n (mut i64) (i64.const 5))
        (func $g (param i32) (result i32) (local f64 i32 v128) (block (result i32) (loop (br_if 0 (i32.const 0))) (br_table 0 0 (i32.const 1) (local.get 0))))
        (func $s (drop (i32x4.extract_lane 0 (v128.const i32x4 1 2 3 4))) (memory.fill (i32.const 0) (i32.const 0) (i32.const 1)) (memory.init 1 (i32.const 0) (i32.const 0) (i32.const 1)))
        (start $s) ${data(512, "hello")} (data "passive")`,
    }),
  );

/** A copy with a few bytes changed, taken out, put in or doubled. */
export const mutate = (bytes: Uint8Array, dice: ReturnType<typeof rollDice>): Uint8Array => {
  let changed = [...bytes];
  for (let left = 1 + dice.below(4); left > 0; left--) {
    const at = 8 + dice.below(Math.max(1, changed.length - 8));
    const kind = dice.below(5);
    if (kind === 0) changed[at] = dice.below(256);
    else if (kind === 1) changed[at] = (changed[at] ?? 0) ^ (1 << dice.below(8));
    else if (kind === 2) changed.splice(at, 1 + dice.below(4));
    else if (kind === 3) changed.splice(at, 0, ...dice.bytes(1 + dice.below(6)));
    else changed = [...changed.slice(0, at), ...changed.slice(dice.below(changed.length))];
  }
  return Uint8Array.from(changed);
};

const RUN_AT_MOST = 60;

/**
 * Every truncation of one whole module and `count` mutations of it: each passes the validator or is refused with its codes, and of those that pass some
 * are run. A fault is any other error, or a run that ends other than a run may.
 */
export const mutatedModules = async (runner: Runner, count: number) => {
  const [whole, dice] = [await wholeModule(), rollDice("mutated modules")];
  const cases = [
    ...Array.from({ length: whole.length }, (_, length) => whole.subarray(0, length)),
    ...Array.from({ length: count }, () => mutate(whole, dice)),
  ];
  const [found, passed]: [{ invalid: number; refused: number }, Uint8Array[]] = [{ invalid: 0, refused: 0 }, []];
  const faults: string[] = [];
  for (const [index, bytes] of cases.entries()) {
    try {
      checkModule(bytes);
      passed.push(bytes);
    } catch (error) {
      if (error instanceof KeyquorumError && error.code === "MODULE_INVALID") found.invalid += 1;
      else if (error instanceof KeyquorumError && error.code === "MODULE_REFUSED") found.refused += 1;
      else faults.push(`case ${index}: ${String(error)}`);
    }
  }
  const ran = dice.some(passed, RUN_AT_MOST);
  for (const bytes of ran) {
    const run = await runner.start(checkModule(bytes), { limits: { cpuMs: 500, wallMs: 5_000 } });
    const { outcome } = await run.give({});
    if (outcome.kind === "aborted") faults.push(`a module that passed ended so: ${outcome.sentence} ${Buffer.from(bytes).toString("hex")}`);
  }
  return { ...found, valid: passed.length, ran: ran.length, faults };
};
