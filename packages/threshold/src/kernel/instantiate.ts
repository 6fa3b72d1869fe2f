import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { ThresholdError } from "../errors.ts";
import { KERNEL_HASH, KERNEL_WASM } from "./wasm.ts";

/** What packages/threshold/assembly/index.ts exports. Every argument is an address in the kernel's memory, a count or a bit. */
export type KernelExports = {
  readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number };
  readonly WORDS: Address;
  readonly POINTS: Address;
  readonly FIXED: Address;
  readonly FIXED_BYTES: Address;
  readonly MESSAGE: Address;
  readonly SECRET_START: Address;
  readonly SECRET_END: Address;
  readonly clear: () => void;
  readonly fieldMultiply: (r: number, a: number, b: number) => void;
  readonly fieldSquare: (r: number, a: number) => void;
  readonly fieldMultiplyBy21: (r: number, a: number) => void;
  readonly fieldNormalize: (r: number) => void;
  readonly fieldInvert: (r: number, a: number) => void;
  readonly fieldSquareRoot: (r: number, a: number) => void;
  readonly fieldFromWord: (r: number, word: number) => void;
  readonly fieldToWord: (word: number, a: number) => void;
  readonly addScalars: (r: number, a: number, b: number) => void;
  readonly negateScalar: (r: number, a: number) => void;
  readonly multiplyScalars: (r: number, a: number, b: number) => void;
  readonly invertScalar: (r: number, a: number) => void;
  readonly reduceWide: (r: number, wide: number) => void;
  readonly isNonZeroScalar: (a: number) => number;
  readonly split: (r: number, k: number) => void;
  readonly keccak256: (length: number) => void;
  readonly hashCoordinates: (words: number) => void;
  readonly copyPoint: (r: number, p: number) => void;
  readonly setInfinity: (r: number) => void;
  readonly double: (r: number, p: number) => void;
  readonly addPoints: (r: number, p: number, q: number) => void;
  readonly addAffine: (r: number, p: number, q: number) => void;
  readonly negatePoint: (r: number, p: number) => void;
  readonly haveEqualX: (p: number, q: number) => number;
  readonly readPoint: (p: number, words: number) => void;
  readonly decompress: (p: number, word: number, isOdd: number) => number;
  readonly makeAffine: (points: number, count: number) => void;
  readonly writeAffine: (words: number, points: number, count: number) => void;
  readonly writeFixedTable: (table: number, p: number) => void;
  readonly multiplyFixedSecret: (r: number, table: number, scalar: number) => void;
  readonly multiplyFixedPublic: (r: number, table: number, scalar: number) => void;
  readonly sumSecret: (r: number, points: number, scalars: number, count: number) => void;
  readonly writeSecretTables: (points: number, count: number) => void;
  readonly sumOverTables: (r: number, scalars: number, count: number) => void;
  readonly sumPublic: (r: number, points: number, scalars: number, count: number) => void;
};
/** The exports without the memory: what may be called, and nothing that leads to its bytes. */
export type KernelFunctions = Omit<KernelExports, "memory">;
type Address = { readonly value: number };

/** The part of WebAssembly that is used; neither the browser's types nor Node's are this package's. */
type WebAssemblyNamespace = {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** A module and its SHA-256 in hex. */
export type KernelModule = { readonly bytes: Uint8Array; readonly hash: string };

/** The bytes of the kernel's module. */
export const kernelBytes = (): Uint8Array => hexToBytes(KERNEL_WASM);

const builtKernel = (): KernelModule => ({ bytes: kernelBytes(), hash: KERNEL_HASH });

/**
 * A new instance of the kernel with a memory of its own, made synchronously, or undefined where WebAssembly is missing or refused: a page without
 * 'wasm-unsafe-eval' in its Content-Security-Policy, an engine without SIMD, a Chromium before 114, whose main thread compiles at most 4 kB at once.
 * Throws BACKEND_FAILED where the bytes are not those that were built, whether an engine would take them or not.
 */
export function instantiateKernel({ bytes, hash }: KernelModule = builtKernel()): KernelExports | undefined {
  const { WebAssembly } = globalThis as { WebAssembly?: WebAssemblyNamespace };
  if (WebAssembly === undefined) return undefined;
  if (bytesToHex(sha256(bytes)) !== hash)
    throw new ThresholdError("BACKEND_FAILED", "The kernel's bytes are not those that were built: install the package again.");
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as KernelExports;
  } catch {
    return undefined; // the caller falls back to noble, and says so by the backend's name
  }
}
