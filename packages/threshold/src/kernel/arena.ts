import { PointClass } from "../noble.ts";
import { INFINITY, type Point } from "../point.ts";
import { instantiateKernel, type KernelExports, type KernelFunctions, type KernelModule } from "./instantiate.ts";

/** From this word on coordinates come and go; callers use those below. */
const SCRATCH_WORD = 32;
const POINTS_AT_ONCE = 16;
const WORD_BYTES = 32;
const POINT_BYTES = 128;
const ADDRESS_BYTES = 20;
/** Room for a message (assembly/memory.ts). */
const MESSAGE_BYTES = 800;

/**
 * The kernel's memory as registers: 32 words (scalars, 32 bytes) and 32 points. Values are copied in and out; nobody gets a view of the memory.
 * Work happens inside `run`, which clears all registers, tables and temporaries afterwards, whether it returned or threw.
 */
export class Arena {
  readonly wasm: KernelFunctions;
  readonly #memory: KernelExports["memory"];
  readonly #words: number;
  readonly #points: number;
  #bytes: Uint8Array;
  #integers: BigUint64Array;
  #isBusy = false;

  private constructor(wasm: KernelExports) {
    this.wasm = wasm;
    this.#memory = wasm.memory;
    this.#words = wasm.WORDS.value;
    this.#points = wasm.POINTS.value;
    this.#bytes = new Uint8Array(wasm.memory.buffer);
    this.#integers = new BigUint64Array(wasm.memory.buffer);
  }

  /** Undefined where WebAssembly is missing or refused. `module` is another one, in tests. Throws BACKEND_FAILED. */
  static create(module?: KernelModule): Arena | undefined {
    const wasm = instantiateKernel(module);
    return wasm === undefined ? undefined : new Arena(wasm);
  }

  /** Runs work on the registers, then clears them. Throws an Error when work runs already: registers have one user at a time. */
  run<T>(work: () => T): T {
    if (this.#isBusy) throw new Error("The kernel's registers are in use.");
    this.#isBusy = true;
    try {
      return work();
    } finally {
      this.wasm.clear();
      this.#isBusy = false;
    }
  }

  /** The address of word `index`, 0..31. */
  word(index: number): number {
    return this.#words + WORD_BYTES * index;
  }

  /** The address of point `index`, 0..31. */
  point(index: number): number {
    return this.#points + POINT_BYTES * index;
  }

  /** Makes room for memory up to `end`, an address; false where the engine gives no more. */
  reserve(end: number): boolean {
    const missing = end - this.#bytes.length;
    if (missing <= 0) return true;
    try {
      this.#memory.grow(Math.ceil(missing / 65_536));
    } catch {
      return false; // the engine says so by a RangeError
    }
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#integers = new BigUint64Array(this.#memory.buffer);
    return true;
  }

  /** Puts an integer in 0..2^256-1 at an address. */
  putInteger(address: number, value: bigint): void {
    const at = address >> 3;
    const integers = this.#integers; // takes each value modulo 2^64
    integers[at] = value;
    integers[at + 1] = value >> 64n;
    integers[at + 2] = value >> 128n;
    integers[at + 3] = value >> 192n;
  }

  /** The integer in 0..2^256-1 at an address. */
  integer(address: number): bigint {
    const at = address >> 3;
    const [a, b, c, d] = this.#integers.subarray(at, at + 4) as unknown as [bigint, bigint, bigint, bigint]; // four
    return (((((d << 64n) | c) << 64n) | b) << 64n) | a;
  }

  /** Puts 32 big-endian bytes at an address. */
  putBytes(address: number, bytes: Uint8Array): void {
    for (let i = 0; i < WORD_BYTES; i++) this.#bytes[address + i] = bytes[WORD_BYTES - 1 - i] as number; // 32 of 32
  }

  /** Puts 32 big-endian bytes at an address; returns whether they are a scalar in 1..n-1. Takes the same steps for all values. */
  putScalarBytes(address: number, bytes: Uint8Array): boolean {
    this.putBytes(address, bytes);
    return this.wasm.isNonZeroScalar(address) === 1;
  }

  /** A copy of the word at an address, 32 big-endian bytes. */
  copyBytes(address: number): Uint8Array {
    return this.#bytes.slice(address, address + WORD_BYTES).reverse();
  }

  /** keccak256 of bytes, 32 bytes; undefined for a message that has no room or is no multiple of 8 bytes. It touches no register, and leaves nothing. */
  keccak256(message: Uint8Array): Uint8Array | undefined {
    if (message.length > MESSAGE_BYTES || message.length % 8 !== 0) return undefined;
    const at = this.wasm.MESSAGE.value;
    this.#bytes.set(message, at);
    this.wasm.keccak256(message.length);
    const hash = this.#bytes.slice(at, at + WORD_BYTES);
    this.#bytes.fill(0, at, at + WORD_BYTES);
    return hash;
  }

  /** The addresses of `count` registers' points, at most 16, 20 bytes each, by one shared inversion; undefined where one is infinity. */
  takeAddresses(first: number, count: number): Uint8Array[] | undefined {
    if (count > POINTS_AT_ONCE) throw new Error(`At most ${POINTS_AT_ONCE} points are taken at once.`);
    const [scratch, hash] = [this.word(SCRATCH_WORD), this.wasm.MESSAGE.value];
    this.wasm.writeAffine(scratch, this.point(first), count);
    const addresses: Uint8Array[] = [];
    for (let words = scratch; addresses.length < count; words += 2 * WORD_BYTES) {
      if (this.#integers.subarray((words + WORD_BYTES) >> 3, (words + 2 * WORD_BYTES) >> 3).every((limb) => limb === 0n)) return undefined; // y is 0
      this.wasm.hashCoordinates(words);
      addresses.push(this.#bytes.slice(hash + WORD_BYTES - ADDRESS_BYTES, hash + WORD_BYTES));
    }
    return addresses;
  }

  /** Puts a point, infinity too, into point register `index`. */
  putPoint(index: number, point: Point): void {
    const scratch = this.word(SCRATCH_WORD);
    this.putInteger(scratch, point.X);
    this.putInteger(scratch + WORD_BYTES, point.Y);
    this.putInteger(scratch + 2 * WORD_BYTES, point.Z);
    this.wasm.readPoint(this.point(index), scratch);
  }

  /** The points of `count` registers, at most 16, in affine form, by one shared inversion. */
  takePoints(first: number, count: number): Point[] {
    if (count > POINTS_AT_ONCE) throw new Error(`At most ${POINTS_AT_ONCE} points are taken at once.`);
    const scratch = this.word(SCRATCH_WORD);
    this.wasm.writeAffine(scratch, this.point(first), count);
    return Array.from({ length: count }, (_, i) => this.#affine(scratch + 2 * WORD_BYTES * i));
  }

  /** The point of one register, in affine form. */
  takePoint(index: number): Point {
    const scratch = this.word(SCRATCH_WORD);
    this.wasm.writeAffine(scratch, this.point(index), 1);
    return this.#affine(scratch);
  }

  #affine(address: number): Point {
    const x = this.integer(address);
    const y = this.integer(address + WORD_BYTES);
    return x === 0n && y === 0n ? INFINITY : new PointClass(x, y, 1n); // no point of the curve has y = 0
  }
}
