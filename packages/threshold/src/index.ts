export { type AgreementUse, agreeOnKey } from "./agreement.ts";
export { backend, withBackend } from "./backend.ts";
export {
  type AnswersToCombine,
  type CombinedAnswers,
  combineAnswers,
  combineShares,
  combineVerified,
  type RejectedAnswer,
  type RejectionReason,
  type VerifiedToCombine,
} from "./combine.ts";
export { type Derivation, derivationOffset, derivedKey } from "./derivation.ts";
export { assembleKeyPublic, assembleKeyShare, type KeyPublicInput, type KeyShareInput, keyShiftOf } from "./dkg/assemble.ts";
export { type Complaint, createComplaint, type Verdict, verifyComplaint } from "./dkg/complaint.ts";
export { createDealing, type DealingInput, verifyDealing } from "./dkg/deal.ts";
export { type Dealing, type DealingShape, dealHashOf, dealingLength, encodeDealing, parseDealing, restHashOf } from "./dkg/dealing.ts";
export type { KeyPublic, KeyShare } from "./dkg/keyPublic.ts";
export type { DkgMember } from "./dkg/member.ts";
export { type OpenedShare, openShare, type ShareToOpen } from "./dkg/open.ts";
export type { OpenedDealing, QualifiedDealing } from "./dkg/qualified.ts";
export { commitmentsHashOf, complaintContext } from "./dkg/transcript.ts";
export { type DleqHints, type DleqProof, type DleqStatement, dleqHints, proveDleq, verifyDleq } from "./dleq.ts";
export { DOMAINS, type DomainName } from "./domains.ts";
export type { EcBackend } from "./ecBackend.ts";
export {
  createEcdsaDeal,
  ECDSA_PART_BYTES,
  type EcdsaDealInput,
  type EcdsaDealt,
  type EcdsaDealtPart,
  type OpenedEcdsaPart,
  openEcdsaPart,
} from "./ecdsa/deal.ts";
export {
  type EcdsaFault as EcdsaOpeningFault,
  type EcdsaOpening,
  judgeEcdsaOpenings,
  type OpenedEcdsaSession,
  openEcdsaDeal,
} from "./ecdsa/openings.ts";
export { PairKeys, type PairKeysInput } from "./ecdsa/pairKeys.ts";
export { EcdsaPolynomials, ecdsaPolynomialBytes } from "./ecdsa/polynomials.ts";
export {
  checkEcdsaProducts,
  checkEcdsaSums,
  combineEcdsaNonce,
  type EcdsaCheck,
  type EcdsaCheckPoints,
  type EcdsaNonce,
  type EcdsaNoncePart,
  type EcdsaShareStatement,
  ecdsaCheckPoints,
  ecdsaNoncePart,
  ecdsaProductPoint,
  ecdsaSignatureShare,
  verifyEcdsaShare,
} from "./ecdsa/rounds.ts";
export { type EcdsaShares, eraseEcdsaShares, sumEcdsaShares } from "./ecdsa/shares.ts";
export { type CombinedEcdsa, combineEcdsaShares, type EcdsaFactors, type EcdsaStatement, ecdsaFactors } from "./ecdsa/signature.ts";
export { assertEcdsaSigners, type EcdsaSigners, ecdsaSignersNeeded } from "./ecdsa/signers.ts";
export { ThresholdError, type ThresholdErrorCode } from "./errors.ts";
export { type CombinedShares, combineSignatureShares, type SharesToCombine, type SignatureShare } from "./frost/combine.ts";
export { drawSigningNonces, SigningNonces, type TakenNonces } from "./frost/nonces.ts";
export { commitmentsHashOf as nonceCommitmentsHashOf, type FrostAttempt, type FrostPackage, openPackage } from "./frost/package.ts";
export { createSignatureShare, type SignatureShareInput, type SignatureShareStatement, verifySignatureShare } from "./frost/share.ts";
export { EVM_SUITE, type FrostSuite, type NonceCommitment } from "./frost/suite.ts";
export { lagrangeAt, lagrangeAtZero } from "./lagrange.ts";
export { merklePath, merkleRoot, type VerifyingLeaf, verifyingLeaf, verifyMerklePath } from "./merkle.ts";
export { nobleBackend } from "./nobleBackend.ts";
export {
  type Boot,
  createNonceSource,
  createSubSource,
  type HedgedRandom,
  type NoncePurpose,
  type NonceSource,
  type NonceUse,
  type SubSource,
} from "./nonceSource.ts";
export { parsePoint } from "./parsePoint.ts";
export {
  addressOfPoint,
  encodePoint,
  FIELD_PRIME,
  G,
  hashToPoint,
  INFINITY,
  isValidPoint,
  type Point,
  pointFromXY,
  SECOND_BASE,
  SECOND_BASE_DST,
  toXY,
} from "./point.ts";
export { evaluateCommitments, evaluatePolynomial } from "./polynomial.ts";
export { drawBytes, type RandomSource, randomScalar, secureRandom } from "./random.ts";
export {
  CONTRIBUTION_BYTES,
  type ContributionInput,
  type ContributionToOpen,
  createContribution,
  type MaskShare,
  type OpenedContribution,
  openContribution,
} from "./repair/contribution.ts";
export { createRepairDealing, type RepairDealingInput } from "./repair/deal.ts";
export {
  encodeRepairDealing,
  parseRepairDealing,
  type RepairDealing,
  type RepairDealingShape,
  repairDealingLength,
} from "./repair/dealing.ts";
export { openRepairShare, type RepairShareToOpen } from "./repair/open.ts";
export { type RepairPoint, recoverShare, type ShareToRecover } from "./repair/recover.ts";
export { type RepairCommittee, repairRandomOf, repairSessionOf } from "./repair/session.ts";
export {
  assembleResharedPublic,
  assembleResharedShare,
  type ResharedPublicInput,
  type ResharedShareInput,
} from "./reshare/assemble.ts";
export { createReshareDealing, type ReshareDealingInput, verifyReshareDealing } from "./reshare/deal.ts";
export { assertNonZeroScalar, assertScalar, CURVE_ORDER, encodeScalar, parseScalar } from "./scalar.ts";
export { provePossession, type SchnorrProof, verifyPossession } from "./schnorr.ts";
export {
  encodeSchnorrSignature,
  parseSchnorrSignature,
  SCHNORR_SIGNATURE_BYTES,
  type SchnorrSignature,
  schnorrChallenge,
  verifySchnorrSignature,
} from "./schnorrSignature.ts";
export { SecretScalar } from "./secret.ts";
export { selfTestBackend } from "./selfTest.ts";
export { assembleServerKey, assembleServerKeyShare, type ServerKeyInput } from "./serverKey/assemble.ts";
export {
  assembleRedealtServerKey,
  assembleRedealtServerKeyShare,
  type Placed,
  type RedealtServerKeyInput,
} from "./serverKey/assembleRedealt.ts";
export { createServerKeyDealing, createServerKeyDealingOf } from "./serverKey/deal.ts";
export { parseServerKeyDealing } from "./serverKey/dealing.ts";
export { commitmentsAtZero, pointAtZero, scaledSecret, shareAtZero } from "./serverKey/placed.ts";
export { createServerKeyRedealing, verifyServerKeyRedealing } from "./serverKey/redeal.ts";
export { weightsAtZero } from "./serverKey/weights.ts";
export { assertServerKeyThreshold, assertSlot, MAX_MEMBERS, MAX_SLOT, MIN_SERVER_KEY_MEMBERS } from "./slot.ts";
export {
  deriveContentSecret,
  encapsulate,
  type Tdh2Ciphertext,
  type Tdh2Hints,
  type Tdh2Statement,
  tdh2Hints,
  verifyCiphertext,
} from "./tdh2.ts";
export { type Answered, type SlotAnswer, type VerifiedAnswer, verifyAnswer } from "./verifiedAnswer.ts";
export {
  encodeVesAnswer,
  encryptShare,
  parseVesAnswer,
  type ShareToEncrypt,
  VES_ANSWER_BYTES,
  type VesAnswer,
  type VesHints,
  type VesStatement,
  verifyShareAnswer,
  vesHints,
} from "./ves.ts";
export {
  type ClaimedAnswer,
  type PointXY,
  type VesFraudEvidence,
  type VesFraudReason,
  type VesFraudWitnesses,
  vesFraudEvidence,
} from "./vesFraud.ts";
export { encodeWords, hashToScalar, keccakWords, type WordPart } from "./words.ts";
