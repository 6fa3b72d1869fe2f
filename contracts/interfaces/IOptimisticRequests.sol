// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyId, RequestId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {VesAnswer, VesHints} from "../types/Proofs.sol";
import {IAnswerFaults} from "./IAnswerFaults.sol";
import {IRequests} from "./IRequests.sol";

/// Requests whose answers are not verified when they are posted: an answer costs a third less gas than in ShareRequests, and there is a
/// window in which anyone may prove it wrong. The keeper of a wrong answer is recorded at fault and its fee is forfeited. PROTOCOL
/// section 5.5.
///
/// Permission is asked as in ShareRequests, by `ShareRequests.decide`. One answer per slot until the deadline; none closes the request.
/// @dev Warning: it trusts forever ShareRequests to decide who may read. A wrong answer that nobody challenges in time is paid.
interface IOptimisticRequests is IRequests, IAnswerFaults {
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
  /// `unpaid`: how many answers' fees a settled request still owes to the requester.
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

  /// The window is over: `paid` has the bit of every slot whose answer was paid; `unpaid` wei wait for the requester. @custom:duty none
  /// @param requestId the request
  /// @param paid the slots whose answers were paid, as a bitmap with bit `slot` set
  /// @param unpaid wei that are refundable to the requester
  event RequestSettled(RequestId indexed requestId, uint256 paid, uint256 unpaid);

  /// Request `requestId` is `status`, and this call needs another status; read its status again.
  /// @param requestId the request
  /// @param status the status that it has
  error OptimisticRequestsWrongStatus(RequestId requestId, OptimisticStatus status);

  /// `caller` does not operate slot `slot` in the epoch of request `requestId`, or was revoked as stolen; a keeper posts its own answer.
  /// @param requestId the request
  /// @param slot the keeper's slot
  /// @param caller the account that called
  error OptimisticRequestsNotOperator(RequestId requestId, uint8 slot, address caller);

  /// The keeper at slot `slot` was removed, so its answer to request `requestId` no longer counts; take another keeper's.
  /// @param requestId the request
  /// @param slot the keeper's slot
  error OptimisticRequestsRemovedKeeper(RequestId requestId, uint8 slot);

  /// Slot `slot` did not post this answer to request `requestId`, or it was already disproved; take it from its ShareAnswered event.
  /// @param requestId the request
  /// @param slot the keeper's slot
  error OptimisticRequestsForeignAnswer(RequestId requestId, uint8 slot);

  /// Request `requestId` is already settled; nothing is left to do.
  /// @param requestId the request
  error OptimisticRequestsSettled(RequestId requestId);

  /// Posts the caller's answer. The slot's operator only, once, until the deadline.
  function answer(RequestId requestId, OptimisticAnswer calldata answer_) external;

  /// Proves an answer wrong, until the window is over. Anyone may. A right answer reverts, and so does a wrong witness.
  /// @dev Pays nobody: the answer's fee goes to the next answer that stands when the request is settled, or back to the requester. The keepers
  /// that an answer displaces challenge it by themselves; a reward would pay the liar's friend.
  function challenge(RequestId requestId, Statement calldata statement, Challenge calldata challenge_) external;

  /// After the window: credits the first q answers that stand, in the order in which they came. Pays nobody, so nobody can block it.
  /// Anyone may call it, once.
  /// @dev Warning: it refunds nothing. Where fewer than q answers stand, `refund` pays the rest back.
  function settle(RequestId requestId) external;

  /// @return seconds from a request's deadline to the end of disputes. Immutable.
  function challengeWindow() external view returns (uint64);

  /// @return the status, derived from stored facts and block time.
  function statusOf(RequestId requestId) external view returns (OptimisticStatus);

  /// @return stored facts of a request; all zero when there is none.
  function requestOf(RequestId requestId) external view returns (OptimisticRequest memory);
}
