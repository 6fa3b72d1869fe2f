// Derives bounds of every limb that the formulas of the kernel make, by interval arithmetic over the built bytes: no limb leaves its 32 bits, no sum of
// products its 64, no subtraction goes below 0. Intervals hold for all inputs within the bounds of the first ones.
import { kernelBytes } from "../../../packages/threshold/src/kernel/instantiate.ts";
import { compute, convert } from "./known.ts";
import { type Domain, Machine } from "./machine.ts";
import { readModule, type WasmModule } from "./wasmModule.ts";

type Range = { readonly low: bigint; readonly high: bigint };
/**
 * `usually`: what it is unless two points are equal or opposite, or one infinite: branches on that, which public sums have, go the usual way here. What
 * they do else, a doubling or nothing, they do in the usual way too.
 *
 * A whole number in a range; or lanes of 32 bits, from the lowest on, each a number of its own, as limbs are added two at a time;
 * or anything: scalars and masks, of which nothing is claimed.
 */
type Value =
  | ({ readonly kind: "whole"; readonly usually?: bigint } & Range)
  | { readonly kind: "lanes"; readonly lanes: readonly Range[] }
  | { readonly kind: "anything"; readonly usually?: bigint };

const ANYTHING: Value = { kind: "anything" };
const LANE = (1n << 32n) - 1n;
const WORD = (1n << 64n) - 1n;
const whole = (low: bigint, high: bigint): Value => ({ kind: "whole", low, high });
const exactly = (value: bigint): Range => ({ low: value, high: value });
const ones = (value: bigint): bigint => (1n << BigInt(value === 0n ? 0 : value.toString(2).length)) - 1n;

/** A bound that was left. */
export class OutOfBounds extends Error {
  override readonly name = "OutOfBounds";
}

/** As lanes of 32 bits, if it has them. */
const lanesOf = (value: Value, count: number): readonly Range[] | undefined => {
  if (value.kind === "lanes") return value.lanes;
  if (value.kind === "anything") return undefined;
  if (value.low === value.high) return Array.from({ length: count }, (_, i) => exactly((value.low >> BigInt(32 * i)) & LANE));
  if (value.high <= LANE) return [value, ...Array<Range>(count - 1).fill(exactly(0n))];
  return undefined;
};
/** As one number, if it is one. */
const wholeOf = (value: Value): Range | undefined => {
  if (value.kind === "whole") return value;
  if (value.kind === "anything") return undefined;
  return value.lanes.reduceRight<Range>(
    (sum, lane) => ({ low: (sum.low << 32n) + lane.low, high: (sum.high << 32n) + lane.high }),
    exactly(0n),
  );
};

const checked = ({ low, high }: Range, limit: bigint, where: string): Range => {
  if (low < 0n) throw new OutOfBounds(`${where} can go below 0`);
  if (high > limit) throw new OutOfBounds(`${where} can reach ${high.toString(16)}, more than ${limit.toString(16)}`);
  return { low, high };
};

/** Ranges of what is in memory, by limbs. Below the first word lie constants; scalars are anything, and limbs never. */
export class LimbDomain implements Domain<Value> {
  readonly #cells = new Map<number, Range>();
  readonly #bytes = new Map<number, bigint>();
  readonly #isScalar: (address: number) => boolean;

  constructor({ data, globals }: WasmModule) {
    const at = (name: string): number => globals.get(name) as number;
    const scalars = [
      [at("WORDS"), at("POINTS")],
      [at("INTEGERS"), at("SUM")],
      [at("PADDED"), at("PRODUCTS")],
    ] as const;
    this.#isScalar = (address) => scalars.some(([from, to]) => address >= from && address < to);
    const constants = Buffer.alloc(at("SECRET_START"));
    for (const { address, bytes } of data) constants.set(bytes, address);
    for (let i = 0; i < constants.length; i += 4) this.#cells.set(i, exactly(BigInt(constants.readUInt32LE(i))));
  }

