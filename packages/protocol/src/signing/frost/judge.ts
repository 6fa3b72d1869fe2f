/** Who is named for a wrong share, and by what anybody can see it. PROTOCOL section 10.4. */
import { type NonceCommitment, ThresholdError, verifySignatureShare } from "@keyquorum/threshold";
import { KeyquorumError } from "@keyquorum/wire";
import type { NonceMessage, ShareMessage } from "../messages.ts";
import type { SigningContext, SigningRequest } from "../ports.ts";
import { attemptAt, commitmentsOf } from "./package.ts";
import { attemptOf, nonceIdOf, nonceStatement, packageHashOf, shareStatement } from "./statements.ts";

/** A signer's share message with the t+1 nonce messages that it is for, its own among them. */
export type ShareEvidence = { readonly nonces: readonly NonceMessage[]; readonly share: ShareMessage };

/** "wrong" convicts the signer. "unproven": its signatures do not cover all this, so whoever shows it proves nothing. */
export type ShareVerdict = "right" | "wrong" | "unproven";

/** What a judge knows by itself: the statement gives id and digest, the chain the key with its S_i. */
export type JudgedRequest = Pick<
  SigningRequest,
  "requestId" | "epoch" | "digest" | "offset" | "publicKey" | "threshold" | "verifyingShares"
>;

/**
 * Looks at nothing but what the signer itself signed: its nonce message, in its share's life, and the share, whose signature covers nonce, package and
 * z. What others of the package signed need not be looked at: an honest signer has.
 */
export const judgeShare = (
  { isSignedBy }: Pick<SigningContext, "isSignedBy">,
  request: JudgedRequest,
  { nonces, share }: ShareEvidence,
): ShareVerdict => {
  const { requestId, epoch, signer } = share;
  const verifyingShare = request.verifyingShares.get(signer.slot);
  const commitments = decoded(nonces);
  const at = nonces.findIndex((one) => one.signer.slot === signer.slot);
  const [own, commitment] = [nonces[at], commitments?.[at]];
  if (requestId !== request.requestId || epoch !== request.epoch || verifyingShare === undefined) return "unproven";
  if (own === undefined || commitments === undefined || commitment === undefined) return "unproven";
  const isOwn = own.requestId === requestId && own.epoch === epoch && own.signer.boot === signer.boot;
  const nonceId = nonceIdOf(own, commitment);
  const packageHash = packageHashOf(commitments);
  const isSame = share.nonceId === nonceId && share.attempt === attemptOf({ requestId, epoch, coordinator: own.coordinator }, packageHash);
  if (!isOwn || !isSame || !isSignedBy(nonceStatement(own, nonceId), own.signature)) return "unproven";
  if (!isSignedBy(shareStatement(share, packageHash), share.signature)) return "unproven";
  const attempt = attemptOrNone(request, commitments);
  if (attempt === undefined) return "unproven";
  return verifySignatureShare({ attempt, slot: signer.slot, offset: request.offset, verifyingShare }, integerOf(share.z))
    ? "right"
    : "wrong";
};

/** Of 32 bytes. */
export const integerOf = (bytes: Uint8Array): bigint => bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);

const decoded = (nonces: readonly NonceMessage[]): readonly NonceCommitment[] | undefined => {
  try {
    return commitmentsOf(nonces);
  } catch (error) {
    if (error instanceof KeyquorumError || error instanceof ThresholdError) return undefined;
    throw error;
  }
};

const attemptOrNone = (request: JudgedRequest, commitments: readonly NonceCommitment[]) => {
  try {
    return attemptAt(request, commitments);
  } catch (error) {
    if (error instanceof KeyquorumError) return undefined;
    throw error;
  }
};
