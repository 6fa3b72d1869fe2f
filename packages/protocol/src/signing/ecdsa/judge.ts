/** Who is named for a wrong share, and by what anybody can see it. PROTOCOL section 11.5. */
import { type EcdsaSigners, verifyEcdsaShare } from "@keyquorum/threshold";
import { ZERO_HASH } from "@keyquorum/wire";
import type { SigningContext } from "../ports.ts";
import { ECDSA_SAID } from "./kinds.ts";
import type { EcdsaAgreement, EcdsaCheckMessage, EcdsaNonce, EcdsaProduct, EcdsaShare } from "./messages.ts";
import { entriesOf } from "./messagesOf.ts";
import type { EcdsaRequest } from "./ports.ts";
import { areEqual, checkPointsOf, factorsOf, isCheck, isSameAgreed, nonceOf, productPointOf, scalarOf } from "./rounds.ts";
import { ecdsaRoundHash } from "./statements.ts";

/** Four messages of one signer, and the nonce messages of all that it vouched for in the first of them. */
export type EcdsaShareEvidence = {
  readonly nonces: readonly EcdsaNonce[];
  readonly product: EcdsaProduct;
  readonly check: EcdsaCheckMessage;
  readonly agreement: EcdsaAgreement;
  readonly share: EcdsaShare;
};

/** "wrong" convicts the signer. "unproven": its own signatures do not cover all this, so whoever shows it proves nothing. */
export type EcdsaShareVerdict = "right" | "wrong" | "unproven";

/**
 * Looks at nothing but what the signer itself signed, in one session, epoch and life: its product message covers the nonce messages by their hash, so that
 * nobody can show others beside them; its agreement covers digest, offset and delta. What others signed needs no look: an honest signer has.
 * `request` is the judge's own view of the statement.
 */
export const judgeEcdsaShare = (
  { isSignedBy }: Pick<SigningContext, "isSignedBy">,
  request: EcdsaRequest,
  { nonces, product, check, agreement, share }: EcdsaShareEvidence,
): EcdsaShareVerdict => {
  const { session, epoch, signer } = share;
  const isOwn = [product, check, agreement].every(
    (said) => said.session === session && said.epoch === epoch && said.signer.slot === signer.slot && said.signer.boot === signer.boot,
  );
  const isOfRequest = epoch === request.epoch && [check, agreement, share].every(({ requestId }) => requestId === request.requestId);
  const isOfSession = product.requestId === request.requestId || product.requestId === ZERO_HASH;
  if (!isOwn || !isOfRequest || !isOfSession) return "unproven";
  const areSigned =
    isSignedBy(ECDSA_SAID.product.statement(product), product.signature) &&
    isSignedBy(ECDSA_SAID.check.statement(check), check.signature) &&
    isSignedBy(ECDSA_SAID.agreement.statement(agreement), agreement.signature) &&
    isSignedBy(ECDSA_SAID.share.statement(share), share.signature);
  if (!areSigned || !areEqual(product.hash, ecdsaRoundHash(session, 2, entriesOf(nonces, ECDSA_SAID.nonce)))) return "unproven";
  if (!isSameAgreed(share, agreement)) return "wrong";
  return isRightShare(request, { nonces, product, check, agreement, share });
};

function isRightShare(request: EcdsaRequest, { nonces, product, check, agreement, share }: EcdsaShareEvidence): EcdsaShareVerdict {
  const signers: EcdsaSigners = { slots: nonces.map(({ signer }) => signer.slot), threshold: request.threshold };
  const { slot } = share.signer;
  const nonce = signers.slots.includes(slot) ? nonceOf(signers, nonces) : "messages";
  const factors = isCheck(nonce) ? undefined : factorsOf(request, nonce);
  const [productPoint, checkPoints, s] = [productPointOf(product), checkPointsOf(check), scalarOf(share.s)];
  if (isCheck(nonce) || factors === undefined || productPoint === undefined || checkPoints === undefined) return "unproven";
  const isAgreed =
    areEqual(agreement.digest, request.digest) &&
    scalarOf(agreement.offset) === request.offset &&
    scalarOf(agreement.delta) === factors.delta;
  if (!isAgreed) return "unproven";
  const statement = { slots: signers.slots, slot, nonce, factors, product: productPoint, check: checkPoints };
  return s !== undefined && verifyEcdsaShare(statement, s) ? "right" : "wrong";
}
