import { loadavg } from "node:os";
import { type EcBackend, encodePoint, encodeScalar, type Point, randomScalar } from "@keyquorum/threshold";
// the two backends themselves: nobody else takes them past `backend`
import { createKernelBackend } from "../../packages/threshold/src/kernel/kernelBackend.ts";
import { nobleBackend } from "../../packages/threshold/src/nobleBackend.ts";
import { type Figure, median } from "./figures.ts";
import { loadPeer } from "./peers.ts";

const ROUNDS = 25;
/** Some systems count processor time in steps of 4 ms: what is measured at once takes many of them. */
const MEASURED_MILLISECONDS = 50;
type Side = "kernel" | "noble" | "native";

/** What of libsecp256k1 5.0.1's binding is used: it is variable time at a point times a public scalar, and constant time at ecdh. */
type Native = {
  readonly publicKeyCreate: (secret: Uint8Array, isCompressed: boolean) => Uint8Array;
  readonly publicKeyTweakMul: (key: Uint8Array, scalar: Uint8Array, isCompressed: boolean) => Uint8Array;
  readonly ecdh: (key: Uint8Array, secret: Uint8Array, options: object, output: Uint8Array) => Uint8Array;
  readonly ecdsaSign: (digest: Uint8Array, secret: Uint8Array) => { readonly signature: Uint8Array; readonly recid: number };
  readonly ecdsaRecover: (signature: Uint8Array, recovery: number, digest: Uint8Array, isCompressed: boolean) => Uint8Array;
};

type Row = { readonly name: string; readonly faster: number; readonly sides: Readonly<Partial<Record<Side, () => unknown>>> };

/** The operations: each over a point that has no table. Bytes go into libsecp256k1, bigints and points into the backends, as they are used. */
const rowsOf = (kernel: EcBackend, native: Native | undefined): readonly Row[] => {
  const scalars = Array.from({ length: 64 }, () => randomScalar());
  const words = scalars.map(encodeScalar);
  let at = 0;
  const next = (): number => (at = (at + 1) % 64);
  const [p, q] = [kernel.mulG(scalars[0] as bigint), kernel.mulG(scalars[1] as bigint)] as [Point, Point];
  const [scalar, word] = [() => scalars[next()] as bigint, () => words[next()] as Uint8Array];
  const key = encodePoint(p);
  const [digest, output] = [new Uint8Array(32).fill(7), new Uint8Array(65)];
  const signature = kernel.sign(digest, words[2] as Uint8Array);
  const both = (run: (backend: EcBackend) => unknown) => ({ kernel: () => run(kernel), noble: () => run(nobleBackend) });
  const whole = { hashfn: (x: Uint8Array, y: Uint8Array) => Uint8Array.of(4, ...x, ...y) }; // the point itself
  const rows: readonly Row[] = [
    { name: "sP, secret", faster: 20, sides: both((backend) => backend.mulSecret(p, scalar())) },
    { name: "sP, public", faster: 10, sides: both((backend) => backend.mulVar(p, scalar())) },
    { name: "sG", faster: 10, sides: both((backend) => backend.mulG(scalar())) },
    { name: "aP + bQ, secret", faster: 20, sides: both((backend) => backend.mulAddSecret(p, scalar(), q, scalar())) },
    { name: "ECDSA, sign", faster: 1, sides: both((backend) => backend.sign(digest, word())) },
    { name: "ECDSA, recover", faster: 1, sides: both((backend) => backend.recover(digest, signature)) },
  ];
  if (native === undefined) return rows;
  const natives: Readonly<Record<string, () => unknown>> = {
    "sP, secret": () => native.ecdh(key, word(), whole, output),
    "sP, public": () => native.publicKeyTweakMul(key, word(), false),
    sG: () => native.publicKeyCreate(word(), false),
    "ECDSA, sign": () => native.ecdsaSign(digest, word()),
    "ECDSA, recover": () => native.ecdsaRecover(signature.subarray(0, 64), (signature[64] as number) - 27, digest, false),
  };
  return rows.map((row) => {
    const run = natives[row.name];
    return run === undefined ? row : { ...row, sides: { ...row.sides, native: run } };
  });
};

/** Microseconds of processor time of one run: on a busy machine the clock on the wall says more of the others. */
const timeOf = (run: () => unknown, runs: number): number => {
  const started = process.threadCpuUsage();
  for (let i = 0; i < runs; i++) run();
  const { user, system } = process.threadCpuUsage(started);
  return (user + system) / runs;
};

/** How many runs take about as long as is measured at once; they warm up, too. */
const runsOf = (run: () => unknown): number => {
  const countIn = (milliseconds: number): number => {
    const end = performance.now() + milliseconds;
    let count = 0;
    do {
      run();
      count += 1;
    } while (performance.now() < end);
    return count;
  };
  countIn(MEASURED_MILLISECONDS);
  return countIn(MEASURED_MILLISECONDS);
};

/** The kernel beside noble, and with `--peers` beside libsecp256k1: medians of interleaved rounds in one process, in time of its processor. */
export const kernelFigures = async ({ peers }: { readonly peers: boolean }): Promise<readonly Figure[]> => {
  const kernel = createKernelBackend();
  if (kernel === undefined) throw new Error("This Node refuses WebAssembly.");
  const native = peers ? (loadPeer("secp256k1", "5.0.1") as Native) : undefined;
  const rows = rowsOf(kernel, native);
  const sidesOf = ({ sides }: Row) => Object.entries(sides) as [Side, () => unknown][];
  const all = rows.flatMap((row) =>
    sidesOf(row).map(([side, run]) => ({ name: `${row.name} ${side}`, run, runs: runsOf(run), times: [] as number[] })),
  );
  for (let round = 0; round < ROUNDS; round++) for (const { run, runs, times } of all) times.push(timeOf(run, runs));
  const times = new Map(all.map(({ name, times }) => [name, times]));
  const load = `load ${loadavg()
    .map((value) => value.toFixed(1))
    .join(" ")}`;
  return rows.flatMap(({ name, faster, sides }): readonly Figure[] => {
    const of = (side: Side): number => median(times.get(`${name} ${side}`) ?? []);
    return [
      { name, value: of("kernel") / 1000, unit: "ms", note: `noble ${(of("noble") / 1000).toPrecision(3)} ms, ${load}` },
      { name: `${name}, times faster than noble`, value: of("noble") / of("kernel"), unit: "times", target: faster },
      ...(sides.native === undefined
        ? []
        : [
            {
              name: `${name}, times slower than libsecp256k1`,
              value: of("kernel") / of("native"),
              unit: "x" as const,
              target: 2.5,
              note: `${(of("native") / 1000).toPrecision(3)} ms`,
            },
          ]),
    ];
  });
};
