import { command, data, exitWith, write } from "../wat.ts";
import { exited, type Guest, stopped, trapped } from "./guest.ts";

const SECRET = "correct horse battery staple";
const withSecret = () => ({ env: [{ name: "KEY", value: new TextEncoder().encode(SECRET) }] });
const flood = (descriptor: number) =>
  command(`(loop $l ${write(descriptor, 0, 60_000).replace("(call $write", "(drop (call $write")}) (br $l))`);
const call = (text: string) => text.replace("(call $write", "(drop (call $write").concat(")");
/** Reads the environment to 1024: `KEY=..` begins there. */
const READ_KEY = "(drop (call $environ (i32.const 512) (i32.const 1024)))";

export const OUTPUT: readonly Guest[] = [
  { group: "output", name: "stdout without end", module: flood(1), limits: { stdoutBytes: 100_000 }, expected: stopped("stdout") },
  { group: "output", name: "stderr without end", module: flood(2), limits: { stderrBytes: 100_000 }, expected: stopped("stderr") },
  {
    group: "output",
    name: "stdout up to its limit",
    module: command(call(write(1, 0, 60_000))),
    limits: { stdoutBytes: 60_000 },
    expected: exited(),
    isTwin: true,
  },
  {
    group: "output",
    name: "a write to the descriptor that is the child's pipe",
    module: command(exitWith(`(block (result i32) ${write(3, 0, 100)})`)),
    expected: exited(31),
  },
  { group: "output", name: "a write to stdin", module: command(exitWith(`(block (result i32) ${write(0, 0, 100)})`)), expected: exited(8) },
  {
    group: "output",
    name: "a trap after the secret was printed to stderr",
    module: command(`${READ_KEY} ${call(write(2, 1028, SECRET.length))} unreachable`),
    inputs: withSecret,
    expected: [{ ends: "trapped", exitCode: 11, stderr: "***" }],
  },
  {
    group: "output",
    name: "the secret in two writes",
    module: command(`${READ_KEY} ${call(write(1, 1028, 10))} ${call(write(1, 1038, SECRET.length - 10))}`),
    inputs: withSecret,
    expected: exited(0, { stdout: "***" }),
  },
  {
    group: "output",
    name: "half of the secret at the end of a flood",
    module: command(`${READ_KEY} (loop $l ${call(write(1, 1028, SECRET.length))} (br $l))`),
    inputs: withSecret,
    limits: { stdoutBytes: SECRET.length * 2 + 14 },
    expected: [{ limit: "stdout" }],
  },
];

const trap = (name: string, exitCode: number, body: string, more = ""): Guest => ({
  group: "time",
  name: `trap: ${name}`,
  module: command(body, { more }),
  expected: trapped(exitCode),
});

/** One for each row of `TRAPS`; the texts are V8's. */
export const TRAP_GUESTS: readonly Guest[] = [
  trap("memory", 3, "(drop (i32.load (i32.const 65536)))"),
  trap("table", 5, "(call_indirect (i32.const 7))", "(table 1 funcref) (type $t (func))"),
  trap("null function", 7, "(call_indirect (i32.const 0))", "(table 1 funcref)"),
  trap("signature", 7, "(call_indirect (i32.const 0))", "(table 1 funcref) (elem (i32.const 0) $g) (func $g (param i32))"),
  trap("overflow", 8, "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))"),
  trap("division", 9, "(drop (i32.div_u (i32.const 1) (i32.const 0)))"),
  trap("remainder", 9, "(drop (i64.rem_s (i64.const 1) (i64.const 0)))"),
  trap("conversion", 10, "(drop (i32.trunc_f64_s (f64.const 1e20)))"),
  trap("unreachable", 11, "unreachable"),
  trap("a data segment outside", 3, "", data(70_000, "x")),
  trap("an element segment outside", 5, "", "(table 1 funcref) (elem (i32.const 5) $g) (func $g)"),
  trap("table.get", 5, "(drop (table.get 0 (i32.const 9)))", "(table 1 funcref)"),
];
