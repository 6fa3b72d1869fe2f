export { type Conflict, chooseUnaccused } from "./chooseUnaccused.ts";
export { type CombinedContributions, type ContributionsToCombine, combineContributions, type HolderFault } from "./documentKey/combine.ts";
export {
  type ContributionFault,
  createMaskedContribution,
  type MaskedContribution,
  maskedContributionFault,
  type RetrievalAsk,
} from "./documentKey/contribution.ts";
export { assertHolders } from "./documentKey/holders.ts";
export { type OpenedShadow, type ReadDocumentKey, readDocumentKey } from "./documentKey/read.ts";
export {
  type KeyGenerationBoard,
  type KeyGenerationKeep,
  type KeyGenerationPhaser,
  performKeyGenerationEffect,
} from "./keyGeneration/board.ts";
export { readyDigestOf } from "./keyGeneration/confirm.ts";
export type * from "./keyGeneration/effects.ts";
export { nextKeyGenerationSteps } from "./keyGeneration/steps.ts";
export * from "./keyGeneration/view.ts";
export { performReshareEffect, type ReshareBoard, type ReshareKeep } from "./reshare/board.ts";
export { reshareReadyDigestOf } from "./reshare/confirm.ts";
export type * from "./reshare/effects.ts";
export { nextReshareSteps } from "./reshare/steps.ts";
export * from "./reshare/view.ts";
export type { DriverPorts } from "./serverKey/ask.ts";
export { isConfirmation as isServerKeyConfirmation, isContribution as isServerKeyContribution } from "./serverKey/checks.ts";
export { generateServerKey } from "./serverKey/drive.ts";
export { endSession } from "./serverKey/end.ts";
export { SERVER_KEY_FAILURES, ServerKeyFailure, type ServerKeyFailureReason } from "./serverKey/failure.ts";
export type { DealtToMember, MemberSecrets } from "./serverKey/judge.ts";
export { createServerKeyMember } from "./serverKey/member.ts";
export type { MemberPorts, ServerKeyMember } from "./serverKey/memberPorts.ts";
export type * from "./serverKey/messages.ts";
export { type MovedRowName, movedHashOf, movedRowName, type RowName, rowNameOf } from "./serverKey/moved.ts";
export type * from "./serverKey/rows.ts";
export { type ServerKeyContext, serverKeySessionOf } from "./serverKey/session.ts";
export {
  confirmationOf,
  confirmationStatement,
  contentOf,
  contributionStatement,
  dealingStatement,
  proposalStatement,
  SERVER_KEY_KINDS,
  type ServerKeyResult,
  type ServerKeyStatement,
} from "./serverKey/statements.ts";
export { dealingsHashOf } from "./session/confirm.ts";
export type * from "./session/effects.ts";
export { isKeepEffect } from "./session/effects.ts";
export type { SessionBoard, SessionKeep } from "./session/perform.ts";
export * from "./session/view.ts";
export { type AnsweredShareRequest, answerShareRequest, type ShareToAnswerWith } from "./shareAnswer/answer.ts";
export { checkShareRequest, matchShareRequest, type ShareRequestCheck } from "./shareAnswer/check.ts";
export { decideShareRequest, denyShareRequest, type PermissionDecision } from "./shareAnswer/decide.ts";
export type * from "./shareAnswer/request.ts";
export { checkSessionGeneration, checkSessionUse, MAX_SESSION_LEAD_SECONDS, type SessionUse } from "./shareAnswer/session.ts";
export {
  attemptEcdsa,
  type EcdsaAttemptEnd,
  type EcdsaAttemptFailure,
  type EcdsaCoordinatorPorts,
  type EcdsaPresignature,
  presignEcdsa,
} from "./signing/ecdsa/attempt.ts";
export { type EcdsaSigningPorts, MAX_ECDSA_ATTEMPTS, type MadeEcdsaSignature, signWithEcdsa } from "./signing/ecdsa/coordinator.ts";
export { type EcdsaShareEvidence, type EcdsaShareVerdict, judgeEcdsaShare } from "./signing/ecdsa/judge.ts";
export type * from "./signing/ecdsa/messages.ts";
export { ECDSA_KINDS } from "./signing/ecdsa/messages.ts";
export type { EcdsaRelease, EcdsaRequest, EcdsaSignerPorts } from "./signing/ecdsa/ports.ts";
export type { EcdsaFault, EcdsaFaultReason, EcdsaKeyInEpoch, EcdsaRunPorts } from "./signing/ecdsa/run.ts";
export { createEcdsaSigner, type EcdsaSigner } from "./signing/ecdsa/signer.ts";
export { ecdsaSessionOf, type SigningDomain } from "./signing/ecdsa/statements.ts";
export {
  type CoordinatorPorts as FrostCoordinatorPorts,
  type MadeSignature,
  type SigningFault,
  signWithFrost,
} from "./signing/frost/coordinator.ts";
export { type JudgedRequest, judgeShare, type ShareEvidence, type ShareVerdict } from "./signing/frost/judge.ts";
export { createFrostSigner, type FrostSigner } from "./signing/frost/signer.ts";
export type { FrostAnswers } from "./signing/messages.ts";
export type * from "./signing/ports.ts";
