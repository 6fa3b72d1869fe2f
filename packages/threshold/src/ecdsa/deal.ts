import { assertArray, assertBytes, assertRecord, bytesToInteger, integerToWord, sameBytes } from "../bytes.ts";
import { DOMAINS } from "../domains.ts";
import { drawBytes, type RandomSource } from "../random.ts";
import { CURVE_ORDER, reduceScalar } from "../scalar.ts";
import { hashToScalar } from "../words.ts";
import { type PadUse, type PairKeys, secretKeccak } from "./pairKeys.ts";
import { EcdsaPolynomials } from "./polynomials.ts";
import { ECDSA_WORDS, type EcdsaShares, ecdsaShares, eraseEcdsaShares } from "./shares.ts";
import { assertEcdsaSigners, type EcdsaSigners } from "./signers.ts";

/** Six padded words for one recipient, 192 bytes, and what binds their dealer to them, 32 bytes. Public: the pads hide. */
export type EcdsaDealtPart = { readonly slot: number; readonly words: Uint8Array; readonly commit: Uint8Array };

/** What a signer sends round: 32 fresh bytes, and a part for each other signer by ascending slot. Public. PROTOCOL section 11.2. */
export type EcdsaDealt = { readonly fresh: Uint8Array; readonly parts: readonly EcdsaDealtPart[] };

/** `slot` deals. `pairKeys` are its own of the epoch, secret. `session`: 32 bytes. */
export type EcdsaDealInput = EcdsaSigners & { readonly session: Uint8Array; readonly slot: number; readonly pairKeys: PairKeys };

/** 32 bytes for each of the six. */
export const ECDSA_PART_BYTES = 32 * ECDSA_WORDS.length;

/**
 * Draws six polynomials, and hides each signer's values from everybody but that signer. `fresh` is drawn for every deal, so that no pad is ever used for two
 * of them, whatever a coordinator repeats. `polynomials` and `own` are secret; the caller erases them.
 * Throws INVALID_MEMBERS, INVALID_THRESHOLD, INVALID_SLOT, INVALID_BYTES, INVALID_RANDOM, ERASED_SECRET.
 */
export function createEcdsaDeal(
  input: EcdsaDealInput,
  random: RandomSource,
): { readonly dealt: EcdsaDealt; readonly polynomials: EcdsaPolynomials; readonly own: EcdsaShares } {
  assertRecord(input, "input");
  const { session, slots, slot, threshold, pairKeys } = input;
  assertEcdsaSigners(input);
  const fresh = Uint8Array.from(drawBytes(random, 32));
  const polynomials = EcdsaPolynomials.draw(threshold, random);
  const parts = slots
    .filter((to) => to !== slot)
    .map((to): EcdsaDealtPart => {
      const key = pairKeys.padKey({ session, fresh, from: slot, to });
      const shares = polynomials.at(to);
      try {
        return hiddenPart(key, to, shares);
      } finally {
        key.fill(0);
        eraseEcdsaShares(shares);
      }
    });
  return { dealt: { fresh, parts }, polynomials, own: polynomials.at(slot) };
}

/** The part that shows `shares` to `slot` under a pad key K: each plus keccak(K, u), and keccak(DEAL, K, shares..). Public. Also what an opening is compared with. */
export function hiddenPart(key: Uint8Array, slot: number, shares: EcdsaShares): EcdsaDealtPart {
  const words = new Uint8Array(ECDSA_PART_BYTES);
  ECDSA_WORDS.forEach((word, u) => {
    words.set(integerToWord(reduceScalar(shares[word].reveal() + hashToScalar(key, u))), 32 * u);
  });
  return { slot, words, commit: commitOf(key, shares) };
}

const commitOf = (key: Uint8Array, shares: EcdsaShares): Uint8Array =>
  secretKeccak(DOMAINS.deal, key, ...ECDSA_WORDS.map((word) => shares[word].reveal()));

/** The part of a dealt message for `to`, as its recipient sees it; `from` sent it. `pairKeys` are the recipient's, secret. */
export type EcdsaPartToOpen = Omit<PadUse, "fresh"> & { readonly dealt: EcdsaDealt; readonly pairKeys: PairKeys };

/** The recipient's six shares, secret; or a complaint: the part does not fit its own commitment, or there is none. */
export type OpenedEcdsaPart = { readonly kind: "valid"; readonly shares: EcdsaShares } | { readonly kind: "invalid" };

/**
 * Takes the pads off, and checks the commitment. "invalid" names a pair of which one lies: nobody else can see which. Throws INVALID_SLOT, INVALID_BYTES,
 * ERASED_SECRET for wrong own input. PROTOCOL section 11.2.
 */
export function openEcdsaPart({ session, from, to, dealt, pairKeys }: EcdsaPartToOpen): OpenedEcdsaPart {
  assertRecord(dealt, "dealt");
  assertArray(dealt.parts, "parts");
  assertBytes(dealt.fresh, 32, "fresh bytes");
  const part = dealt.parts.find(({ slot }) => slot === to);
  if (part === undefined || part.words.length !== ECDSA_PART_BYTES) return { kind: "invalid" };
  const key = pairKeys.padKey({ session, fresh: dealt.fresh, from, to });
  try {
    const padded = ECDSA_WORDS.map((_, u) => bytesToInteger(part.words.subarray(32 * u, 32 * u + 32)));
    if (padded.some((word) => word >= CURVE_ORDER)) return { kind: "invalid" };
    const shares = ecdsaShares((_, u) => reduceScalar((padded[u] as bigint) - hashToScalar(key, u)));
    if (sameBytes(part.commit, commitOf(key, shares))) return { kind: "valid", shares };
    eraseEcdsaShares(shares);
    return { kind: "invalid" };
  } finally {
    key.fill(0);
  }
}
