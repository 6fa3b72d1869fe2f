// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DocumentId, KeyId, RequestId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {VesAnswer, VesHints} from "../types/Proofs.sol";
import {IShareRequests} from "./IShareRequests.sol";

/// Requests whose answers are not verified when they are posted: an answer costs a third less gas than in ShareRequests, and there is a
/// window in which anyone may prove it wrong. The keeper of a wrong answer is recorded at fault and its fee is forfeited. PROTOCOL
/// section 5.5.
///
/// Permission is asked as in ShareRequests, by `ShareRequests.decide`. One answer per slot until the deadline; none closes the request.
interface IOptimisticRequests {
  /// Unknown: no such request. Pending: answers are taken. Disputable: the deadline passed, answers may still be proved wrong.
  /// Served: the window is over and q answers stand. Expired: the window is over and fewer stand. Time alone changes it.
  enum OptimisticStatus {
    Unknown,
    Pending,
    Disputable,
    Served,
    Expired
  }

  /// Stored facts of a request. `answered` and `disproved` have bit `slot` set; `answers` counts both kinds.
  /// `unpaid`: how many answers' fees a settled request still owes to who asked.
  struct OptimisticRequest {
    KeyId keyId;
    uint64 deadline;
    uint32 epoch;
    uint8 quorum;
    uint8 answers;
    bool settled;
    uint8 unpaid;
    uint96 fee;
    uint256 answered;
    uint256 disproved;
  }

  /// A keeper's answer. Its operator posts it; the verifying share must be the slot's, its proof is not looked at.
  struct OptimisticAnswer {
    uint8 slot;
    Point verifyingShare;
    bytes32[] path;
    VesAnswer share;
  }

  /// What proves an answer wrong. `u` and `headerRest` open the header hash; `witnesses` are zsU, zkX, cV and the inverses that add them,
  /// which anybody can compute: a wrong one reverts, so it convicts nobody.
  struct Challenge {
    uint8 slot;
    Point verifyingShare;
    VesAnswer share;
    Point u;
    bytes32 headerRest;
    VesHints witnesses;
  }

  /// Shares of a document's key were asked for. Same form as ShareRequests' event. @custom:duty packages/keeper/src/answering/onSharesRequested.ts
  event SharesRequested(
    RequestId indexed requestId,
    DocumentId indexed document,
    address indexed requester,
    uint64 number,
    KeyId keyId,
    uint32 epoch,
    bytes32 headerHash,
    Point readerKey,
    bytes32 contextHash,
    uint64 deadline
  );

  /// A keeper's answer was taken, unverified. Same form as ShareRequests' event. @custom:duty none
  event ShareAnswered(RequestId indexed requestId, uint8 indexed slot, Point verifyingShare, VesAnswer share);

  /// An answer was proved wrong: the keeper is at fault and its fee is forfeited. @custom:duty none
  event AnswerDisproved(RequestId indexed requestId, uint8 indexed slot, address indexed challenger);

  /// The window is over: `paid` has the bit of every slot whose answer was paid; `unpaid` wei wait for who asked. @custom:duty none
  event RequestSettled(RequestId indexed requestId, uint256 paid, uint256 unpaid);

  /// What a request paid for answers that did not come or did not stand went back to who asked. @custom:duty none
  event FeeRefunded(RequestId indexed requestId, address indexed requester, uint256 amount);

  /// Governance changed what an answer costs. @custom:duty none
  event PriceChanged(uint96 price);

  /// What an operator earned was paid: to itself, or to its successor where it was revoked as stolen. @custom:duty none
  event FeesWithdrawn(address indexed operator, address indexed payee, uint256 amount);