  constant(value: bigint): Value {
    return whole(value, value);
  }
  known(value: Value): bigint | undefined {
    const range = wholeOf(value);
    return range !== undefined && range.low === range.high ? range.low : undefined;
  }
  assumed(value: Value): bigint | undefined {
    return this.known(value) ?? (value.kind === "lanes" ? undefined : value.usually);
  }
  /** The result of a comparison. */
  #truth(op: string, ...operands: readonly Value[]): Value {
    const [x, y] = operands.map((operand) => this.assumed(operand));
    if (x === undefined || (operands.length === 2 && y === undefined)) return whole(0n, 1n);
    return { ...whole(0n, 1n), usually: y === undefined ? convert(op, x) : compute(op, x, y) } as Value;
  }
  load(address: number, bytes: number): Value {
    if (bytes === 1) {
      const byte = this.#bytes.get(address);
      return byte === undefined ? ANYTHING : whole(byte, byte);
    }
    const cells = Array.from({ length: bytes / 4 }, (_, i) => this.#cells.get(address + 4 * i));
    if (this.#isScalar(address) && cells.includes(undefined)) return ANYTHING;
    const lanes = cells.map((cell) => cell ?? { low: 0n, high: LANE }); // whatever was there before
    const [only] = lanes;
    return lanes.length === 1 && only !== undefined ? whole(only.low, only.high) : { kind: "lanes", lanes };
  }
  store(address: number, bytes: number, value: Value): void {
    if (bytes === 1) {
      const known = this.known(value);
      if (known === undefined) this.#bytes.delete(address);
      else this.#bytes.set(address, known & 0xffn);
      if (address % 4 === 3 && [0, 1, 2, 3].every((i) => this.#bytes.get(address - i) === 0n)) this.#cells.set(address - 3, exactly(0n));
      else if (this.#isScalar(address)) this.#cells.delete(address & ~3);
      return;
    }
    const lanes = bytes === 4 && value.kind === "whole" && value.low !== value.high ? [value] : lanesOf(value, bytes / 4);
    for (let i = 0; i < bytes / 4; i++) {
      const lane = lanes?.[i];
      if (lane !== undefined && lane.high <= LANE) this.#cells.set(address + 4 * i, lane);
      else if (this.#isScalar(address)) this.#cells.delete(address + 4 * i);
      else throw new OutOfBounds(`a limb at ${address + 4 * i} of which nothing is known`);
    }
  }

  unary(op: string, a: Value): Value {
    const known = this.known(a);
    if (known !== undefined) return this.constant(convert(op, known));
    const range = wholeOf(a);
    if (op.endsWith("eqz")) return this.#truth(op, a);
    if (range === undefined) return ANYTHING;
    if (op === "i64.extend_i32_u" || (op === "i64.extend_i32_s" && range.high < 1n << 31n)) return whole(range.low, range.high);
    if (op === "i32.wrap_i64" && range.high <= LANE) return a.kind === "whole" ? a : whole(range.low, range.high);
    return ANYTHING;
  }

  binary(op: string, a: Value, b: Value, where: string): Value {
    const [x, y] = [this.known(a), this.known(b)];
    if (x !== undefined && y !== undefined) return this.constant(compute(op, x, y));
    const [type, name] = op.split(".") as [string, string];
    if (/^(eq|ne|[lg][te]_[su])$/.test(name)) return this.#truth(op, a, b);
    if (name === "and") return this.#and(a, b, type);
    if (name === "or" || name === "xor") return this.#or(a, b, type);
    if (name === "shr_u") return this.#shiftRight(a, y, type);
    if (type !== "i64") return ANYTHING; // digits and masks
    if (name === "shl") return this.#shiftLeft(a, y, where);
    // 0 - x and x - 1 make masks; of an element that usually is not 0
    const isOne = a.kind === "whole" && a.usually === 1n;
    if (isOne && ((name === "sub" && y === 1n) || (name === "add" && y === WORD))) return { kind: "anything", usually: 0n };
    if ((name === "sub" && (x === 0n || y === 1n)) || (name === "add" && (x === WORD || y === WORD))) return ANYTHING;
    if (a.kind === "anything" || b.kind === "anything" || !["add", "sub", "mul"].includes(name)) return ANYTHING;
    // the compiler writes x + 48 as x - (2^64 - 48)
    if (name !== "mul" && y !== undefined && y > WORD / 2n)
      return this.#arithmetic(name === "add" ? "sub" : "add", a, this.constant(WORD + 1n - y), where);
    return this.#arithmetic(name, a, b, where);
  }

  #arithmetic(name: string, a: Value, b: Value, where: string): Value {
    const combine = (p: Range, q: Range, limit: bigint): Range => {
      if (name === "add") return checked({ low: p.low + q.low, high: p.high + q.high }, limit, where);
      if (name === "sub") return checked({ low: p.low - q.high, high: p.high - q.low }, limit, where);
      return checked({ low: p.low * q.low, high: p.high * q.high }, limit, where);
    };
    if (name !== "mul" && (a.kind === "lanes" || b.kind === "lanes")) {
      const [first, second] = [lanesOf(a, 2), lanesOf(b, 2)];
      if (first === undefined || second === undefined) throw new OutOfBounds(`${where} mixes limbs and a long number`);
      return { kind: "lanes", lanes: first.map((lane, i) => combine(lane, second[i] as Range, LANE)) };
    }
    const result = combine(wholeOf(a) as Range, wholeOf(b) as Range, WORD); // neither is anything
    return whole(result.low, result.high);
  }

  #and(a: Value, b: Value, type: string): Value {
    const lanes = [a, b].flatMap((value) => (value.kind === "lanes" ? [value.lanes] : []));
    if (lanes.length > 0) {
      const count = type === "v128" ? 4 : 2;
      const [first, second] = [lanesOf(a, count), lanesOf(b, count)];
      if (first === undefined || second === undefined)
        return { kind: "lanes", lanes: (lanes[0] as readonly Range[]).map(({ high }) => ({ low: 0n, high })) };
      return {
        kind: "lanes",
        lanes: first.map(({ high }, i) => ({ low: 0n, high: high < (second[i] as Range).high ? high : (second[i] as Range).high })),
      };
    }
    const highs = [a, b].flatMap((value) => (value.kind === "whole" ? [value.high] : []));
    return highs.length === 0
      ? ANYTHING
      : whole(
          0n,
          highs.reduce((least, high) => (high < least ? high : least)),
        );
  }

  #or(a: Value, b: Value, type: string): Value {
    if (a.kind === "anything" || b.kind === "anything") return ANYTHING;
    const join = (p: Range, q: Range): Range => ({ low: 0n, high: ones(p.high > q.high ? p.high : q.high) });
    if (a.kind === "lanes" || b.kind === "lanes") {
      const count = type === "v128" ? 4 : 2;
      const [first, second] = [lanesOf(a, count), lanesOf(b, count)];
      if (first === undefined || second === undefined) return ANYTHING;
      const isEmpty = ({ high }: Range): boolean => high === 0n;
      return {
        kind: "lanes",
        lanes: first.map((lane, i) =>
          isEmpty(lane) ? (second[i] as Range) : isEmpty(second[i] as Range) ? lane : join(lane, second[i] as Range),
        ),
      };
    }
    const { low, high } = join(a, b);
    return whole(low, high);
  }

  #shiftRight(a: Value, by: bigint | undefined, type: string): Value {
    if (by === undefined) return ANYTHING;
    const range = wholeOf(a);
    if (range !== undefined) return whole(range.low >> by, range.high >> by);
    if (by === 63n && type === "i64") return { ...whole(0n, 1n), usually: 1n } as Value; // any | (0 - any) of a field element: whether it is not 0
    return by > 0n && type !== "v128" ? whole(0n, (type === "i64" ? WORD : LANE) >> by) : ANYTHING;
  }

  #shiftLeft(a: Value, by: bigint | undefined, where: string): Value {
    const range = wholeOf(a);
    if (by === undefined || range === undefined) return ANYTHING;
    if (by === 32n) return { kind: "lanes", lanes: [exactly(0n), checked(range, LANE, where)] }; // the second of two limbs
    return range.high << by > WORD ? ANYTHING : whole(range.low << by, range.high << by); // what is dropped belongs to the next word
  }
}

