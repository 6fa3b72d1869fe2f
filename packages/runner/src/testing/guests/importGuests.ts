import { OFFERS } from "../../validate/offers.ts";
import { command, exitWith } from "../wat.ts";
import { PREAMBLE } from "./binaries.ts";
import { exited, type Guest, refused } from "./guest.ts";

const importing = (module: string, name: string, type = "(func)") =>
  `(module (import "${module}" "${name}" ${type}) (memory (export "memory") 1) (func (export "_start")))`;

export const IMPORT_GUESTS: readonly Guest[] = [
  {
    group: "imports",
    name: "a WASI function that is not offered",
    module: importing("wasi_snapshot_preview1", "path_mount"),
    expected: refused("wasi_snapshot_preview1.path_mount"),
  },
  {
    group: "imports",
    name: "our name with another type",
    module: importing("keyquorum", "secret_open", "(func (param i64))"),
    expected: refused("its type is (I), the offer's is (iiii)i"),
  },
  {
    group: "imports",
    name: "a memory of the host",
    module: `(module (import "keyquorum" "memory" (memory 1)) (export "memory" (memory 0)) (func (export "_start")))`,
    expected: refused("keyquorum.memory (a memory)"),
  },
  { group: "imports", name: "env", module: importing("env", "abort"), expected: refused("a host of its own") },
  { group: "imports", name: "gojs", module: importing("gojs", "runtime.wasmExit"), expected: refused("GOOS=wasip1") },
  {
    group: "imports",
    name: "Ruby's browser ABI",
    module: importing("rb-js-abi-host", "eval-js: func() -> ()"),
    expected: refused("Ruby in a browser"),
  },
  { group: "imports", name: "Blockless's cgi", module: importing("blockless_cgi", "cgi_open"), expected: refused("starts no programs") },
  {
    group: "imports",
    name: "a name with a terminal's escape sequences",
    module: importing("\\1b[2Jx", "\\0a"),
    expected: refused("?[2Jx".replace("[", "?")),
  },
  {
    group: "imports",
    name: "a reactor",
    module: `(module (memory (export "memory") 1) (func (export "_initialize")))`,
    expected: refused("a reactor"),
  },
  { group: "imports", name: "no _start", module: `(module (memory (export "memory") 1))`, expected: refused("no _start") },
  {
    group: "imports",
    name: "a _start with a parameter",
    module: `(module (memory (export "memory") 1) (func (export "_start") (param i32)))`,
    expected: refused("_start"),
  },
  { group: "imports", name: "no memory", module: `(module (func (export "_start")))`, expected: refused("exports no memory") },
  {
    group: "imports",
    name: "a component",
    module: () => Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]),
    expected: refused("a component"),
  },
  {
    group: "imports",
    name: "garbage collection",
    module: () => Uint8Array.from([...PREAMBLE, 1, 3, 1, 0x5f, 0]),
    expected: refused("garbage collection"),
  },
  {
    group: "imports",
    name: "atomic instructions",
    module: command("(drop (i32.atomic.load (i32.const 0)))"),
    expected: refused("threads"),
  },
  {
    group: "imports",
    name: "every function of WASI that is offered, in both versions",
    module: allOffered(["wasi_snapshot_preview1", "wasi_unstable", "keyquorum", "blockless_memory", "blockless_http"], () => ""),
    expected: exited(),
    isTwin: true,
  },
];

/** A module that imports all offers of these host modules and calls each but proc_exit with what `argument` gives for a type. */
function allOffered(modules: readonly string[], argument: (type: string) => string): string {
  const functions = modules.flatMap((module) => [...(OFFERS.get(module) ?? [])].map(([name, type]) => ({ module, name, type })));
  const isCalled = argument("i") !== "";
  const imports = functions.map(({ module, name, type }, index) => {
    const [parameters = "", result = ""] = type.slice(1).split(")");
    const words = [...parameters].map((letter) => (letter === "i" ? "i32" : "i64")).join(" ");
    return `(import "${module}" "${name}" (func $f${index} (param ${words}) ${result === "" ? "" : "(result i32)"}))`;
  });
  const calls = functions.flatMap(({ name, type }, index) =>
    !isCalled || name === "proc_exit" || name === "poll_oneoff"
      ? []
      : [`(drop (call $f${index} ${[...(type.slice(1).split(")")[0] ?? "")].map(argument).join(" ")}))`],
  );
  return `(module ${imports.join("\n")} (memory (export "memory") 1) (func (export "_start") ${calls.join("\n")}))`;
}

const ALL = ["wasi_snapshot_preview1", "wasi_unstable", "keyquorum", "blockless_memory", "blockless_http"];

/** Every host function but the one that ends the module, with the same value everywhere: none may do more than answer with a number. */
const everywhere = (name: string, i32: string, i64: string): Guest => ({
  group: "pointers",
  name: `${name} at every host function`,
  module: allOffered(ALL, (type) => (type === "i" ? `(i32.const ${i32})` : `(i64.const ${i64})`)),
  expected: exited(),
});

export const POINTER_GUESTS: readonly Guest[] = [
  everywhere("-1", "-1", "-1"),
  everywhere("0", "0", "0"),
  everywhere("the memory's last byte", "65535", "65535"),
  everywhere("the memory's end", "65536", "9223372036854775807"),
  everywhere("2^31 - 1", "2147483647", "-9223372036854775808"),
  everywhere("-2^31", "-2147483648", "4294967296"),
  everywhere("4, so that all ranges overlap", "4", "4"),
  {
    group: "pointers",
    name: "a host call in the start section, before there is a memory",
    module: `(module (import "wasi_snapshot_preview1" "random_get" (func $r (param i32 i32) (result i32))) (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1) (func $s (call $exit (call $r (i32.const 0) (i32.const 4)))) (start $s) (func (export "_start")))`,
    expected: exited(21),
  },
  {
    group: "pointers",
    name: "a list of a million ranges",
    module: command(exitWith("(call $write (i32.const 1) (i32.const 0) (i32.const 1000000) (i32.const 8))")),
    expected: exited(21),
  },
  {
    group: "pointers",
    name: "a poll of a million clocks",
    module: command(exitWith("(call $poll (i32.const 0) (i32.const 0) (i32.const 1000000) (i32.const 8))")),
    expected: exited(28),
  },
];
