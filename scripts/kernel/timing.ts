// Long: do calls on a fixed secret take another time than calls on random ones? (O. Reparaz, J. Balasch, I. Verbauwhede, "Dude, is my code constant
// time?", DATE 2017.) Welch's t of two classes, in random order, over the times below the 95th percentile of all; |t| >= 4.5 is a difference.
//   node scripts/kernel/timing.ts [CALLS of each entry point, 1000000]
import { loadavg } from "node:os";
import { bytesToInteger } from "../../packages/threshold/src/bytes.ts";
import { CURVE_ORDER, encodeScalar, G, nobleBackend } from "../../packages/threshold/src/index.ts";
import { createKernel } from "../../packages/threshold/src/kernel/kernel.ts";
import { rollDice } from "../../test/random/dice.ts";

const LIMIT = 4.5;
const CROP = 0.95;
const POOL = 4096;
const WARM_UP = 3_000;
const calls = Number(process.argv[2] ?? 1_000_000);
if (!Number.isSafeInteger(calls) || calls < 10_000) throw new Error("At least 10000 calls are needed.");

const kernel = createKernel();
if (kernel === undefined) throw new Error("There is no WebAssembly here.");
const { arena, hot } = kernel;
const { wasm } = arena;
const table = hot.tableOf(G) as number; // G's is the first
const dice = rollDice("kernel timing");
const [scalar, inverse, point, result] = [arena.word(0), arena.word(1), arena.point(1), arena.point(2)];

const random = Array.from({ length: POOL }, () => encodeScalar(bytesToInteger(dice.bytes(32)) % CURVE_ORDER));
const FIXED: Readonly<Record<string, bigint>> = { "0": 0n, "1": 1n, "n - 1": CURVE_ORDER - 1n };
const secretCalls: Readonly<Record<string, () => void>> = {
  multiplyFixedSecret: () => wasm.multiplyFixedSecret(result, table, scalar),
  sumSecret: () => wasm.sumSecret(result, point, scalar, 1),
  invertScalar: () => wasm.invertScalar(inverse, scalar),
};

/** Welch's t of the two samples. */
const welch = ([a, b]: readonly [readonly number[], readonly number[]]): number => {
  const of = (sample: readonly number[]): { mean: number; error: number } => {
    const mean = sample.reduce((sum, x) => sum + x, 0) / sample.length;
    const variance = sample.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (sample.length - 1);
    return { mean, error: variance / sample.length };
  };
  const [p, q] = [of(a), of(b)];
  return (p.mean - q.mean) / Math.sqrt(p.error + q.error);
};

/** t of `count` calls, half of them on the fixed scalar. Both classes are taken from pools of equal size, so that only the values differ. */
const measure = (call: () => void, fixed: bigint, count: number): number => {
  const pools = [Array.from({ length: POOL }, () => encodeScalar(fixed)), random] as const;
  const [classes, times] = [new Uint8Array(count), new Float64Array(count)];
  for (let i = -WARM_UP; i < count; i++) {
    const kind = dice.next() < 0.5 ? 0 : 1;
    arena.putBytes(scalar, pools[kind][i & (POOL - 1)] as Uint8Array); // an index of it
    const started = process.hrtime.bigint();
    call();
    const time = Number(process.hrtime.bigint() - started);
    if (i < 0) continue;
    classes[i] = kind;
    times[i] = time;
  }
  const limit = times.toSorted()[Math.floor(count * CROP)] as number; // below its length
  const samples: [number[], number[]] = [[], []];
  times.forEach((time, i) => {
    if (time < limit) samples[classes[i] as 0 | 1].push(time);
  });
  return welch(samples);
};

arena.putPoint(1, nobleBackend.mulG(12345n));
console.log(`${calls} calls of each, load ${loadavg()[0]?.toFixed(1)}`);
const leak = measure(() => wasm.sumPublic(result, point, scalar, 1), 1n, 10_000);
console.log(`sumPublic, the control, which takes as long as its scalar wants: t = ${leak.toFixed(1)}`);
let failed = Math.abs(leak) < LIMIT;
for (const [name, call] of Object.entries(secretCalls)) {
  for (const [what, fixed] of Object.entries(FIXED)) {
    const t = measure(call, fixed, Math.ceil(calls / Object.keys(FIXED).length));
    const isDifferent = Math.abs(t) >= LIMIT;
    failed ||= isDifferent;
    console.log(`${name}, ${what} against random: t = ${t.toFixed(2)}${isDifferent ? "  A DIFFERENCE" : ""}`);
  }
}
process.exit(failed ? 1 : 0);
