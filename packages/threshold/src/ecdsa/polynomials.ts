import { bytesToInteger } from "../bytes.ts";
import { ThresholdError } from "../errors.ts";
import { evaluatePolynomial } from "../polynomial.ts";
import { type RandomSource, randomScalarBytes } from "../random.ts";
import { CURVE_ORDER } from "../scalar.ts";
import { ECDSA_WORDS, type EcdsaShares, type EcdsaWord, ecdsaShares } from "./shares.ts";

const REDACTED = "<redacted>";
const WORD = 32;

/** k and a have t+1 coefficients; b, d, e and f have 2t, because their constant is 0 and is not written. */
const coefficientsOf = (word: EcdsaWord, threshold: number): number => (word === "k" || word === "a" ? threshold + 1 : 2 * threshold);

/** The bytes of all coefficients: 10t+2 words. */
export const ecdsaPolynomialBytes = (threshold: number): number => WORD * (10 * threshold + 2);

/**
 * What one signer deals: k and a of degree t, b, d, e and f of degree 2t with constant 0. Secret; prints as `<redacted>`. It is shown to others only where
 * its session is given up, by one that has not agreed in it (`toBytes`).
 */
export class EcdsaPolynomials {
  readonly #bytes: Uint8Array;
  readonly #threshold: number;
  #isErased = false;

  private constructor(bytes: Uint8Array, threshold: number) {
    this.#bytes = bytes;
    this.#threshold = threshold;
  }

  /** Throws INVALID_RANDOM. */
  static draw(threshold: number, random: RandomSource): EcdsaPolynomials {
    const bytes = new Uint8Array(ecdsaPolynomialBytes(threshold));
    for (let at = 0; at < bytes.length; at += WORD) {
      const drawn = randomScalarBytes(random);
      bytes.set(drawn, at);
      drawn.fill(0);
    }
    return new EcdsaPolynomials(bytes, threshold);
  }

  /** What a signer opened; undefined unless it is 10t+2 scalars. No other degree and no other constant can be written down. */
  static parse(bytes: Uint8Array, threshold: number): EcdsaPolynomials | undefined {
    if (!(bytes instanceof Uint8Array) || bytes.length !== ecdsaPolynomialBytes(threshold)) return undefined;
    for (let at = 0; at < bytes.length; at += WORD) if (bytesToInteger(bytes.subarray(at, at + WORD)) >= CURVE_ORDER) return undefined;
    return new EcdsaPolynomials(Uint8Array.from(bytes), threshold);
  }

  /** All six at a slot. Secret; the caller erases them. Throws ERASED_SECRET. */
  at(slot: number): EcdsaShares {
    const bytes = this.#held();
    let at = 0;
    const coefficients = new Map<EcdsaWord, readonly bigint[]>();
    for (const word of ECDSA_WORDS) {
      const own: bigint[] = word === "k" || word === "a" ? [] : [0n];
      for (let left = coefficientsOf(word, this.#threshold); left > 0; left -= 1, at += WORD)
        own.push(bytesToInteger(bytes.subarray(at, at + WORD)));
      coefficients.set(word, own);
    }
    return ecdsaShares((word) => evaluatePolynomial(coefficients.get(word) as readonly bigint[], BigInt(slot)));
  }

  /** A copy of the 10t+2 coefficients, k first, from the constant up. Throws ERASED_SECRET. */
  toBytes(): Uint8Array {
    return Uint8Array.from(this.#held());
  }

  erase(): void {
    this.#bytes.fill(0);
    this.#isErased = true;
  }

  get erased(): boolean {
    return this.#isErased;
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
    if (this.#isErased) throw new ThresholdError("ERASED_SECRET", "These polynomials were erased; their session is over.");
    return this.#bytes;
  }
}
