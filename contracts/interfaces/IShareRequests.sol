// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DocumentId, KeyId, RequestId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {VesAnswer, VesHints} from "../types/Proofs.sol";
import {IRequests} from "./IRequests.sol";

/// Who asks for which document with which key, and what the keepers answered.
///
/// `request` asks the document's permissions contract inside the transaction: that decides whether the request may exist. Every keeper
/// checks again for itself. An answer is verified here when it is posted: one per keeper, exactly q = t+1 per request. PROTOCOL section 5.
interface IShareRequests is IRequests {
  /// Unknown: no such request. Pending: answers are taken; time alone ends it. Served: q answers were accepted. Expired: the deadline passed.
  enum RequestStatus {
    Unknown,
    Pending,
    Served,
    Expired
  }

  /// What a keeper must know to answer or refuse. PROTOCOL section 4.4.
  enum Decision {
    Denied,
    Permitted,
    UnknownVersion,
    WithdrawnVersion
  }

  /// Stored facts of a request. `fee` is what it pays per answer; of quorum times fee, what answers earned is their keepers' and the rest
  /// waits for the requester until it is `refunded`. `answered` has bit `slot` set.
  struct Request {
    KeyId keyId;
    uint64 deadline;
    uint32 epoch;
    uint8 quorum;
    uint8 answers;
    uint96 fee;
    bool refunded;
    uint256 answered;
  }

  /// A keeper's answer with all that verifies it.
  /// `verifyingShare` is S_i, `path` its Merkle path in the key's verifying root.
  /// `u` and `headerRest` open the header hash: keccak(abi.encode(u.x, u.y, headerRest)).
  struct Answer {
    uint8 slot;
    Point verifyingShare;
    bytes32[] path;
    Point u;
    bytes32 headerRest;
    VesAnswer share;
    VesHints hints;
  }

  /// The (t+1)th answer was accepted. @custom:duty none
  /// @param requestId the request
  event RequestServed(RequestId indexed requestId);

  /// `left` gas is left but asking the permissions contract needs `needed`; send with a higher gas limit.
  /// @param left gas left
  /// @param needed gas needed
  error ShareRequestsTooLittleGas(uint256 left, uint256 needed);

  /// Request `requestId` is `status`, not Pending; make a new request if shares are still needed.
  /// @param requestId the request
  /// @param status the status that it has
  error ShareRequestsNotPending(RequestId requestId, RequestStatus status);

  /// The keeper at slot `slot` was removed, or its account was revoked as stolen, so its answer to request `requestId` no longer counts;
  /// take another keeper's.
  /// @param requestId the request
  /// @param slot the keeper's slot
  error ShareRequestsAbsentKeeper(RequestId requestId, uint8 slot);

  /// The proof in the answer of slot `slot` to request `requestId` does not verify, so it is refused; answer with a valid proof.
  /// @param requestId the request
  /// @param slot the keeper's slot
  error ShareRequestsInvalidAnswer(RequestId requestId, uint8 slot);

  /// Posts a keeper's answer. Anyone may send it; it counts for the slot in the proof, and its fee is earned by the slot's operator in the
  /// request's epoch.
  function answer(RequestId requestId, Statement calldata statement, Answer calldata answer_) external;

  /// @return the status, derived from stored facts and block time.
  function statusOf(RequestId requestId) external view returns (RequestStatus);

  /// @return stored facts of a request; all zero when there is none.
  function requestOf(RequestId requestId) external view returns (Request memory);

  /// Decides as of this block, by the same call that `request` makes: the one way keepers ask, so that chain and keepers cannot disagree.
  /// @param initialPermissions counts only when the document is not published
  /// @return what a keeper must know to answer or refuse
  function decide(
    DocumentId document,
    bytes32 headerHash,
    address initialPermissions,
    address requester,
    bytes32 contextHash
  ) external view returns (Decision);
}
