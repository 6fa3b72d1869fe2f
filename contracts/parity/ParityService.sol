// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IParityKeyServers} from "../interfaces/IParityKeyServerSet.sol";
import {IParityService} from "../interfaces/IParityService.sol";
import {IPoints} from "../interfaces/IPoints.sol";
import {Payments} from "../libraries/Payments.sol";
import {Secp256k1} from "../libraries/Secp256k1.sol";
import {Slots} from "../libraries/Slots.sol";

/// What a service contract asks its governance and key servers for. `fee` in wei; `requestBlocks`: how long a request waits.
struct ServiceTerms {
  address authority;
  IParityKeyServers keyServers;
  uint256 fee;
  uint256 maxPending;
  uint256 requestBlocks;
}

/// Requests, fees and votes of Parity's four services. The manual is IParityService.
abstract contract ParityService is IParityService, AccessManaged, ReentrancyGuardTransient {
  using Slots for uint256;
  using Payments for mapping(address account => uint256 wei_);

  /// A request that waits. `place`: in the list, from 1. `round`: of its votes; no other request, and no other set, ever has the same.
  /// `most`: votes for the answer that has most. `voters`: who voted in this round, by place in the set.
  struct Ballot {
    uint32 place;
    uint64 expiresAt;
    uint96 round;
    uint16 most;
    uint256 change;
    uint256 voters;
  }

  enum Outcome {
    Open,
    Agreed,
    Impossible
  }

  /// Votes for "there is no answer".
  bytes32 internal constant _NO_ANSWER = 0;
  uint256 private constant _POINT_LENGTH = 64;

  IParityKeyServers internal immutable _keyServers;
  /// @inheritdoc IParityService
  uint256 public immutable override requestBlocks;
  /// @inheritdoc IParityService
  uint256 public override fee;
  /// @inheritdoc IParityService
  uint256 public override maxPending;

  uint96 private _lastRound;
  bytes32[] private _pending;
  mapping(bytes32 key => Ballot) private _ballots;
  mapping(uint96 round => mapping(bytes32 answer => uint16 count)) private _votes;
  mapping(address keyServer => uint256 wei_) private _credits;

  constructor(ServiceTerms memory terms) AccessManaged(terms.authority) {
    _keyServers = terms.keyServers;
    requestBlocks = terms.requestBlocks;
    fee = terms.fee;
    maxPending = terms.maxPending;
  }

  /// @inheritdoc IParityService
  function drain() external nonReentrant {
    Payments.pay(msg.sender, _credits.take(msg.sender));
  }

  /// @inheritdoc IParityService
  function setFee(uint256 fee_) external restricted {
    fee = fee_;
    emit FeeSet(fee_);
  }

  /// @inheritdoc IParityService
  function setMaxPending(uint256 maxPending_) external restricted {
    maxPending = maxPending_;
    emit MaxPendingSet(maxPending_);
  }

  /// @inheritdoc IParityService
  function deleteRequest(bytes32 key) external restricted {
    _fail(key);
  }

  /// @inheritdoc IParityService
  function endExpired(bytes32 key) external {
    uint256 until = _requirePending(key).expiresAt;
    if (block.number <= until) revert ParityServiceNotExpired(key, until);
    _fail(key);
  }

  /// @inheritdoc IParityService
  function requireKeyServer(address keyServer) external view returns (uint8 index) {
    return _keyServers.getCurrentKeyServerIndex(keyServer);
  }

  /// @inheritdoc IParityService
  function keyServersCount() external view returns (uint8 count) {
    return _keyServers.getCurrentKeyServersCount();
  }

  /// @inheritdoc IParityService
  function balanceOf(address keyServer) external view returns (uint256 amount) {
    return _credits[keyServer];
  }

  /// Ends a request without an answer: `_close`, and the event that says so.
  function _fail(bytes32 key) internal virtual;

  /// A request that was just paid for begins to wait.
  function _begin(bytes32 key) internal {
    if (msg.value != fee) revert ParityServiceWrongFee(msg.value, fee);
    if (_pending.length >= maxPending) revert ParityServiceFull(maxPending);
    Ballot storage ballot = _ballots[key];
    if (ballot.place != 0) revert ParityServicePending(key);

    _pending.push(key);
    ballot.place = uint32(_pending.length); // nobody pays for 2^32 requests at once
    ballot.expiresAt = uint64(block.number + requestBlocks);
    _newRound(ballot);
    _share(_keyServers.getCurrentKeyServers());
  }

  /// Takes a request off the list. Its votes stay behind under a round that is used up.
  function _close(bytes32 key) internal {
    uint256 place = _requirePending(key).place;
    bytes32 last = _pending[_pending.length - 1];
    _pending[place - 1] = last;
    _ballots[last].place = uint32(place);
    _pending.pop();
    delete _ballots[key];
  }

  /// Counts the caller's answer. Agreed: `needed` have given it. Impossible: no answer can reach `least` any more, or all have answered.
  function _vote(bytes32 key, bytes32 answer, uint256 needed, uint256 least) internal returns (Outcome) {
    Ballot storage ballot = _presentBallot(key);
    uint256 voter = Slots.only(_keyServers.getCurrentKeyServerIndex(msg.sender));
    if (ballot.voters & voter != 0) revert ParityServiceAnswered(key, msg.sender);

    ballot.voters |= voter;
    uint16 votes = ++_votes[ballot.round][answer];
    if (votes > ballot.most) ballot.most = votes;
    if (votes >= needed) return Outcome.Agreed;
    uint256 left = _count() - ballot.voters.count();
    return left == 0 || ballot.most + left < least ? Outcome.Impossible : Outcome.Open;
  }

  /// A request's ballot in the present set: where the set has changed, nobody has voted.
  function _presentBallot(bytes32 key) internal returns (Ballot storage ballot) {
    ballot = _requirePending(key);
    if (ballot.change != _keyServers.getCurrentLastChange()) _newRound(ballot);
  }

  /// Nobody has voted yet.
  function _newRound(Ballot storage ballot) internal {
    ballot.round = ++_lastRound;
    ballot.most = 0;
    ballot.voters = 0;
    ballot.change = _keyServers.getCurrentLastChange();
  }

  function _requirePending(bytes32 key) internal view returns (Ballot storage ballot) {
    ballot = _ballots[key];
    if (ballot.place == 0) revert ParityServiceNotPending(key);
  }

  /// Whether a vote of this key server would count.
  function _mayVote(bytes32 key, address keyServer) internal view returns (bool) {
    Ballot storage ballot = _ballots[key];
    if (ballot.place == 0) return false;
    try _keyServers.getCurrentKeyServerIndex(keyServer) returns (uint8 index) {
      return ballot.change != _keyServers.getCurrentLastChange() || !ballot.voters.has(index);
    } catch {
      return false;
    }
  }

  function _count() internal view returns (uint256) {
    return _keyServers.getCurrentKeyServersCount();
  }

  /// More than half of the key servers.
  function _majority() internal view returns (uint256) {
    return _count() / 2 + 1;
  }

  /// More than half of the key servers, and threshold + 1 at least: one honest one is among them.
  function _majorityFor(uint8 threshold) internal view returns (uint256) {
    uint256 majority = _majority();
    uint256 holders = uint256(threshold) + 1;
    return holders > majority ? holders : majority;
  }

  function _pendingCount() internal view returns (uint256) {
    return _pending.length;
  }

  /// Reverts with a panic beyond the list's end.
  function _pendingAt(uint256 index) internal view returns (bytes32 key) {
    return _pending[index];
  }

  /// Reverts `ParityServiceBadPoint` and `InvalidPoint`.
  function _requirePoint(bytes calldata point) internal pure {
    if (point.length != _POINT_LENGTH) revert ParityServiceBadPoint(point.length);
    (uint256 x, uint256 y) = abi.decode(point, (uint256, uint256));
    if (!Secp256k1.isValid(x, y)) revert IPoints.InvalidPoint(x, y);
  }

  /// Books what was paid: equal parts, the remainder to the last.
  function _share(address[] memory keyServers) private {
    uint256 count = keyServers.length;
    if (count == 0) revert ParityServiceNoKeyServers();
    if (msg.value == 0) return;
    uint256 part = msg.value / count;
    for (uint256 i = 0; i < count - 1; ++i) _credits[keyServers[i]] += part;
    _credits[keyServers[count - 1]] += msg.value - part * (count - 1);
  }
}