  /// The request lifetime or the challenge window is shorter than its minimum.
  error OptimisticRequestsTooShort(uint64 value, uint64 minimum);
  /// The document is not published, or this version is unknown or withdrawn.
  error OptimisticRequestsUnknownDocument(DocumentId document, bytes32 headerHash);
  /// The reader key is off the curve, infinite, or has x >= n.
  error OptimisticRequestsInvalidReaderKey(uint256 x, uint256 y);
  /// The document's permissions contract did not say yes.
  error OptimisticRequestsDenied(DocumentId document, address requester);
  /// The value sent is not quorum times price.
  error OptimisticRequestsWrongFee(uint256 sent, uint256 expected);
  /// The key is not active or has another purpose than Decrypt.
  error OptimisticRequestsUnusableKey(KeyId keyId);
  /// The request is not in the status that the call needs.
  error OptimisticRequestsWrongStatus(RequestId requestId, OptimisticStatus status);
  /// The statement does not hash to the request id.
  error OptimisticRequestsForeignStatement(RequestId requestId);
  /// The header's parts do not hash to the request's header.
  error OptimisticRequestsForeignHeader(RequestId requestId);
  /// The caller is not the slot's operator in the request's epoch, or was revoked as stolen.
  error OptimisticRequestsNotOperator(RequestId requestId, uint8 slot, address caller);
  /// The keeper was removed: its answers count no more.
  error OptimisticRequestsRemovedKeeper(RequestId requestId, uint8 slot);
  /// This keeper's answer was taken already.
  error OptimisticRequestsAlreadyAnswered(RequestId requestId, uint8 slot);
  /// The slot is no member of the request's epoch, or the verifying share is not its.
  error OptimisticRequestsNotMember(RequestId requestId, uint8 slot);
  /// This is not the answer that the slot posted, or it posted none, or it was disproved already.
  error OptimisticRequestsForeignAnswer(RequestId requestId, uint8 slot);
  /// The answer is right: it convicts nobody.
  error OptimisticRequestsAnswerIsRight(RequestId requestId, uint8 slot);
  /// A witness is wrong: that convicts nobody.
  error OptimisticRequestsWrongWitness(RequestId requestId, uint8 slot);
  /// The request was settled already.
  error OptimisticRequestsSettled(RequestId requestId);
  /// The request owes nothing to who asked, or paid it back already.
  error OptimisticRequestsNothingToRefund(RequestId requestId);
  /// The account has earned nothing that has not been withdrawn.
  error OptimisticRequestsNothingToWithdraw(address operator);
  /// The receiver did not take the payment.
  error OptimisticRequestsPaymentRefused(address receiver, uint256 amount);

  /// Asks the keepers for the caller's shares of a published document's version. As ShareRequests.request.
  function request(
    DocumentId document,
    bytes32 headerHash,
    Point calldata readerKey,
    bytes32 contextHash
  ) external payable returns (RequestId requestId);

  /// Posts the caller's answer. The slot's operator only, once, until the deadline.
  function answer(RequestId requestId, OptimisticAnswer calldata answer_) external;

  /// Proves an answer wrong, until the window is over. Anyone may. A right answer reverts, and so does a wrong witness.
  /// @dev Pays nobody: the answer's fee goes to the next answer that stands when the request is settled, or back to who asked. The keepers
  /// that an answer displaces challenge it by themselves; a reward would pay the liar's friend.
  function challenge(RequestId requestId, IShareRequests.Statement calldata statement, Challenge calldata challenge_) external;

  /// After the window: credits the first q answers that stand, in the order in which they came. Pays nobody, so nobody can block it.
  /// Anyone may call it, once.
  function settle(RequestId requestId) external;

  /// After the window: pays back, to who asked, what was not credited to keepers; settles first where nobody has. Anyone may call it.
  function refund(RequestId requestId, IShareRequests.Statement calldata statement) external;

  /// Pays what an account earned, to whom ShareRequests' `withdrawFees` would pay it. Anyone may call it.
  function withdrawFees(address operator) external returns (uint256 amount);

  /// Sets what an answer costs, for requests made from now on. Governance only.
  function setPrice(uint96 price_) external;

  /// What an account earned and has not withdrawn, in wei.
  function creditOf(address operator) external view returns (uint256);

  /// Wei per answer.
  function price() external view returns (uint96);

  /// Seconds from a request to its deadline. Immutable.
  function requestLifetime() external view returns (uint64);

  /// Seconds from a request's deadline to the end of disputes. Immutable.
  function challengeWindow() external view returns (uint64);

  /// How many requests there have been.
  function requestCount() external view returns (uint64);

  /// How many answers of a slot were proved wrong.
  function faultsOf(uint8 slot) external view returns (uint32);

  /// Derived from stored facts and block time.
  function statusOf(RequestId requestId) external view returns (OptimisticStatus);

  /// Stored facts of a request; all zero when there is none.
  function requestOf(RequestId requestId) external view returns (OptimisticRequest memory);

  /// keccak over the statement, this contract and the chain. PROTOCOL section 5.1.
  function requestIdOf(IShareRequests.Statement calldata statement) external view returns (RequestId);
}