/** The greatest limbs of an element of this magnitude (assembly/field.ts). */
const limbsOf = (magnitude: bigint): readonly bigint[] =>
  Array.from({ length: 10 }, (_, i) => 2n * magnitude * (i === 9 ? 0x3fffffn : 0x3ffffffn));

/** One thing to derive: what is called, with elements of these magnitudes at these addresses, and which magnitudes it may leave where. */
type Formula = {
  readonly name: string;
  readonly args: readonly number[];
  readonly inputs: readonly (readonly [address: number, magnitude: bigint])[];
  readonly outputs: readonly (readonly [address: number, magnitude: bigint])[];
  /** Scalars that are given, for what branches on them. */
  readonly scalars?: readonly (readonly [address: number, value: bigint])[];
};

/** A point in memory, and a point that a formula made. */
export const POINT: readonly bigint[] = [3n, 4n, 2n];
const MADE: readonly bigint[] = [3n, 2n, 2n];

/** Public scalars that take every way through the sum: halves of both signs, digits of both. */
const PUBLIC_SCALARS: readonly bigint[] = [
  0n,
  1n,
  0x1234567890abcdefn << 190n,
  (1n << 255n) - 19n,
  0xfedcba9876543210n * ((1n << 180n) + 3n),
];

/** Everything that computes on limbs, but `writeFixedTable`: that is addPoints, double and makeAffine, on what they made. */
export const formulas = ({ globals }: WasmModule, point = POINT): readonly Formula[] => {
  const at = (name: string): number => globals.get(name) as number;
  const [r, p, q] = [0, 1, 2].map((i) => at("POINTS") + 128 * i) as [number, number, number];
  const [word, table] = [at("WORDS"), at("FIXED")];
  const coordinates = (address: number, magnitudes: readonly bigint[]) => magnitudes.map((m, i) => [address + 40 * i, m] as const);
  const points = (count: number, magnitudes: readonly bigint[]) =>
    Array.from({ length: count }, (_, i) => coordinates(p + 128 * i, magnitudes)).flat();
  const entries = Array.from({ length: 43 * 32 }, (_, i) => coordinates(table + 80 * i, [1n, 1n])).flat();
  return [
    {
      name: "fieldMultiply",
      args: [r, p, q],
      inputs: [
        [p, 8n],
        [q, 10n],
      ],
      outputs: [[r, 1n]],
    },
    { name: "fieldSquare", args: [r, p], inputs: [[p, 8n]], outputs: [[r, 1n]] },
    { name: "fieldMultiplyBy21", args: [r, p], inputs: [[p, 8n]], outputs: [[r, 1n]] },
    { name: "fieldNormalize", args: [p], inputs: [[p, 16n]], outputs: [[p, 1n]] },
    { name: "fieldInvert", args: [r, p], inputs: [[p, 8n]], outputs: [[r, 1n]] },
    { name: "fieldSquareRoot", args: [r, p], inputs: [[p, 8n]], outputs: [[r, 1n]] },
    { name: "fieldFromWord", args: [r, word], inputs: [], outputs: [[r, 1n]] },
    { name: "double", args: [r, p], inputs: coordinates(p, point), outputs: coordinates(r, MADE) },
    { name: "addPoints", args: [r, p, q], inputs: [...coordinates(p, point), ...coordinates(q, point)], outputs: coordinates(r, MADE) },
    { name: "addAffine", args: [r, p, q], inputs: [...coordinates(p, point), ...coordinates(q, [1n, 2n])], outputs: coordinates(r, MADE) },
    { name: "makeAffine", args: [p, 16], inputs: points(16, point), outputs: points(16, [1n, 1n, 1n]) },
    { name: "sumSecret", args: [r, p, word, 2], inputs: points(2, MADE), outputs: coordinates(r, MADE) },
    { name: "multiplyFixedSecret", args: [r, table, word], inputs: entries, outputs: coordinates(r, MADE) },
    ...PUBLIC_SCALARS.flatMap((scalar, i): readonly Formula[] => {
      const scalars = [
        [word, scalar],
        [word + 32, PUBLIC_SCALARS[(i + 2) % PUBLIC_SCALARS.length] as bigint],
      ] as const;
      return [
        { name: "sumPublic", args: [r, p, word, 2], inputs: points(2, MADE), outputs: coordinates(r, MADE), scalars },
        { name: "multiplyFixedPublic", args: [r, table, word], inputs: entries, outputs: coordinates(r, MADE), scalars },
      ];
    }),
  ];
};

