// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDocumentRegistry} from "./interfaces/IDocumentRegistry.sol";
import {IKeeperRegistry} from "./interfaces/IKeeperRegistry.sol";
import {IKeyGeneration} from "./interfaces/IKeyGeneration.sol";
import {IRequests} from "./interfaces/IRequests.sol";
import {IShareRequests} from "./interfaces/IShareRequests.sol";
import {DecryptionKeys} from "./libraries/DecryptionKeys.sol";
import {Domains} from "./libraries/Domains.sol";
import {Payments} from "./libraries/Payments.sol";
import {Secp256k1} from "./libraries/Secp256k1.sol";
import {DocumentId, KeyId, RequestId} from "./types/Ids.sol";
import {Point} from "./types/Point.sol";

/// What ShareRequests and OptimisticRequests have in common: asking, paying, earning. The manual is IRequests. How answers are taken and what
/// they earn is the contracts' own.
abstract contract Requests is IRequests, AccessManaged, ReentrancyGuardTransient {
  using Payments for mapping(address => uint256);

  uint64 private constant _MIN_SECONDS = 60;

  /// What is known of a request when it is made. It is pinned to the epoch in which the key is active then.
  struct Opened {
    KeyId keyId;
    uint40 deadline;
    uint32 epoch;
    uint8 quorum;
    uint96 fee;
  }

  IKeeperRegistry internal immutable _registry;
  IKeyGeneration internal immutable _keyGeneration;
  IDocumentRegistry internal immutable _documents;

  /// @inheritdoc IRequests
  uint64 public immutable override requestLifetime;
  /// @inheritdoc IRequests
  uint64 public override requestCount;
  /// @inheritdoc IRequests
  uint96 public override price;
  /// @inheritdoc IRequests
  mapping(address operator => uint256 wei_) public override creditOf;

  constructor(
    address authority_,
    IKeeperRegistry registry,
    IKeyGeneration keyGeneration,
    IDocumentRegistry documents,
    uint64 requestLifetime_
  ) AccessManaged(authority_) {
    _requireLong(requestLifetime_);
    _registry = registry;
    _keyGeneration = keyGeneration;
    _documents = documents;
    requestLifetime = requestLifetime_;
  }

  /// @inheritdoc IRequests
  /// @dev Governed only so that governance can pause it: everyone has the role, unless governance closes this contract.
  function request(
    DocumentId document,
    bytes32 headerHash,
    Point calldata readerKey,
    bytes32 contextHash
  ) external payable restricted returns (RequestId requestId) {
    Secp256k1.requireValid(readerKey);
    IDocumentRegistry.Document memory published = _documents.documentOf(document);
    if (published.owner == address(0)) revert RequestUnknownDocument(document, headerHash);
    Opened memory opened = _openFor(published.keyId);
    uint256 fee = uint256(opened.quorum) * opened.fee;
    if (msg.value != fee) revert RequestWrongFee(msg.value, fee);
    IShareRequests.Decision decision = _decide(published.permissions, document, headerHash, msg.sender, contextHash);
    if (decision != IShareRequests.Decision.Permitted) {
      if (decision == IShareRequests.Decision.Denied) revert RequestDenied(document, msg.sender);
      revert RequestUnknownDocument(document, headerHash);
    }

    Statement memory statement = Statement(++requestCount, document, headerHash, msg.sender, readerKey, contextHash);
    requestId = requestIdOf(statement);
    _store(requestId, opened);
    _emitRequested(requestId, statement, opened);
  }

  /// @inheritdoc IRequests
  function withdrawFees(address operator) external nonReentrant returns (uint256 amount) {
    amount = creditOf.take(operator);
    address payee = _registry.payeeOf(operator);
    emit FeesWithdrawn(operator, payee, amount);
    Payments.pay(payee, amount);
  }

  /// @inheritdoc IRequests
  function setPrice(uint96 price_) external restricted {
    price = price_;
    emit PriceChanged(price_);
  }

  /// @inheritdoc IRequests
  function requestIdOf(Statement memory statement) public view returns (RequestId) {
    return RequestId.wrap(keccak256(abi.encode(Domains.REQUEST, block.chainid, address(this), statement)));
  }

  /// Stores the facts of a new request.
  function _store(RequestId requestId, Opened memory opened) internal virtual;

  /// Refunds `amount` wei. The caller has taken them off its books.
  function _refund(RequestId requestId, address requester, uint256 amount) internal {
    emit FeeRefunded(requestId, requester, amount);
    Payments.pay(requester, amount);
  }

  /// Whether the requester may read this version of a published document.
  function _decide(
    address permissions,
    DocumentId document,
    bytes32 headerHash,
    address requester,
    bytes32 contextHash
  ) internal view virtual returns (IShareRequests.Decision);

  function _requireStatement(RequestId requestId, Statement calldata statement) internal view {
    if (requestIdOf(statement) != requestId) revert RequestForeignStatement(requestId);
  }

  /// `u` and `headerRest` open the header hash. PROTOCOL section 4.3.
  function _requireHeader(RequestId requestId, bytes32 headerHash, Point calldata u, bytes32 headerRest) internal pure {
    if (keccak256(abi.encode(u, headerRest)) != headerHash) revert RequestForeignHeader(requestId);
  }

  function _requireLong(uint64 given) internal pure {
    if (given < _MIN_SECONDS) revert RequestTooShort(given, _MIN_SECONDS);
  }

  function _emitRequested(RequestId requestId, Statement memory statement, Opened memory opened) private {
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

  function _openFor(KeyId keyId) private view returns (Opened memory) {
    uint32 epoch = DecryptionKeys.requireUsable(_keyGeneration, keyId).activeEpoch;
    return
      Opened({
        keyId: keyId,
        deadline: SafeCast.toUint40(block.timestamp + requestLifetime),
        epoch: epoch,
        quorum: _keyGeneration.keyEpochOf(keyId, epoch).threshold + 1, // q = t+1
        fee: price
      });
  }
}
