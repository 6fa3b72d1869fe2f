/** What identity keys sign while a Schnorr signature is made, to the byte. PROTOCOL section 10.2. */
import { DOMAINS, EVM_SUITE, keccakWords, type NonceCommitment, parsePoint, ThresholdError } from "@keyquorum/threshold";
import { bytesToHex, type Hash32, hexToBytes, SIGNING_MESSAGES } from "@keyquorum/wire";
import type { NonceAsk, NonceMessage, ShareAsk, ShareMessage, SigningMessage } from "../messages.ts";

const hashOf = (bytes: Uint8Array): Hash32 => bytesToHex(bytes) as Hash32; // safe: keccak gives 32 bytes
const word = (hash: Hash32): Uint8Array => hexToBytes(hash, 32);

export const nonceAskStatement = ({ requestId, epoch, coordinator, to, askId }: Omit<NonceAsk, "signature">): SigningMessage => ({
  kind: SIGNING_MESSAGES.askNonce,
  ...{ requestId, epoch, ...coordinator },
  content: keccakWords(to, word(askId)),
});

/** D and E of a message. Undefined unless both are valid points in compressed form, and differ: no honest signer sends anything else. */
export const commitmentOf = ({ signer, d, e }: Pick<NonceMessage, "signer" | "d" | "e">): NonceCommitment | undefined => {
  try {
    const [hiding, binding] = [parsePoint(d), parsePoint(e)];
    return hiding.equals(binding) ? undefined : { slot: signer.slot, hiding, binding };
  } catch (error) {
    if (error instanceof ThresholdError) return undefined;
    throw error;
  }
};

/** Names a nonce: whose, for which request, epoch and coordinator, and what it shows. */
export const nonceIdOf = (
  { requestId, epoch, signer, coordinator }: Pick<NonceMessage, "requestId" | "epoch" | "signer" | "coordinator">,
  { hiding, binding }: Pick<NonceCommitment, "hiding" | "binding">,
): Hash32 =>
  hashOf(
    keccakWords(
      DOMAINS.frostNonceId,
      word(requestId),
      epoch,
      signer.slot,
      word(signer.boot),
      coordinator.slot,
      word(coordinator.boot),
      hiding,
      binding,
    ),
  );

export const nonceStatement = ({ requestId, epoch, signer }: Omit<NonceMessage, "signature">, nonceId: Hash32): SigningMessage => ({
  kind: SIGNING_MESSAGES.nonce,
  ...{ requestId, epoch, ...signer },
  content: word(nonceId),
});

/** B of commitments as they were shown, in that order, whether they are a package or not. */
export const packageHashOf = (commitments: readonly NonceCommitment[]): Hash32 => hashOf(EVM_SUITE.commitmentsHash(commitments));

/** Names an attempt: one coordinator in one life shows one package. */
export const attemptOf = (
  { requestId, epoch, coordinator }: Pick<ShareAsk, "requestId" | "epoch" | "coordinator">,
  packageHash: Hash32,
): Hash32 => hashOf(keccakWords(DOMAINS.attempt, word(requestId), epoch, coordinator.slot, word(coordinator.boot), word(packageHash)));

/** The attempt covers B: the signature is checked before a point is decoded. */
export const shareAskStatement = ({ requestId, epoch, attempt, coordinator }: Omit<ShareAsk, "signature" | "nonces">): SigningMessage => ({
  kind: SIGNING_MESSAGES.askShare,
  ...{ requestId, epoch, attempt, ...coordinator },
  content: 0,
});

export const shareStatement = (
  { requestId, epoch, attempt, signer, nonceId, z }: Omit<ShareMessage, "signature" | "next">,
  packageHash: Hash32,
): SigningMessage => ({
  kind: SIGNING_MESSAGES.share,
  ...{ requestId, epoch, attempt, ...signer },
  content: keccakWords(word(nonceId), word(packageHash), z),
});
