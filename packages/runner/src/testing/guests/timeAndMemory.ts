import { command, data, exitWith, write } from "../wat.ts";
import { functionsOf, memoryOf, nestedBlocks } from "./binaries.ts";
import { exited, type Guest, refused, stopped, trapped } from "./guest.ts";

const LOOP = "(loop $l (br $l))";
const QUICK = { cpuMs: 300 } as const;
const growTo = (pages: number) => command(exitWith(`(i32.eq (memory.grow (i32.const ${pages})) (i32.const -1))`));
const recursion =
  "(func $r (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $r (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0))))";
/** A subscription to the monotonic clock at 64: this many milliseconds. */
const sleep = (milliseconds: number) =>
  `(i32.store (i32.const 80) (i32.const 1)) (i64.store (i32.const 88) (i64.const ${milliseconds * 1_000_000}))
   (drop (call $poll (i32.const 64) (i32.const 256) (i32.const 1) (i32.const 400)))`;

export const TIME: readonly Guest[] = [
  { group: "time", name: "a loop in _start", module: command(LOOP), limits: QUICK, expected: stopped("cpu") },
  {
    group: "time",
    name: "a loop in the start section",
    module: command("", { more: `(func $s ${LOOP}) (start $s)` }),
    limits: QUICK,
    expected: stopped("cpu"),
  },
  {
    group: "time",
    name: "a loop in the shadow of a host call",
    module: command(`(loop $l (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 8))) (br $l))`),
    limits: QUICK,
    expected: stopped("cpu"),
  },
  { group: "time", name: "sleep without end", module: command(sleep(1e9)), limits: { wallMs: 400 }, expected: stopped("wall") },
  { group: "time", name: "sleep of 20 ms", module: command(sleep(20)), limits: { wallMs: 20_000 }, expected: exited(), isTwin: true },
  {
    group: "time",
    name: "three million turns of a loop",
    module: command(
      `(local $i i32) (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 3000000))))`,
    ),
    expected: exited(),
    isTwin: true,
  },
];

export const MEMORY: readonly Guest[] = [
  { group: "memory", name: "growth to 1 GiB", module: growTo(16_384), expected: exited(1) },
  { group: "memory", name: "growth to the limit", module: growTo(2_047), expected: exited(0), isTwin: true },
  { group: "memory", name: "16384 pages at once", module: command("", { pages: "16384" }), expected: refused("pages") },
  {
    group: "memory",
    name: "all pages of the limit, each touched",
    module: command(
      `(local $i i32) (loop $l (i32.store (local.get $i) (i32.const 1)) (local.set $i (i32.add (local.get $i) (i32.const 4096))) (br_if $l (i32.lt_u (local.get $i) (i32.const 134217728))))`,
      { pages: "2048" },
    ),
    expected: exited(),
    isTwin: true,
  },
  {
    group: "memory",
    name: "60 memories",
    module: () => memoryOf([60, ...new Array(60).fill([0, 1]).flat()]),
    expected: refused("60 memories"),
  },
  { group: "memory", name: "a 64-bit memory", module: () => memoryOf([1, 4, 1]), expected: refused("64 bit") },
  { group: "memory", name: "a shared memory", module: () => memoryOf([1, 3, 1, 1]), expected: refused("shared") },
  {
    group: "memory",
    name: "a table of 10 million",
    module: command("", { more: "(table 10000000 funcref)" }),
    expected: refused("entries of tables"),
  },
  {
    group: "memory",
    name: "a table of a million",
    module: command("", { more: "(table 1000000 funcref)" }),
    expected: exited(),
    isTwin: true,
  },
  {
    group: "memory",
    name: "a table that grows without end",
    module: command(
      `(loop $l (br_if $l (i32.ne (table.grow 0 (ref.null func) (i32.const 100000)) (i32.const -1)))) ${exitWith("(i32.const 5)")}`,
      { more: "(table 1 funcref)" },
    ),
    expected: [...exited(5), ...stopped("memory"), ...stopped("cpu")],
    isLong: true,
  },
  { group: "memory", name: "recursion without end", module: command("(call $f)", { more: "(func $f (call $f))" }), expected: trapped(2) },
  {
    group: "memory",
    name: "recursion of 5000",
    module: command("(drop (call $r (i32.const 5000)))", { more: recursion }),
    expected: exited(),
    isTwin: true,
  },
  {
    group: "memory",
    name: "files in /tmp without end",
    module: command(
      `(local $e i32) (drop (call $open (i32.const 3) (i32.const 0) (i32.const 512) (i32.const 1) (i32.const 1) (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 32)))
       (loop $l (local.set $e ${write(5, 0, 65_536)
         .replace(/\(i32.store/g, "(i32.store")
         .replace(/\n/g, " ")
         .replace(/^(.*\)) (\(call \$write .*)$/, "(block (result i32) $1 $2)")}) (br_if $l (i32.eqz (local.get $e))))
       ${exitWith("(local.get $e)")}`,
      { more: data(512, "f") },
    ),
    limits: { temporaryBytes: 8 * 1024 * 1024 },
    expected: exited(51),
  },
  {
    group: "memory",
    name: "one byte of /tmp at an offset of 2^50",
    module: command(
      `(drop (call $open (i32.const 3) (i32.const 0) (i32.const 512) (i32.const 1) (i32.const 1) (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 32)))
       (drop (call $seek (i32.const 5) (i64.const 1099511627776) (i32.const 0) (i32.const 64))) ${write(5, 0, 1).replace(/\(call \$write/, "(call $exit (call $write")})`,
      { more: data(512, "f") },
    ),
    expected: exited(51),
  },
  {
    group: "memory",
    name: "descriptors without end",
    module: command(
      `(local $e i32) (loop $l (local.set $e (call $open (i32.const 3) (i32.const 0) (i32.const 512) (i32.const 1) (i32.const 1) (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 32))) (br_if $l (i32.eqz (local.get $e)))) ${exitWith("(local.get $e)")}`,
      { more: data(512, "f") },
    ),
    expected: exited(33),
  },
];

const EMPTY_BODY = [0, 0x0b];

export const COMPILATION: readonly Guest[] = [
  { group: "compilation", name: "900,000 functions", module: () => functionsOf(900_000, EMPTY_BODY), expected: refused("functions") },
  {
    group: "compilation",
    name: "200,000 functions",
    module: () => functionsOf(200_000, EMPTY_BODY),
    expected: exited(),
    isTwin: true,
    isLong: true,
  },
  {
    group: "compilation",
    name: "100,000 blocks inside each other",
    module: () => functionsOf(1, nestedBlocks(100_000)),
    expected: refused("blocks inside each other"),
  },
  {
    group: "compilation",
    name: "999 blocks inside each other",
    module: () => functionsOf(1, nestedBlocks(999)),
    expected: exited(),
    isTwin: true,
  },
  {
    group: "compilation",
    name: "a function of 5 MB",
    module: () => functionsOf(1, [0, ...new Array<number>(5_000_000).fill(0x01), 0x0b]),
    expected: refused("bytes in one function"),
    isLong: true,
  },
  {
    group: "compilation",
    name: "4 billion locals",
    module: () => functionsOf(1, [1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b]),
    expected: refused("locals in one function"),
  },
  {
    group: "compilation",
    name: "bodies that V8 compiles slowly, within the CPU limit or not at all",
    module: () =>
      functionsOf(2_000, [0, ...new Array<readonly number[]>(900).fill([0x02, 0x40]).flat(), ...new Array<number>(901).fill(0x0b)]),
    limits: { cpuMs: 1_500 },
    expected: [...exited(), ...stopped("cpu")],
    isLong: true,
  },
];
