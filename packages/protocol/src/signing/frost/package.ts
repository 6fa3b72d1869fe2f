/** What a signer checks of the package that it is shown, and a judge of the one that a share is for. PROTOCOL section 10.3. */
import { type FrostAttempt, type NonceCommitment, openPackage, ThresholdError } from "@keyquorum/threshold";
import { KeyquorumError } from "@keyquorum/wire";
import type { NonceMessage, ShareAsk } from "../messages.ts";
import type { SigningContext, SigningRequest } from "../ports.ts";
import { commitmentOf, nonceIdOf, nonceStatement } from "./statements.ts";

const refused = (what: string): KeyquorumError =>
  new KeyquorumError("INVALID_REQUEST", `The package is not one: ${what}.`, { details: { field: "nonces" } });

/** The commitments of a package, in its order. Throws INVALID_REQUEST where one does not decode. */
export const commitmentsOf = (nonces: readonly NonceMessage[]): readonly NonceCommitment[] =>
  nonces.map((one) => {
    const commitment = commitmentOf(one);
    if (commitment === undefined) throw refused(`the commitment of slot ${one.signer.slot} is none`);
    return commitment;
  });

/** Whether a commitment was made for this request, epoch and coordinator in its life, by a member that signed it. */
export const isNonceOf = (
  context: Pick<SigningContext, "members" | "isSignedBy">,
  { requestId, epoch, coordinator }: Pick<ShareAsk, "requestId" | "epoch" | "coordinator">,
  nonce: NonceMessage,
  commitment: NonceCommitment,
): boolean =>
  nonce.requestId === requestId &&
  nonce.epoch === epoch &&
  nonce.coordinator.slot === coordinator.slot &&
  nonce.coordinator.boot === coordinator.boot &&
  context.members.includes(nonce.signer.slot) &&
  context.isSignedBy(nonceStatement(nonce, nonceIdOf(nonce, commitment)), nonce.signature);

/** Throws INVALID_REQUEST unless all commitments were made for whoever shows them. */
export const assertNoncesOf = (context: SigningContext, ask: ShareAsk, commitments: readonly NonceCommitment[]): void => {
  for (const [i, nonce] of ask.nonces.entries())
    if (!isNonceOf(context, ask, nonce, commitments[i] as NonceCommitment))
      // one for each
      throw refused(`the commitment of slot ${nonce.signer.slot} was not made for it`);
};

/**
 * The attempt that a package makes of a request: exactly t+1 commitments by ascending slot. Undefined where it is void, which accuses nobody. Throws
 * INVALID_REQUEST.
 */
export const attemptAt = (
  { publicKey, digest, threshold }: Pick<SigningRequest, "publicKey" | "digest" | "threshold">,
  commitments: readonly NonceCommitment[],
): FrostAttempt | undefined => {
  try {
    return openPackage({ publicKey, message: digest, quorum: threshold + 1, commitments });
  } catch (error) {
    if (error instanceof ThresholdError) throw refused("it needs the commitments of exactly t+1 keepers, by ascending slot");
    throw error;
  }
};
