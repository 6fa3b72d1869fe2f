// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnswerFaults} from "./AnswerFaults.sol";
import {IDocumentRegistry} from "./interfaces/IDocumentRegistry.sol";
import {IKeeperRegistry} from "./interfaces/IKeeperRegistry.sol";
import {IKeyGeneration} from "./interfaces/IKeyGeneration.sol";
import {IOptimisticRequests} from "./interfaces/IOptimisticRequests.sol";
import {IRequests} from "./interfaces/IRequests.sol";
import {IShareRequests} from "./interfaces/IShareRequests.sol";
import {Slots} from "./libraries/Slots.sol";
import {VerifyingShares} from "./libraries/VerifyingShares.sol";
import {Ves} from "./libraries/Ves.sol";
import {Requests} from "./Requests.sol";
import {DocumentId, KeyId, RequestId} from "./types/Ids.sol";
import {Point} from "./types/Point.sol";
import {VesAnswer} from "./types/Proofs.sol";

/// Requests for key shares whose answers stand until somebody proves them wrong. The manual is IOptimisticRequests.
contract OptimisticRequests is IOptimisticRequests, Requests, AnswerFaults {
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

  IShareRequests private immutable _shareRequests;

  /// @inheritdoc IOptimisticRequests
  uint64 public immutable override challengeWindow;

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
  ) Requests(authority_, registry, keyGeneration, documents, requestLifetime_) {
    _requireLong(challengeWindow_);
    _shareRequests = shareRequests;
    challengeWindow = challengeWindow_;
  }

  /// @inheritdoc IOptimisticRequests
  function answer(RequestId requestId, OptimisticAnswer calldata answer_) external {
    _requireStatus(requestId, OptimisticStatus.Pending);
    uint8 slot = answer_.slot;
    Record storage record = _records[requestId];
    // Strangers have slot 0, which is not a member's.
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
    if (!isMember) revert RequestNotMember(requestId, slot);
    uint64 answered = record.answered;
    if ((answered >> place) & 1 == 1) revert RequestAlreadyAnswered(requestId, slot);

    uint256 number = Slots.count(answered);
    record.answered = answered | uint64(1 << place); // a place is below 64
    _posted[requestId][number / 2] |= _entryOf(requestId, slot, answer_.verifyingShare, answer_.share) << (128 * (number % 2));
    emit ShareAnswered(requestId, slot, answer_.verifyingShare, answer_.share);
  }

  /// @inheritdoc IOptimisticRequests
  function challenge(RequestId requestId, Statement calldata statement, Challenge calldata challenge_) external {
    OptimisticStatus status = statusOf(requestId);
    if (status != OptimisticStatus.Pending && status != OptimisticStatus.Disputable)
      revert OptimisticRequestsWrongStatus(requestId, status);
    _requireStatement(requestId, statement);
    _requireHeader(requestId, statement.headerHash, challenge_.u, challenge_.headerRest);
    uint8 slot = challenge_.slot;
    Record storage record = _records[requestId];
    bool isPosted = _isPosted(requestId, record.answered, _entryOf(requestId, slot, challenge_.verifyingShare, challenge_.share));
    uint256 disproved = record.disproved;
    if (!isPosted || Slots.has(disproved, slot)) revert OptimisticRequestsForeignAnswer(requestId, slot);

    record.disproved = disproved | Slots.only(slot);
    _convict(requestId, slot, _judge(requestId, record, statement, challenge_));
  }

  /// @inheritdoc IOptimisticRequests
  function settle(RequestId requestId) external {
    _requireOver(requestId);
    if (_records[requestId].settled) revert OptimisticRequestsSettled(requestId);

    _settle(requestId);
  }

  /// @inheritdoc IRequests
  function refund(RequestId requestId, Statement calldata statement) external nonReentrant {
    _requireOver(requestId);
    _requireStatement(requestId, statement);
    Record storage record = _records[requestId];
    if (!record.settled) _settle(requestId);
    uint256 amount = uint256(record.unpaid) * record.fee;
    if (amount == 0) revert RequestNothingToRefund(requestId);

    record.unpaid = 0;
    _refund(requestId, statement.requester, amount);
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

  function _store(RequestId requestId, Opened memory opened) internal override {
    Record storage record = _records[requestId];
    record.keyId = opened.keyId;
    record.deadline = opened.deadline;
    record.epoch = opened.epoch;
    record.quorum = opened.quorum;
    record.fee = opened.fee;
  }

  /// Credits the first answers that stand; what is left of the escrow is owed to the requester.
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

  /// A static call by which ShareRequests asks: permissions contracts have one caller, and nothing can change meanwhile.
  function _decide(
    address,
    DocumentId document,
    bytes32 headerHash,
    address requester,
    bytes32 contextHash
  ) internal view override returns (IShareRequests.Decision) {
    return _shareRequests.decide(document, headerHash, address(0), requester, contextHash);
  }

  /// PROTOCOL section 5.5.
  function _judge(
    RequestId requestId,
    Record storage record,
    Statement calldata statement,
    Challenge calldata challenge_
  ) private view returns (Ves.Verdict) {
    bytes32 context = Ves.contextOf(statement.headerHash, requestId, record.keyId, record.epoch, challenge_.slot);
    return Ves.judge(challenge_.verifyingShare, challenge_.u, statement.readerKey, context, challenge_.share, challenge_.witnesses);
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
}
