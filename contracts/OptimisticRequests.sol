// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
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

/// Requests for key shares whose answers stand until somebody proves them wrong. The manual is IOptimisticRequests.
contract OptimisticRequests is IOptimisticRequests, AccessManaged, ReentrancyGuardTransient {
  uint64 private constant _MIN_SECONDS = 60;

  /// A request as it is stored. `order` holds the slots that answered, one byte each, the newest in the lowest byte of the last word used:
  /// 64 members at most, so two words.
  struct Record {
    KeyId keyId;
    uint64 deadline;
    uint32 epoch;
    uint8 quorum;
    bool settled;
    uint8 unpaid;
    uint96 fee;
    uint256[2] order;
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
  mapping(uint8 slot => uint256 wei_) public override creditOf;

  mapping(RequestId requestId => Record) private _records;
  /// keccak over the verifying share and the answer; zero where the slot has not answered.
  mapping(RequestId requestId => mapping(uint8 slot => bytes32)) private _answers;

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
    if (_answers[requestId][slot] != 0) revert OptimisticRequestsAlreadyAnswered(requestId, slot);
    // Strangers have slot 0, which is no member's.
    if (_registry.slotIn(record.epoch, msg.sender) != slot) revert OptimisticRequestsNotOperator(requestId, slot, msg.sender);
    if (!VerifyingShares.isAuthentic(_keyGeneration, record.keyId, record.epoch, slot, answer_.verifyingShare, answer_.path))
      revert OptimisticRequestsNotMember(requestId, slot);

    _answers[requestId][slot] = keccak256(abi.encode(answer_.verifyingShare, answer_.share));
    uint256 word = record.order[0] >> 248 == 0 ? 0 : 1; // the first word is full when its highest byte is taken
    record.order[word] = (record.order[word] << 8) | slot;
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
    bool isPosted = _answers[requestId][slot] == keccak256(abi.encode(challenge_.verifyingShare, challenge_.share));
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
  function withdrawFees(uint8 slot) external nonReentrant returns (uint256 amount) {
    amount = creditOf[slot];
    if (amount == 0) revert OptimisticRequestsNothingToWithdraw(slot);
    address operator = _registry.keeperAt(slot).operator;

    creditOf[slot] = 0;
    emit FeesWithdrawn(slot, operator, amount);
    _pay(operator, amount);
  }

  /// @inheritdoc IOptimisticRequests
  function setPrice(uint96 price_) external restricted {
    price = price_;
    emit PriceChanged(price_);
  }

  /// @inheritdoc IOptimisticRequests
  function requestOf(RequestId requestId) external view returns (OptimisticRequest memory) {
    Record storage record = _records[requestId];
    (uint256 answered, uint8 answers) = _answeredIn(record);
    return
      OptimisticRequest({
        keyId: record.keyId,
        deadline: record.deadline,
        epoch: record.epoch,
        quorum: record.quorum,
        answers: answers,
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
    (uint256 answered, ) = _answeredIn(record);
    return Slots.count(answered & ~record.disproved) < record.quorum ? OptimisticStatus.Expired : OptimisticStatus.Served;
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
    (uint8 unpaid, uint96 fee) = (record.quorum, record.fee);
    uint256 disproved = record.disproved;
    uint256 paid = 0;
    for (uint256 i = 0; i < 512 && unpaid != 0; i += 8) {
      uint8 slot = uint8(record.order[i / 256] >> (248 - (i % 256))); // the oldest answers are in the highest bytes
      if (slot == 0 || Slots.has(disproved, slot)) continue;
      creditOf[slot] += fee;
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
    opened.deadline = uint64(block.timestamp) + requestLifetime;
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

  /// The slots that answered, as a bitmap, and how many they are.
  function _answeredIn(Record storage record) private view returns (uint256 answered, uint8 answers) {
    for (uint256 word = 0; word < 2; ++word)
      for (uint256 rest = record.order[word]; rest != 0; rest >>= 8) {
        answered |= Slots.only(uint8(rest));
        ++answers;
      }
  }

  function _requireStatus(RequestId requestId, OptimisticStatus needed) private view {
    OptimisticStatus status = statusOf(requestId);
    if (status != needed) revert OptimisticRequestsWrongStatus(requestId, status);
  }

  function _requireOver(RequestId requestId) private view {
    OptimisticStatus status = statusOf(requestId);
    if (status != OptimisticStatus.Served && status != OptimisticStatus.Expired) revert OptimisticRequestsWrongStatus(requestId, status);
  }

  function _requireStatement(RequestId requestId, IShareRequests.Statement calldata statement) private view {
    if (RequestId.unwrap(requestIdOf(statement)) != RequestId.unwrap(requestId)) revert OptimisticRequestsForeignStatement(requestId);
  }
}
