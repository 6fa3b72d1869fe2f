// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DocumentId, KeyId, RequestId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {VesAnswer, VesHints} from "../types/Proofs.sol";

/// Who asks for which document with which key, and what the keepers answered.
///
/// `request` asks the document's permissions contract inside the transaction: that decides whether the request may exist. Every keeper
/// checks again for itself. An answer is verified here when it is posted: one per keeper, exactly q = t+1 per request. PROTOCOL section 5.
interface IShareRequests {
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
  /// waits for who asked until it is `refunded`. `answered` has bit `slot` set.
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

  /// What a request id commits to; callers show it again and it is checked against the id.
  struct Statement {
    uint64 number;
    DocumentId document;
    bytes32 headerHash;
    address requester;
    Point readerKey;
    bytes32 contextHash;
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

  /// Shares of a document's key were asked for. @custom:duty packages/keeper/src/answering/onSharesRequested.ts
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

  /// A keeper's answer was verified and accepted. @custom:duty none
  event ShareAnswered(RequestId indexed requestId, uint8 indexed slot, Point verifyingShare, VesAnswer share);

  /// The (t+1)th answer was accepted. @custom:duty none
  event RequestServed(RequestId indexed requestId);

  /// Governance changed what an answer costs, for requests made from now on. @custom:duty none
  event PriceChanged(uint96 price);

  /// What a request paid for answers that did not come went back to who asked. @custom:duty none
  event FeeRefunded(RequestId indexed requestId, address indexed requester, uint256 amount);

  /// What an operator earned was paid: to itself, or to its successor where it was revoked as stolen. @custom:duty none
  event FeesWithdrawn(address indexed operator, address indexed payee, uint256 amount);

  /// The request lifetime is shorter than its minimum.
  error ShareRequestsLifetimeTooShort(uint64 lifetime, uint64 minimum);
  /// The document is not published, or this version is unknown or withdrawn.
  error ShareRequestsUnknownDocument(DocumentId document, bytes32 headerHash);
  /// The reader key is off the curve, infinite, or has x >= n.
  error ShareRequestsInvalidReaderKey(uint256 x, uint256 y);
  /// The document's permissions contract did not say yes.
  error ShareRequestsDenied(DocumentId document, address requester);
  /// Too little gas is left to ask the permissions contract with its full allowance.
  error ShareRequestsTooLittleGas(uint256 left, uint256 needed);
  /// The value sent is not quorum times price.
  error ShareRequestsWrongFee(uint256 sent, uint256 expected);
  /// The request is still pending, was served in full, cost nothing, or was refunded already.
  error ShareRequestsNothingToRefund(RequestId requestId);
  /// The account has earned nothing that has not been withdrawn.
  error ShareRequestsNothingToWithdraw(address operator);
  /// The receiver did not take the payment.
  error ShareRequestsPaymentRefused(address receiver, uint256 amount);
  /// The key is not active or has another purpose than Decrypt.
  error ShareRequestsUnusableKey(KeyId keyId);
  /// The request is not pending.
  error ShareRequestsNotPending(RequestId requestId, RequestStatus status);
  /// The statement does not hash to the request id.
  error ShareRequestsForeignStatement(RequestId requestId);
  /// The header's parts do not hash to the request's header.
  error ShareRequestsForeignHeader(RequestId requestId);
  /// This keeper's answer was accepted already.
  error ShareRequestsAlreadyAnswered(RequestId requestId, uint8 slot);
  /// The keeper was removed, or its account in the request's epoch was revoked as stolen: its answers count no more.
  error ShareRequestsAbsentKeeper(RequestId requestId, uint8 slot);
  /// The slot is no member of the request's epoch, or the verifying share is not its.
  error ShareRequestsNotMember(RequestId requestId, uint8 slot);
  /// The answer's proof does not verify.
  error ShareRequestsInvalidAnswer(RequestId requestId, uint8 slot);

  /// Asks the keepers for the caller's shares of a published document's version. Send quorum times price, exactly: PROTOCOL section 5.7.
  /// @dev Warning: a contract that asks and pays must take plain transfers, or what it did not use stays here for good.
  /// @param readerKey X, a fresh public key of the reader's; answers are encrypted to it
  /// @param contextHash zero, or what the request is for: PROTOCOL section 4.4
  function request(
    DocumentId document,
    bytes32 headerHash,
    Point calldata readerKey,
    bytes32 contextHash
  ) external payable returns (RequestId requestId);

  /// Posts a keeper's answer. Anyone may send it; it counts for the slot in the proof, and its fee is earned by the slot's operator in the
  /// request's epoch.
  function answer(RequestId requestId, Statement calldata statement, Answer calldata answer_) external;

  /// Pays back, to who asked, what an expired request paid for answers that did not come. Anyone may call it.
  function refund(RequestId requestId, Statement calldata statement) external;

  /// Pays what an account earned as the operator of its slot in the requests' epochs: to that account, also after a rotation or a removal; of an
  /// account that was revoked as stolen, to the operator that its slot has now. Anyone may call it.
  /// @dev Warning: governance says what was stolen, and names the successor. An operator that does not trust it withdraws often.
  function withdrawFees(address operator) external returns (uint256 amount);

  /// Sets what an answer costs, for requests made from now on. Governance only.
  function setPrice(uint96 price_) external;

  /// What an account earned and has not withdrawn, in wei.
  function creditOf(address operator) external view returns (uint256);

  /// Wei per answer, fixed for a request when it is made.
  function price() external view returns (uint96);

  /// Seconds from a request to its deadline. Immutable.
  function requestLifetime() external view returns (uint64);

  /// Derived from stored facts and block time.
  function statusOf(RequestId requestId) external view returns (RequestStatus);

  /// Stored facts of a request; all zero when there is none.
  function requestOf(RequestId requestId) external view returns (Request memory);

  /// How many requests there have been.
  function requestCount() external view returns (uint64);

  /// keccak over the statement, this contract and the chain. PROTOCOL section 5.1.
  function requestIdOf(Statement calldata statement) external view returns (RequestId);

  /// Decides as of this block, by the same call that `request` makes: the one way keepers ask, so that chain and keepers cannot disagree.
  /// @param initialPermissions counts only when the document is not published
  function decide(
    DocumentId document,
    bytes32 headerHash,
    address initialPermissions,
    address requester,
    bytes32 contextHash
  ) external view returns (Decision);
}
