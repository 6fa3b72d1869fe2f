// A key whose shares are known, and signatures by some of them.

import {
  CURVE_ORDER,
  createSignatureShare,
  derivedKey,
  drawSigningNonces,
  evaluatePolynomial,
  type FrostAttempt,
  type FrostSuite,
  type HedgedRandom,
  type NonceCommitment,
  nobleBackend,
  openPackage,
  type Point,
  randomScalar,
  SecretScalar,
  type SignatureShare,
  SigningNonces,
} from "../src/index.ts";
import { encodeScalar } from "../src/scalar.ts";
import { seededRandom } from "./fixtures.ts";

export const mod = (value: bigint): bigint => ((value % CURVE_ORDER) + CURVE_ORDER) % CURVE_ORDER;

/** Repeatable, and hedged for the type alone. */
export const hedged = (seed: string): HedgedRandom => seededRandom(seed) as HedgedRandom;

/** Nonces that a test knows, or none where nobody shows such. */
export const knownNonces = (hiding: bigint, binding: bigint): SigningNonces => {
  const made = SigningNonces.of(encodeScalar(hiding), encodeScalar(binding));
  if (made === undefined) throw new Error("no usable nonces");
  return made;
};

export type FrostKey = {
  readonly secret: bigint;
  readonly publicKey: Point;
  readonly threshold: number;
  readonly shareOf: (slot: number) => SecretScalar;
  readonly verifyingShareOf: (slot: number) => Point;
};

/** A key of threshold t. */
export function frostKey(seed: string, threshold: number): FrostKey {
  const random = seededRandom(seed);
  const polynomial = Array.from({ length: threshold + 1 }, () => randomScalar(random));
  const at = (slot: number): bigint => evaluatePolynomial(polynomial, BigInt(slot));
  const secret = polynomial[0] as bigint;
  return {
    secret,
    publicKey: nobleBackend.mulG(secret),
    threshold,
    shareOf: (slot) => SecretScalar.from(at(slot)),
    verifyingShareOf: (slot) => nobleBackend.mulG(at(slot)),
  };
}

export type Drawn = { readonly slot: number; readonly nonces: SigningNonces };
export const drawFor = (slots: readonly number[], seed: string): Drawn[] =>
  slots.map((slot) => ({ slot, nonces: drawSigningNonces(hedged(`${seed}/nonces of ${slot}`)) }));
export const shownBy = (drawn: readonly Drawn[]): NonceCommitment[] => drawn.map(({ slot, nonces }) => ({ slot, ...nonces.commitment }));

export type Signing = {
  readonly key: FrostKey;
  readonly slots: readonly number[];
  readonly message: Uint8Array;
  readonly seed: string;
  readonly offset?: bigint;
  readonly suite?: FrostSuite;
};

/** The attempt of these signers, and their shares. */
export function signing({ key, slots, message, seed, offset = 0n, suite }: Signing): {
  readonly attempt: FrostAttempt;
  readonly offset: bigint;
  readonly shares: SignatureShare[];
} {
  const drawn = drawFor(slots, seed);
  const publicKey = derivedKey(key.publicKey, offset);
  const attempt = openPackage({ publicKey, message, quorum: slots.length, commitments: shownBy(drawn) }, suite);
  if (attempt === undefined) throw new Error("a void attempt");
  const shares = drawn.map(({ slot, nonces }) => {
    const z = createSignatureShare({ attempt, slot, share: key.shareOf(slot), offset, nonces });
    return { slot, z: z as bigint, verifyingShare: key.verifyingShareOf(slot) }; // undefined once in 2^256
  });
  return { attempt, offset, shares };
}