/** Why this formula may leave its bounds; undefined when it cannot. */
export const boundProblem = (module: WasmModule, { name, args, inputs, outputs, scalars = [] }: Formula): string | undefined => {
  const domain = new LimbDomain(module);
  for (const [address, magnitude] of inputs)
    limbsOf(magnitude).forEach((high, i) => {
      domain.store(address + 4 * i, 4, whole(0n, high));
    });
  for (const [address, value] of scalars)
    for (let i = 0; i < 8; i++) domain.store(address + 4 * i, 4, domain.constant((value >> BigInt(32 * i)) & LANE));
  try {
    new Machine(module, domain).call(name, ...args);
    for (const [address, magnitude] of outputs)
      limbsOf(magnitude).forEach((high, i) => {
        const limb = domain.load(address + 4 * i, 4) as Range;
        if (limb.high > high)
          throw new OutOfBounds(
            `limb ${i} of the result at ${address} can reach ${limb.high.toString(16)}, more than magnitude ${magnitude}`,
          );
      });
    return undefined;
  } catch (error) {
    if (error instanceof OutOfBounds) return `${name}: ${error.message}`;
    throw error;
  }
};

/** The formulas of the committed kernel whose limbs may leave their bounds. */
export const kernelBoundsProblems = async (bytes: Uint8Array = kernelBytes()): Promise<readonly string[]> => {
  const module = readModule(bytes);
  return formulas(module).flatMap((formula) => boundProblem(module, formula) ?? []);
};
