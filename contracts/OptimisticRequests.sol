// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDocumentRegistry} from "./interfaces/IDocumentRegistry.sol";
import {IKeeperRegistry} from "./interfaces/IKeeperRegistry.sol";
import {IKeyGeneration} from "./interfaces/IKeyGeneration.sol";
import {IOptimisticRequests} from "./interfaces/IOptimisticRequests.sol";
import {IShareRequests} from "./interfaces/IShareRequests.sol";
import {Domains} from "./libraries/Domains.sol";
import {Secp256k1} from "./libraries/Secp256k1.sol";
import {Slots} from "./libraries/Slots.sol";
import {VerifyingShares} from "./libraries/VerifyingShares.sol";
import {VesFraud} from "./libraries/VesFraud.sol";
import {DocumentId, KeyId, RequestId} from "./types/Ids.sol";
import {Point} from "./types/Point.sol";
import {VesAnswer} from "./types/Proofs.sol";

/// Requests for key shares whose answers stand until somebody proves them wrong. The manual is IOptimisticRequests.
contract OptimisticRequests is IOptimisticRequests, AccessManaged, ReentrancyGuardTransient {
  uint64 private constant _MIN_SECONDS = 60;

  /// A request as it is stored. `answered` has the bit of each member that answered, by its place among the key's members: at most 64.
  /// `disproved` has bit `slot` set.
  struct Record {
    KeyId keyId;
    uint40 deadline;
    uint32 epoch;
    uint8 quorum;
    bool settled;
    uint8 unpaid;
    uint96 fee;
    uint64 answered;
    uint256 disproved;
  }

  IKeeperRegistry private immutable _registry;
  IKeyGeneration private immutable _keyGeneration;
  IDocumentRegistry private immutable _documents;
  IShareRequests private immutable _shareRequests;

  /// @inheritdoc IOptimisticRequests
  uint64 public immutable override requestLifetime;
  /// @inheritdoc IOptimisticRequests
  uint64 public immutable override challengeWindow;
  /// @inheritdoc IOptimisticRequests
  uint64 public override requestCount;
  /// @inheritdoc IOptimisticRequests
  uint96 public override price;
  /// @inheritdoc IOptimisticRequests
  mapping(uint8 slot => uint32) public override faultsOf;
  /// @inheritdoc IOptimisticRequests
  mapping(address operator => uint256 wei_) public override creditOf;

  mapping(RequestId requestId => Record) private _records;
  /// What was posted, in order, two to a word, the lower half first: 8 bits of slot and 120 bits of hash. Nobody but the keeper itself
  /// gains from two answers of one hash, and against a second answer to a given hash 120 bits are enough.
  mapping(RequestId requestId => mapping(uint256 pair => uint256)) private _posted;

  constructor(
    address authority_,
    IKeeperRegistry registry,
    IKeyGeneration keyGeneration,
    IDocumentRegistry documents,
    IShareRequests shareRequests,
    uint64 requestLifetime_,
    uint64 challengeWindow_
  ) AccessManaged(authority_) {
    if (requestLifetime_ < _MIN_SECONDS) revert OptimisticRequestsTooShort(requestLifetime_, _MIN_SECONDS);
    if (challengeWindow_ < _MIN_SECONDS) revert OptimisticRequestsTooShort(challengeWindow_, _MIN_SECONDS);
    _registry = registry;
    _keyGeneration = keyGeneration;
    _documents = documents;
    _shareRequests = shareRequests;
    requestLifetime = requestLifetime_;
    challengeWindow = challengeWindow_;
  }

  /// @inheritdoc IOptimisticRequests
  /// @dev Governed only so that governance can pause it: everyone has the role, unless governance closes this contract.
  function request(
    DocumentId document,
    bytes32 headerHash,
    Point calldata readerKey,
    bytes32 contextHash
  ) external payable restricted returns (RequestId requestId) {
    if (!Secp256k1.isValid(readerKey)) revert OptimisticRequestsInvalidReaderKey(readerKey.x, readerKey.y);
    IDocumentRegistry.Document memory published = _documents.documentOf(document);
    if (published.owner == address(0)) revert OptimisticRequestsUnknownDocument(document, headerHash);
    Record memory opened = _openFor(published.keyId);
    uint256 fee = uint256(opened.quorum) * opened.fee;
    if (msg.value != fee) revert OptimisticRequestsWrongFee(msg.value, fee);
    // A static call by which ShareRequests asks: permissions contracts have one caller, and nothing can change meanwhile.
    IShareRequests.Decision decision = _shareRequests.decide(document, headerHash, address(0), msg.sender, contextHash);
    if (decision == IShareRequests.Decision.Denied) revert OptimisticRequestsDenied(document, msg.sender);
    if (decision != IShareRequests.Decision.Permitted) revert OptimisticRequestsUnknownDocument(document, headerHash);

    IShareRequests.Statement memory statement = IShareRequests.Statement(
      ++requestCount,
      document,
      headerHash,
      msg.sender,
      readerKey,
      contextHash
    );
    requestId = requestIdOf(statement);
    _store(requestId, opened);
    _emitRequested(requestId, statement, opened);
  }

  /// @inheritdoc IOptimisticRequests
  function answer(RequestId requestId, OptimisticAnswer calldata answer_) external {
    _requireStatus(requestId, OptimisticStatus.Pending);
    uint8 slot = answer_.slot;
    Record storage record = _records[requestId];
    // Strangers have slot 0, which is no member's.
    if (_registry.slotIn(record.epoch, msg.sender) != slot) revert OptimisticRequestsNotOperator(requestId, slot, msg.sender);
    if (Slots.has(_registry.removedKeepers(), slot)) revert OptimisticRequestsRemovedKeeper(requestId, slot);
    (bool isMember, uint256 place) = VerifyingShares.find(
      _keyGeneration,
      record.keyId,
      record.epoch,
      slot,
      answer_.verifyingShare,
      answer_.path
    );
    if (!isMember) revert OptimisticRequestsNotMember(requestId, slot);
    uint64 answered = record.answered;
    if ((answered >> place) & 1 == 1) revert OptimisticRequestsAlreadyAnswered(requestId, slot);

    uint256 number = Slots.count(answered);
    record.answered = answered | uint64(1 << place); // a place is below 64
    _posted[requestId][number / 2] |= _entryOf(requestId, slot, answer_.verifyingShare, answer_.share) << (128 * (number % 2));
    emit ShareAnswered(requestId, slot, answer_.verifyingShare, answer_.share);
  }

  /// @inheritdoc IOptimisticRequests
  function challenge(RequestId requestId, IShareRequests.Statement calldata statement, Challenge calldata challenge_) external {
    OptimisticStatus status = statusOf(requestId);
    if (status != OptimisticStatus.Pending && status != OptimisticStatus.Disputable)
      revert OptimisticRequestsWrongStatus(requestId, status);
    _requireStatement(requestId, statement);
    bytes32 headerHash = keccak256(abi.encode(challenge_.u, challenge_.headerRest));
    if (headerHash != statement.headerHash) revert OptimisticRequestsForeignHeader(requestId);
    uint8 slot = challenge_.slot;
    Record storage record = _records[requestId];
    bool isPosted = _isPosted(requestId, record.answered, _entryOf(requestId, slot, challenge_.verifyingShare, challenge_.share));
    if (!isPosted || Slots.has(record.disproved, slot)) revert OptimisticRequestsForeignAnswer(requestId, slot);
    VesFraud.Verdict verdict = _judge(requestId, record, statement, challenge_);
    if (verdict == VesFraud.Verdict.Right) revert OptimisticRequestsAnswerIsRight(requestId, slot);
    if (verdict != VesFraud.Verdict.Wrong) revert OptimisticRequestsWrongWitness(requestId, slot);

    record.disproved |= Slots.only(slot);
    faultsOf[slot] += 1;
    emit AnswerDisproved(requestId, slot, msg.sender);
  }

  /// @inheritdoc IOptimisticRequests
  function settle(RequestId requestId) external {
    _requireOver(requestId);
    if (_records[requestId].settled) revert OptimisticRequestsSettled(requestId);

    _settle(requestId);
  }

  /// @inheritdoc IOptimisticRequests
  function refund(RequestId requestId, IShareRequests.Statement calldata statement) external nonReentrant {
    _requireOver(requestId);
    _requireStatement(requestId, statement);
    Record storage record = _records[requestId];
    if (!record.settled) _settle(requestId);
    uint256 amount = uint256(record.unpaid) * record.fee;
    if (amount == 0) revert OptimisticRequestsNothingToRefund(requestId);

    record.unpaid = 0;
    emit FeeRefunded(requestId, statement.requester, amount);
    _pay(statement.requester, amount);
  }

  /// @inheritdoc IOptimisticRequests
  function withdrawFees(address operator) external nonReentrant returns (uint256 amount) {
    amount = creditOf[operator];
    if (amount == 0) revert OptimisticRequestsNothingToWithdraw(operator);
    address payee = _registry.payeeOf(operator);

    creditOf[operator] = 0;
    emit FeesWithdrawn(operator, payee, amount);
    _pay(payee, amount);
  }

  /// @inheritdoc IOptimisticRequests
  function setPrice(uint96 price_) external restricted {
    price = price_;
    emit PriceChanged(price_);
  }

  /// @inheritdoc IOptimisticRequests
  function requestOf(RequestId requestId) external view returns (OptimisticRequest memory) {
    Record storage record = _records[requestId];
    uint256 answers = Slots.count(record.answered);
    uint256 answered = 0;
    for (uint256 i = 0; i < answers; ++i) answered |= Slots.only(_postedBy(requestId, i));
    return
      OptimisticRequest({
        keyId: record.keyId,
        deadline: record.deadline,
        epoch: record.epoch,
        quorum: record.quorum,
        answers: uint8(answers), // at most 64
        settled: record.settled,
        unpaid: record.unpaid,
        fee: record.fee,
        answered: answered,
        disproved: record.disproved
      });
  }

  /// @inheritdoc IOptimisticRequests
  function statusOf(RequestId requestId) public view returns (OptimisticStatus) {
    Record storage record = _records[requestId];
    if (record.deadline == 0) return OptimisticStatus.Unknown;
    if (block.timestamp <= record.deadline) return OptimisticStatus.Pending;
    if (block.timestamp <= uint256(record.deadline) + challengeWindow) return OptimisticStatus.Disputable;
    // Who was disproved has answered.
    uint256 standing = Slots.count(record.answered) - Slots.count(record.disproved);
    return standing < record.quorum ? OptimisticStatus.Expired : OptimisticStatus.Served;
  }

  /// @inheritdoc IOptimisticRequests
  function requestIdOf(IShareRequests.Statement memory statement) public view returns (RequestId) {
    return RequestId.wrap(keccak256(abi.encode(Domains.REQUEST, block.chainid, address(this), statement)));
  }

  function _store(RequestId requestId, Record memory opened) private {
    Record storage record = _records[requestId];
    record.keyId = opened.keyId;
    record.deadline = opened.deadline;
    record.epoch = opened.epoch;
    record.quorum = opened.quorum;
    record.fee = opened.fee;
  }

  /// Credits the first answers that stand; what is left of the escrow is owed to who asked.
  function _settle(RequestId requestId) private {
    Record storage record = _records[requestId];
    (uint32 epoch, uint8 unpaid, uint96 fee, uint256 disproved) = (record.epoch, record.quorum, record.fee, record.disproved);
    uint256 answers = Slots.count(record.answered);
    uint256 paid = 0;
    for (uint256 i = 0; i < answers && unpaid != 0; ++i) {
      uint8 slot = _postedBy(requestId, i);
      if (Slots.has(disproved, slot)) continue;
      if (fee != 0) creditOf[_registry.operatorIn(epoch, slot)] += fee;
      paid |= Slots.only(slot);
      --unpaid;
    }
    (record.settled, record.unpaid) = (true, unpaid);
    emit RequestSettled(requestId, paid, uint256(unpaid) * fee);
  }

  function _pay(address receiver, uint256 amount) private {
    (bool isPaid, ) = receiver.call{value: amount}("");
    if (!isPaid) revert OptimisticRequestsPaymentRefused(receiver, amount);
  }

  function _emitRequested(RequestId requestId, IShareRequests.Statement memory statement, Record memory opened) private {
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

  /// A new request's stored facts: pinned to the epoch in which the key is active now.
  function _openFor(KeyId keyId) private view returns (Record memory opened) {
    IKeyGeneration.Key memory key = _keyGeneration.keyOf(keyId);
    if (key.activeEpoch == 0 || key.purpose != IKeyGeneration.Purpose.Decrypt) revert OptimisticRequestsUnusableKey(keyId);
    opened.keyId = keyId;
    opened.deadline = SafeCast.toUint40(block.timestamp + requestLifetime);
    opened.epoch = key.activeEpoch;
    opened.quorum = _keyGeneration.keyEpochOf(keyId, key.activeEpoch).threshold + 1; // q = t+1
    opened.fee = price;
  }

  /// PROTOCOL section 5.5.
  function _judge(
    RequestId requestId,
    Record storage record,
    IShareRequests.Statement calldata statement,
    Challenge calldata challenge_
  ) private view returns (VesFraud.Verdict) {
    bytes32 context = keccak256(abi.encode(Domains.SHARE, statement.headerHash, requestId, record.keyId, record.epoch, challenge_.slot));
    return VesFraud.judge(challenge_.verifyingShare, challenge_.u, statement.readerKey, context, challenge_.share, challenge_.witnesses);
  }

  /// The slot of answer number `i`, from 0.
  function _postedBy(RequestId requestId, uint256 i) private view returns (uint8) {
    return uint8(_posted[requestId][i / 2] >> (128 * (i % 2) + 120));
  }

  /// Whether one of the answers is this one, and which does not matter: it names its slot.
  function _isPosted(RequestId requestId, uint64 answered, uint256 entry) private view returns (bool) {
    uint256 answers = Slots.count(answered);
    for (uint256 i = 0; i < answers; ++i) if (uint128(_posted[requestId][i / 2] >> (128 * (i % 2))) == entry) return true;
    return false;
  }

  /// How an answer is stored: PROTOCOL section 5.5.
  function _entryOf(
    RequestId requestId,
    uint8 slot,
    Point calldata verifyingShare,
    VesAnswer calldata share
  ) private pure returns (uint256) {
    return (uint256(slot) << 120) | uint120(uint256(keccak256(abi.encode(requestId, slot, verifyingShare, share))));
  }

  function _requireStatus(RequestId requestId, OptimisticStatus needed) private view {
    OptimisticStatus status = statusOf(requestId);
    if (status != needed) revert OptimisticRequestsWrongStatus(requestId, status);
  }

  /// The window is over.
  function _requireOver(RequestId requestId) private view {
    uint256 deadline = _records[requestId].deadline;
    if (deadline == 0 || block.timestamp <= deadline + challengeWindow)
      revert OptimisticRequestsWrongStatus(requestId, statusOf(requestId));
  }

  function _requireStatement(RequestId requestId, IShareRequests.Statement calldata statement) private view {
    if (RequestId.unwrap(requestIdOf(statement)) != RequestId.unwrap(requestId)) revert OptimisticRequestsForeignStatement(requestId);
  }
}
