// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry} from "./interfaces/IDocumentRegistry.sol";
import {IKeeperRegistry} from "./interfaces/IKeeperRegistry.sol";
import {IKeyGeneration} from "./interfaces/IKeyGeneration.sol";
import {IRequests} from "./interfaces/IRequests.sol";
import {IShareRequests} from "./interfaces/IShareRequests.sol";
import {PermissionCalls} from "./libraries/PermissionCalls.sol";
import {Slots} from "./libraries/Slots.sol";
import {VerifyingShares} from "./libraries/VerifyingShares.sol";
import {Ves} from "./libraries/Ves.sol";
import {Requests} from "./Requests.sol";
import {DocumentId, RequestId} from "./types/Ids.sol";

/// Requests for key shares, and the keepers' verified answers. The manual is IShareRequests.
contract ShareRequests is IShareRequests, Requests {
  mapping(RequestId requestId => Request) private _requests;

  constructor(
    address authority_,
    IKeeperRegistry registry,
    IKeyGeneration keyGeneration,
    IDocumentRegistry documents,
    uint64 requestLifetime_
  ) Requests(authority_, registry, keyGeneration, documents, requestLifetime_) {}

  /// @inheritdoc IShareRequests
  function answer(RequestId requestId, Statement calldata statement, Answer calldata answer_) external {
    RequestStatus status = statusOf(requestId);
    if (status != RequestStatus.Pending) revert ShareRequestsNotPending(requestId, status);
    _requireStatement(requestId, statement);
    _requireHeader(requestId, statement.headerHash, answer_.u, answer_.headerRest);
    Request storage record = _requests[requestId];
    uint256 answered = record.answered;
    if (Slots.has(answered, answer_.slot)) revert RequestAlreadyAnswered(requestId, answer_.slot);
    if (_registry.absentIn(record.epoch, Slots.only(answer_.slot)) != 0) revert ShareRequestsAbsentKeeper(requestId, answer_.slot);
    if (!_isMember(record, answer_)) revert RequestNotMember(requestId, answer_.slot);
    if (!_verifies(requestId, record, statement, answer_)) revert ShareRequestsInvalidAnswer(requestId, answer_.slot);

    record.answered = answered | Slots.only(answer_.slot);
    uint8 answers = record.answers + 1;
    record.answers = answers;
    uint96 fee = record.fee;
    if (fee != 0) creditOf[_registry.operatorIn(record.epoch, answer_.slot)] += fee;
    emit ShareAnswered(requestId, answer_.slot, answer_.verifyingShare, answer_.share);
    if (answers == record.quorum) emit RequestServed(requestId);
  }

  /// @inheritdoc IRequests
  function refund(RequestId requestId, Statement calldata statement) external nonReentrant {
    _requireStatement(requestId, statement);
    Request storage record = _requests[requestId];
    uint256 amount = uint256(record.quorum - record.answers) * record.fee; // answers never exceed the quorum
    bool isOwed = statusOf(requestId) == RequestStatus.Expired && !record.refunded && amount != 0;
    if (!isOwed) revert RequestNothingToRefund(requestId);

    record.refunded = true;
    _refund(requestId, statement.requester, amount);
  }

  /// @inheritdoc IShareRequests
  function requestOf(RequestId requestId) external view returns (Request memory) {
    return _requests[requestId];
  }

  /// @inheritdoc IShareRequests
  function decide(
    DocumentId document,
    bytes32 headerHash,
    address initialPermissions,
    address requester,
    bytes32 contextHash
  ) external view returns (Decision) {
    // Read the same way as in `request`: what is warm there is warm here, so the question costs its contract the same.
    IDocumentRegistry.Document memory published = _documents.documentOf(document);
    if (published.owner == address(0)) return _ask(initialPermissions, document, requester, contextHash);
    return _decide(published.permissions, document, headerHash, requester, contextHash);
  }

  /// @inheritdoc IShareRequests
  function statusOf(RequestId requestId) public view returns (RequestStatus) {
    Request storage record = _requests[requestId];
    if (record.deadline == 0) return RequestStatus.Unknown;
    if (record.answers == record.quorum) return RequestStatus.Served;
    return block.timestamp > record.deadline ? RequestStatus.Expired : RequestStatus.Pending;
  }

  function _store(RequestId requestId, Opened memory opened) internal override {
    Request storage record = _requests[requestId];
    record.keyId = opened.keyId;
    record.deadline = opened.deadline;
    record.epoch = opened.epoch;
    record.quorum = opened.quorum;
    record.fee = opened.fee;
  }

  function _decide(
    address permissions,
    DocumentId document,
    bytes32 headerHash,
    address requester,
    bytes32 contextHash
  ) internal view override returns (Decision) {
    IDocumentRegistry.Version memory version = _documents.versionOf(document, headerHash);
    if (version.number == 0) return Decision.UnknownVersion;
    if (version.withdrawn) return Decision.WithdrawnVersion;
    return _ask(permissions, document, requester, contextHash);
  }

  function _ask(address permissions, DocumentId document, address requester, bytes32 contextHash) private view returns (Decision) {
    return PermissionCalls.isPermitted(permissions, requester, document, contextHash) ? Decision.Permitted : Decision.Denied;
  }

  /// True if the verifying share is the one that the key's verifying root holds for this slot in the request's epoch. PROTOCOL section 3.6.
  function _isMember(Request storage record, Answer calldata answer_) private view returns (bool isMember) {
    (isMember, ) = VerifyingShares.find(_keyGeneration, record.keyId, record.epoch, answer_.slot, answer_.verifyingShare, answer_.path);
  }

  /// PROTOCOL section 5.2.
  function _verifies(
    RequestId requestId,
    Request storage record,
    Statement calldata statement,
    Answer calldata answer_
  ) private view returns (bool) {
    bytes32 context = Ves.contextOf(statement.headerHash, requestId, record.keyId, record.epoch, answer_.slot);
    Ves.Verdict verdict = Ves.judge(answer_.verifyingShare, answer_.u, statement.readerKey, context, answer_.share, answer_.hints);
    return verdict == Ves.Verdict.Right;
  }
}
