import { assertBytes, bytesToInteger, integerToWord } from "./bytes.ts";
import { ThresholdError } from "./errors.ts";
import { assertScalar } from "./scalar.ts";

const REDACTED = "<redacted>";

/**
 * A secret scalar in 0..n-1 (0 is a legal share, D11). It prints as `<redacted>` wherever it is printed by accident.
 * `erase` overwrites the bytes held here. It promises no more: bigints made by `reveal` and copies made by `toBytes`
 * live until the engine collects them.
 */
export class SecretScalar {
  readonly #bytes: Uint8Array;
  #erased = false;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Throws INVALID_SCALAR. */
  static from(value: bigint): SecretScalar {
    assertScalar(value, "secret scalar");
    return new SecretScalar(integerToWord(value));
  }

  /** Copies 32 big-endian bytes; the caller erases its own. Throws INVALID_BYTES, INVALID_SCALAR. */
  static fromBytes(bytes: Uint8Array): SecretScalar {
    assertBytes(bytes, 32, "secret scalar");
    assertScalar(bytesToInteger(bytes), "secret scalar");
    return new SecretScalar(Uint8Array.from(bytes));
  }

  /** The secret as a bigint. Throws ERASED_SECRET. */
  reveal(): bigint {
    return bytesToInteger(this.#held());
  }

  /** A copy of the 32 bytes; the caller erases it. Throws ERASED_SECRET. */
  toBytes(): Uint8Array {
    return Uint8Array.from(this.#held());
  }

  /** Overwrites the held bytes. Every later use throws ERASED_SECRET. */
  erase(): void {
    this.#bytes.fill(0);
    this.#erased = true;
  }

  get erased(): boolean {
    return this.#erased;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }

  #held(): Uint8Array {
    if (this.#erased) throw new ThresholdError("ERASED_SECRET", "This secret was erased; load it again.");
    return this.#bytes;
  }
}

/** Throws INVALID_SCALAR unless `value` is a SecretScalar. */
export function assertSecret(value: unknown, name: string): asserts value is SecretScalar {
  if (!(value instanceof SecretScalar))
    throw new ThresholdError("INVALID_SCALAR", `${name} must be a SecretScalar.`, { details: { name } });
}

/** Gives a copy of the secret's 32 bytes to `use`, and overwrites it afterwards. Throws INVALID_SCALAR, ERASED_SECRET. */
export function withSecret<T>(secret: SecretScalar, name: string, use: (bytes: Uint8Array) => T): T {
  assertSecret(secret, name);
  const bytes = secret.toBytes();
  try {
    return use(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** The value of a secret that must not be 0, such as a private key. Throws INVALID_SCALAR, ERASED_SECRET. */
export function revealNonZero(secret: SecretScalar, name: string): bigint {
  assertSecret(secret, name);
  const value = secret.reveal();
  if (value === 0n) throw new ThresholdError("INVALID_SCALAR", `${name} must not be 0.`, { details: { name } });
  return value;
}
