import { reduceScalar } from "../scalar.ts";
import { SecretScalar } from "../secret.ts";

/**
 * The six values that a session shares, in the order of their words. k: the nonce; a: what it is inverted by; b, d, e, f: sharings of 0, which hide the
 * product of the first two, and the three points and the share of the signature. PROTOCOL section 11.2.
 */
export const ECDSA_WORDS = ["k", "a", "b", "d", "e", "f"] as const;
export type EcdsaWord = (typeof ECDSA_WORDS)[number];

/** A signer's shares of them, secret: of one dealer, or summed up over all. Whoever makes them erases them. */
export type EcdsaShares = Readonly<Record<EcdsaWord, SecretScalar>>;

/** Makes shares of six values in the order of ECDSA_WORDS. */
export function ecdsaShares(make: (word: EcdsaWord, index: number) => bigint): EcdsaShares {
  return Object.fromEntries(ECDSA_WORDS.map((word, index) => [word, SecretScalar.from(make(word, index))])) as EcdsaShares; // six names, six values
}

export const eraseEcdsaShares = (shares: EcdsaShares): void => {
  for (const word of ECDSA_WORDS) shares[word].erase();
};

/** One signer's shares from all dealers, summed up. Throws ERASED_SECRET. */
export const sumEcdsaShares = (dealt: readonly EcdsaShares[]): EcdsaShares =>
  ecdsaShares((word) => dealt.reduce((sum, shares) => reduceScalar(sum + shares[word].reveal()), 0n));
