export { type AbsenceCheck, type AbsenceNote, type BloomWorth, createAbsenceCheck } from "./absence/absenceCheck.ts";
export type { WatchedLogs } from "./absence/bloom.ts";
export { type BlockId, type BlockRef, type BlockTag, blockByHash, blockByNumber } from "./blocks.ts";
export { type Call, type CallResult, callAt } from "./calls.ts";
export { type Clock, systemClock } from "./clock.ts";
export { createEndpointFetch, type EndpointFetch, PrivateAddressError } from "./endpointFetch.ts";
export { ChainUnavailableError, type ErrorData, isUnavailable, RpcError, type UnavailableReason, WrongChainError } from "./errors.ts";
export { type Finality, parseFinality } from "./finality.ts";
export { createFollower, type Follower, type FollowerOptions, type FollowerProgress, type StepResult } from "./follower/follower.ts";
export { createSecondLook, type FinalRange, type SecondLook } from "./follower/secondLook.ts";
export {
  type BrokenFinality,
  emptyState,
  type FollowerState,
  type FollowerStore,
  mended,
  withAccepted,
  withBroken,
} from "./follower/state.ts";
export { createHeadReader, type Heads, type ReadHeads, readHeads } from "./heads.ts";
export { type HttpRpcOptions, httpRpc } from "./httpRpc.ts";
export { type ChainIdentity, identityOf, verifyIdentity } from "./identity.ts";
export { isLocalChain } from "./localChain.ts";
export type { ChainLog } from "./logs.ts";
export {
  confirmAtFinal,
  decideAtHead,
  decidePermission,
  type PermissionDecision,
  type PermissionQuestion,
  type PermissionSettings,
  type RememberDecision,
  requireFreshHead,
} from "./permissions.ts";
export { type ChainProbe, type Finding, missingOf, type Need, type Numbering, unknownOf, type Verdict } from "./probe/finding.ts";
export { probeChain } from "./probe/probeChain.ts";
export { type QuorumOptions, quorumRpc } from "./quorum/quorumRpc.ts";
export { readLimited } from "./readLimited.ts";
export { redactUrl } from "./redact.ts";
export type { Rpc, RpcOptions } from "./rpc.ts";
export { askerAt, runnerAt } from "./runnerAt.ts";
export { type TransactionCost, transactionCost } from "./sender/cost.ts";
export { SenderError, type SenderErrorCode } from "./sender/errors.ts";
export { createSender, type Sender, type SenderOptions, type StillWanted } from "./sender/sender.ts";
export {
  memorySenderStore,
  type SenderAccount,
  type SenderAttempt,
  type SenderIntent,
  type SenderReceipt,
  type SenderRecord,
  type SenderStore,
  type TransactionReceiptInfo,
} from "./sender/types.ts";
export type { SenderProblem } from "./sender/watch.ts";
export {
  type ListedFactory,
  type SignatureClaim,
  type SignatureSettings,
  type SignatureVerdict,
  verifySignature,
} from "./signatures.ts";
export { decideSigning, type SigningPermission, type SigningQuestion, type SigningSettings } from "./signingDecision.ts";
export type { HttpPost, PostAnswer, PostRequest } from "./transport/httpPost.ts";
export { nextTurn } from "./turns.ts";
