// Proves over the built bytes that what works on secrets takes no branch and no address from them.
import { kernelBytes } from "../../../packages/threshold/src/kernel/instantiate.ts";
import { compute, convert } from "./known.ts";
import { type Domain, Machine, Undecided } from "./machine.ts";
import { readModule, type WasmModule } from "./wasmModule.ts";

/** A value that differs from run to run. */
const SECRET = Symbol("secret");
type Value = bigint | typeof SECRET;

/** Known constants below `secretFrom`; from there on every byte is secret until something known is written there. */
class SecretDomain implements Domain<Value> {
  readonly #bytes = new Map<number, Value>();
  readonly #secretFrom: number;

  constructor({ data }: WasmModule, secretFrom: number) {
    this.#secretFrom = secretFrom;
    for (const { address, bytes } of data)
      bytes.forEach((byte, i) => {
        this.#bytes.set(address + i, BigInt(byte));
      });
  }
  constant(value: bigint): Value {
    return value;
  }
  known(value: Value): bigint | undefined {
    return value === SECRET ? undefined : (value as bigint);
  }
  unary(op: string, a: Value): Value {
    return a === SECRET ? SECRET : convert(op, a as bigint);
  }
  // no product with 0 and no conjunction with 0 makes a secret known: nothing here needs it
  binary(op: string, a: Value, b: Value): Value {
    return a === SECRET || b === SECRET ? SECRET : compute(op, a as bigint, b as bigint);
  }
  load(address: number, bytes: number): Value {
    let value = 0n;
    for (let i = bytes - 1; i >= 0; i--) {
      const byte = this.#bytes.get(address + i) ?? (address + i >= this.#secretFrom ? SECRET : 0n);
      if (byte === SECRET) return SECRET;
      value = (value << 8n) | (byte as bigint);
    }
    return value;
  }
  store(address: number, bytes: number, value: Value): void {
    for (let i = 0; i < bytes; i++) this.#bytes.set(address + i, value === SECRET ? SECRET : ((value as bigint) >> BigInt(8 * i)) & 0xffn);
  }
}

/** Why a call with these addresses and counts depends on what lies in memory from `secretFrom` on; undefined when it does not, for any contents. */
export const dependenceOf = (module: WasmModule, secretFrom: number, name: string, ...args: readonly number[]): string | undefined => {
  try {
    new Machine(module, new SecretDomain(module, secretFrom)).call(name, ...args);
    return undefined;
  } catch (error) {
    if (error instanceof Undecided) return `${name}(${args.join(", ")}): ${error.message}`;
    throw error;
  }
};

/** Everything that a secret goes through, with the counts in use: addresses of words, points and tables, and how many. */
export const secretCalls = ({ globals }: WasmModule): readonly (readonly [string, ...number[]])[] => {
  const at = (name: string): number => globals.get(name) as number;
  const word = (i: number): number => at("WORDS") + 32 * i;
  const point = (i: number): number => at("POINTS") + 128 * i;
  const table = at("FIXED");
  return [
    ["clear"],
    ...[1, 2, 3, 4].map((count) => ["sumSecret", point(0), point(1), word(0), count] as const),
    ...[1, 2, 3, 4].map((count) => ["writeSecretTables", point(1), count] as const),
    ...[1, 2, 3, 4].map((count) => ["sumOverTables", point(0), word(0), count] as const),
    ["multiplyFixedSecret", point(0), table, word(0)],
    ["multiplyFixedSecret", point(0), table + (globals.get("FIXED_BYTES") as number), word(31)],
    ...Array.from({ length: 16 }, (_, i) => ["writeAffine", word(32), point(0), i + 1] as const),
    ["makeAffine", point(0), 16],
    ["fieldMultiply", point(0), point(1), point(2)],
    ...["fieldSquare", "fieldMultiplyBy21", "fieldInvert", "fieldSquareRoot"].map((name) => [name, point(0), point(1)] as const),
    ["fieldNormalize", point(0)],
    ["fieldFromWord", point(0), word(0)],
    ["fieldToWord", word(0), point(0)],
    ["readPoint", point(0), word(32)],
    ["copyPoint", point(0), point(1)],
    ["setInfinity", point(0)],
    ["double", point(0), point(1)],
    ["addPoints", point(0), point(1), point(2)],
    ["addAffine", point(0), point(1), point(2)],
    ["negatePoint", point(0), point(1)],
    ["haveEqualX", point(0), point(1)],
    ...[0, 64, 128, 136, 480, 800].map((length) => ["keccak256", length] as const),
    ["hashCoordinates", word(32)],
    ["addScalars", word(0), word(1), word(2)],
    ["negateScalar", word(0), word(1)],
    ["multiplyScalars", word(0), word(1), word(2)],
    ["invertScalar", word(0), word(1)],
    ["isNonZeroScalar", word(0)],
    ["reduceWide", word(0), word(1)],
    ["split", word(0), word(8)],
  ];
};

/** What works in variable time, by its own words: never called with a secret. */
export const PUBLIC_CALLS: readonly string[] = ["decompress", "multiplyFixedPublic", "sumPublic", "writeFixedTable"];

/** The secret calls of the committed kernel that depend on a secret, and what is neither secret nor public. */
export const kernelSecretsProblems = async (bytes: Uint8Array = kernelBytes()): Promise<readonly string[]> => {
  const module = readModule(bytes);
  const calls = secretCalls(module);
  const proved = new Set<string>(calls.map(([name]) => name));
  const unsorted = [...module.exports.keys()].filter((name) => !proved.has(name) && !PUBLIC_CALLS.includes(name));
  return [
    ...calls.flatMap(([name, ...args]) => dependenceOf(module, module.globals.get("SECRET_START") as number, name, ...args) ?? []),
    ...unsorted.map((name) => `${name} is neither in secretCalls nor in PUBLIC_CALLS of scripts/checks/kernel/secrets.ts.`),
  ];
};
