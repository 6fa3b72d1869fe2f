import { combineVerified, deriveContentSecret, type SecretScalar, ThresholdError, type VerifiedAnswer } from "@keyquorum/threshold";
import { type DocumentHeader, headerLabelOf, KeyquorumError } from "@keyquorum/wire";
import type { KeyInfo } from "../keys/keys.ts";

/**
 * Combines q or more answers of one epoch into the content secret (32 bytes, secret). Only answers that were verified for this header and reader combine,
 * and the verifying shares must add up to the key, so a wrong secret is never returned. PROTOCOL sections 4.2 and 5.3.
 *
 * Throws BAD_ANSWER when the verifying shares are not the key's: then whoever vouched for them, the chain's node for one, is wrong.
 */
export const openShares = (options: {
  readonly header: DocumentHeader;
  readonly key: KeyInfo;
  readonly readerSecret: SecretScalar;
  readonly answers: readonly VerifiedAnswer[];
}): { readonly contentSecret: Uint8Array; readonly used: readonly number[] } => {
  const { header, key, readerSecret, answers } = options;
  const { u } = header.ciphertext;
  try {
    const { shared, used } = combineVerified({ quorum: key.quorum, u, readerSecret, answers, publicKey: key.publicKey });
    return { contentSecret: deriveContentSecret({ shared, label: headerLabelOf(header), u }), used: [...used].sort((a, b) => a - b) };
  } catch (cause) {
    if (!(cause instanceof ThresholdError)) throw cause;
    throw new KeyquorumError("BAD_ANSWER", `The answers do not combine: ${cause.message}`, { details: { error: cause.code }, cause });
  }
};
