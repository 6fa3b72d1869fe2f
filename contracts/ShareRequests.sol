// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDocumentRegistry} from "./interfaces/IDocumentRegistry.sol";
import {IKeeperRegistry} from "./interfaces/IKeeperRegistry.sol";
import {IKeyGeneration} from "./interfaces/IKeyGeneration.sol";
import {IShareRequests} from "./interfaces/IShareRequests.sol";
import {Domains} from "./libraries/Domains.sol";
import {PermissionCalls} from "./libraries/PermissionCalls.sol";
import {Secp256k1} from "./libraries/Secp256k1.sol";
import {Slots} from "./libraries/Slots.sol";
import {VerifyingShares} from "./libraries/VerifyingShares.sol";
import {Ves} from "./libraries/Ves.sol";
import {DocumentId, KeyId, RequestId} from "./types/Ids.sol";
import {Point} from "./types/Point.sol";

/// Requests for key shares, and the keepers' verified answers. The manual is IShareRequests.
contract ShareRequests is IShareRequests, AccessManaged, ReentrancyGuardTransient {
  uint64 private constant _MIN_LIFETIME = 60;

  IKeeperRegistry private immutable _registry;
  IKeyGeneration private immutable _keyGeneration;
  IDocumentRegistry private immutable _documents;

  /// @inheritdoc IShareRequests
  uint64 public immutable override requestLifetime;
  /// @inheritdoc IShareRequests
  uint64 public override requestCount;
  /// @inheritdoc IShareRequests
  uint96 public override price;

  mapping(RequestId requestId => Request) private _requests;
  mapping(address operator => uint256 wei_) private _credits;

  constructor(
    address authority_,
    IKeeperRegistry registry,
    IKeyGeneration keyGeneration,
    IDocumentRegistry documents,
    uint64 requestLifetime_
  ) AccessManaged(authority_) {
    if (requestLifetime_ < _MIN_LIFETIME) revert ShareRequestsLifetimeTooShort(requestLifetime_, _MIN_LIFETIME);
    _registry = registry;
    _keyGeneration = keyGeneration;
    _documents = documents;
    requestLifetime = requestLifetime_;
  }

  /// @inheritdoc IShareRequests
  /// @dev Governed only so that governance can pause it: everyone has the role, unless governance closes this contract.
  function request(
    DocumentId document,
    bytes32 headerHash,
    Point calldata readerKey,
    bytes32 contextHash
  ) external payable restricted returns (RequestId requestId) {
    if (!Secp256k1.isValid(readerKey)) revert ShareRequestsInvalidReaderKey(readerKey.x, readerKey.y);
    IDocumentRegistry.Document memory published = _documents.documentOf(document);
    if (published.owner == address(0)) revert ShareRequestsUnknownDocument(document, headerHash);
    Request memory opened = _openFor(published.keyId);
    uint256 fee = uint256(opened.quorum) * opened.fee;
    if (msg.value != fee) revert ShareRequestsWrongFee(msg.value, fee);
    Decision decision = _decidePublished(published.permissions, document, headerHash, msg.sender, contextHash);
    if (decision == Decision.Denied) revert ShareRequestsDenied(document, msg.sender);
    if (decision != Decision.Permitted) revert ShareRequestsUnknownDocument(document, headerHash);

    Statement memory statement = Statement(++requestCount, document, headerHash, msg.sender, readerKey, contextHash);
    requestId = requestIdOf(statement);
    _requests[requestId] = opened;
    _emitRequested(requestId, statement, opened);
  }

  /// @inheritdoc IShareRequests
  function answer(RequestId requestId, Statement calldata statement, Answer calldata answer_) external {
    RequestStatus status = statusOf(requestId);
    if (status != RequestStatus.Pending) revert ShareRequestsNotPending(requestId, status);
    if (RequestId.unwrap(requestIdOf(statement)) != RequestId.unwrap(requestId)) revert ShareRequestsForeignStatement(requestId);
    bytes32 headerHash = keccak256(abi.encode(answer_.u, answer_.headerRest));
    if (headerHash != statement.headerHash) revert ShareRequestsForeignHeader(requestId);
    Request storage record = _requests[requestId];
    if (Slots.has(record.answered, answer_.slot)) revert ShareRequestsAlreadyAnswered(requestId, answer_.slot);
    if (_registry.absentIn(record.epoch, Slots.only(answer_.slot)) != 0) revert ShareRequestsAbsentKeeper(requestId, answer_.slot);
    if (!_isMember(record, answer_)) revert ShareRequestsNotMember(requestId, answer_.slot);
    if (!_verifies(requestId, record, statement, answer_)) revert ShareRequestsInvalidAnswer(requestId, answer_.slot);

    record.answered |= Slots.only(answer_.slot);
    record.answers += 1;
    uint96 fee = record.fee;
    if (fee != 0) _credits[_registry.operatorIn(record.epoch, answer_.slot)] += fee;
    emit ShareAnswered(requestId, answer_.slot, answer_.verifyingShare, answer_.share);
    if (record.answers == record.quorum) emit RequestServed(requestId);
  }

  /// @inheritdoc IShareRequests
  function refund(RequestId requestId, Statement calldata statement) external nonReentrant {
    if (RequestId.unwrap(requestIdOf(statement)) != RequestId.unwrap(requestId)) revert ShareRequestsForeignStatement(requestId);
    Request storage record = _requests[requestId];
    uint256 amount = uint256(record.quorum - record.answers) * record.fee; // answers never exceed the quorum
    bool isOwed = statusOf(requestId) == RequestStatus.Expired && !record.refunded && amount != 0;
    if (!isOwed) revert ShareRequestsNothingToRefund(requestId);

    record.refunded = true;
    emit FeeRefunded(requestId, statement.requester, amount);
    _pay(statement.requester, amount);
  }

  /// @inheritdoc IShareRequests
  function withdrawFees(address operator) external nonReentrant returns (uint256 amount) {
    amount = _credits[operator];
    if (amount == 0) revert ShareRequestsNothingToWithdraw(operator);
    address payee = _registry.payeeOf(operator);

    _credits[operator] = 0;
    emit FeesWithdrawn(operator, payee, amount);
    _pay(payee, amount);
  }

  /// @inheritdoc IShareRequests
  function setPrice(uint96 price_) external restricted {
    price = price_;
    emit PriceChanged(price_);
  }

  /// @inheritdoc IShareRequests
  function creditOf(address operator) external view returns (uint256) {
    return _credits[operator];
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
    return _decidePublished(published.permissions, document, headerHash, requester, contextHash);
  }

  /// @inheritdoc IShareRequests
  function statusOf(RequestId requestId) public view returns (RequestStatus) {
    Request storage record = _requests[requestId];
    if (record.deadline == 0) return RequestStatus.Unknown;
    if (record.answers == record.quorum) return RequestStatus.Served;
    return block.timestamp > record.deadline ? RequestStatus.Expired : RequestStatus.Pending;
  }

  /// @inheritdoc IShareRequests
  function requestIdOf(Statement memory statement) public view returns (RequestId) {
    return RequestId.wrap(keccak256(abi.encode(Domains.REQUEST, block.chainid, address(this), statement)));
  }

  function _pay(address receiver, uint256 amount) private {
    (bool isPaid, ) = receiver.call{value: amount}("");
    if (!isPaid) revert ShareRequestsPaymentRefused(receiver, amount);
  }

  function _decidePublished(
    address permissions,
    DocumentId document,
    bytes32 headerHash,
    address requester,
    bytes32 contextHash
  ) private view returns (Decision) {
    IDocumentRegistry.Version memory version = _documents.versionOf(document, headerHash);
    if (version.number == 0) return Decision.UnknownVersion;
    if (version.withdrawn) return Decision.WithdrawnVersion;
    return _ask(permissions, document, requester, contextHash);
  }

  function _ask(address permissions, DocumentId document, address requester, bytes32 contextHash) private view returns (Decision) {
    return PermissionCalls.isPermitted(permissions, requester, document, contextHash) ? Decision.Permitted : Decision.Denied;
  }

  /// A new request's stored facts: pinned to the epoch in which the key is active now.
  function _openFor(KeyId keyId) private view returns (Request memory) {
    IKeyGeneration.Key memory key = _keyGeneration.keyOf(keyId);
    if (key.activeEpoch == 0 || key.purpose != IKeyGeneration.Purpose.Decrypt) revert ShareRequestsUnusableKey(keyId);
    return
      Request({
        keyId: keyId,
        deadline: uint64(block.timestamp) + requestLifetime,
        epoch: key.activeEpoch,
        quorum: _keyGeneration.keyEpochOf(keyId, key.activeEpoch).threshold + 1, // q = t+1
        answers: 0,
        fee: price,
        refunded: false,
        answered: 0
      });
  }

  function _emitRequested(RequestId requestId, Statement memory statement, Request memory opened) private {
    emit SharesRequested(
      requestId,
      statement.document,
      statement.requester,
      statement.number,
      opened.keyId,
      opened.epoch,
      statement.headerHash,
      statement.readerKey,
      statement.contextHash,
      opened.deadline
    );
  }

  /// True if the verifying share is the one that the key's verifying root holds for this slot in the request's epoch. PROTOCOL section 3.6.
  function _isMember(Request storage record, Answer calldata answer_) private view returns (bool) {
    return VerifyingShares.isAuthentic(_keyGeneration, record.keyId, record.epoch, answer_.slot, answer_.verifyingShare, answer_.path);
  }

  /// PROTOCOL section 5.2.
  function _verifies(
    RequestId requestId,
    Request storage record,
    Statement calldata statement,
    Answer calldata answer_
  ) private view returns (bool) {
    bytes32 context = keccak256(abi.encode(Domains.SHARE, statement.headerHash, requestId, record.keyId, record.epoch, answer_.slot));
    return Ves.verify(answer_.verifyingShare, answer_.u, statement.readerKey, context, answer_.share, answer_.hints);
  }
}
