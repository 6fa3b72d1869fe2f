// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentKeyShadowRetrievalService} from "../interfaces/IDocumentKeyShadowRetrievalService.sol";
import {Slots} from "../libraries/Slots.sol";
import {ParityService, ServiceTerms} from "./ParityService.sol";

/// Reads document keys. The manual is IDocumentKeyShadowRetrievalService.
contract DocumentKeyShadowRetrievalService is IDocumentKeyShadowRetrievalService, ParityService {
  using Slots for uint256;

  /// Of one key server in one set of key servers: a participant that is gone makes another set of participants needed, now and then.
  uint256 public constant MOST_SETS = 4;

  struct Asked {
    bytes32 serverKeyId;
    address requester;
    uint8 threshold;
    bool isCommonRetrieved;
    bytes requesterPublic;
  }

  mapping(bytes32 key => Asked) private _asked;
  /// Who has posted its part, as a mask.
  mapping(uint96 round => mapping(bytes32 set => uint256 mask)) private _posted;
  mapping(uint96 round => mapping(uint256 index => uint256 sets)) private _sets;

  constructor(ServiceTerms memory terms) ParityService(terms) {}

  /// @inheritdoc IDocumentKeyShadowRetrievalService
  function retrieveDocumentKeyShadow(bytes32 serverKeyId, bytes calldata requesterPublic) external payable {
    _requirePoint(requesterPublic);
    address owner = address(uint160(uint256(keccak256(requesterPublic))));
    if (owner != msg.sender) revert ParityServiceForeignKey(owner);
    bytes32 key = _keyOf(serverKeyId, msg.sender);
    _begin(key);
    _asked[key] = Asked(serverKeyId, msg.sender, 0, false, requesterPublic);
    emit DocumentKeyCommonRetrievalRequested(serverKeyId, msg.sender);
  }

  /// @inheritdoc IDocumentKeyShadowRetrievalService
  function documentKeyCommonRetrieved(bytes32 serverKeyId, address requester, bytes calldata commonPoint, uint8 threshold) external {
    _requirePoint(commonPoint);
    bytes32 key = _keyOf(serverKeyId, requester);
    Asked storage asked = _requirePhase(key, false);
    bytes32 answer = keccak256(abi.encode(commonPoint, threshold));
    Outcome outcome = _vote(key, answer, _majorityFor(threshold), _majority());
    if (outcome == Outcome.Impossible) return _fail(key);
    if (outcome == Outcome.Open) return;

    asked.isCommonRetrieved = true;
    asked.threshold = threshold;
    _newRound(_requirePending(key));
    emit DocumentKeyCommonRetrieved(serverKeyId, requester, commonPoint, threshold);
    emit DocumentKeyPersonalRetrievalRequested(serverKeyId, asked.requesterPublic);
  }

  /// @inheritdoc IDocumentKeyShadowRetrievalService
  function documentKeyPersonalRetrieved(
    bytes32 serverKeyId,
    address requester,
    uint256 participants,
    bytes calldata decryptedSecret,
    bytes calldata shadow
  ) external {
    _requirePoint(decryptedSecret);
    bytes32 key = _keyOf(serverKeyId, requester);
    uint256 needed = uint256(_requirePhase(key, true).threshold) + 1;
    uint8 index = _keyServers.getCurrentKeyServerIndex(msg.sender);
    if (!participants.has(index) || participants.count() != needed || participants >> _count() != 0)
      revert ParityServiceBadParticipants(participants, needed);

    uint96 round = _presentBallot(key).round;
    bytes32 set = keccak256(abi.encode(participants, decryptedSecret));
    uint256 posted = _posted[round][set];
    if (posted.has(index) || _sets[round][index] == MOST_SETS) revert ParityServiceAnswered(key, msg.sender);
    ++_sets[round][index];
    posted |= Slots.only(index);
    _posted[round][set] = posted;
    if (posted == participants) _end(key);
    emit DocumentKeyPersonalRetrieved(serverKeyId, requester, decryptedSecret, shadow);
  }

  /// @inheritdoc IDocumentKeyShadowRetrievalService
  function documentKeyShadowRetrievalError(bytes32 serverKeyId, address requester) external {
    bytes32 key = _keyOf(serverKeyId, requester);
    if (_vote(key, _NO_ANSWER, _majority(), _majority()) != Outcome.Open) _fail(key);
  }

  /// @inheritdoc IDocumentKeyShadowRetrievalService
  function documentKeyShadowRetrievalRequestsCount() external view returns (uint256 count) {
    return _pendingCount();
  }

  /// @inheritdoc IDocumentKeyShadowRetrievalService
  function getDocumentKeyShadowRetrievalRequest(
    uint256 index
  ) external view returns (bytes32 serverKeyId, bytes memory requesterPublic, bool isCommonRetrievalCompleted) {
    Asked memory asked = _asked[_pendingAt(index)];
    return (asked.serverKeyId, asked.requesterPublic, asked.isCommonRetrieved);
  }

  /// @inheritdoc IDocumentKeyShadowRetrievalService
  function isDocumentKeyShadowRetrievalResponseRequired(
    bytes32 serverKeyId,
    address requester,
    address keyServer
  ) external view returns (bool required) {
    return _mayVote(_keyOf(serverKeyId, requester), keyServer);
  }

  function _fail(bytes32 key) internal override {
    Asked memory asked = _asked[key];
    _end(key);
    emit DocumentKeyShadowRetrievalError(asked.serverKeyId, asked.requester);
  }

  function _end(bytes32 key) private {
    _close(key);
    delete _asked[key];
  }

  function _requirePhase(bytes32 key, bool isCommonRetrieved) private view returns (Asked storage asked) {
    _requirePending(key);
    asked = _asked[key];
    if (asked.isCommonRetrieved != isCommonRetrieved) revert ParityServiceWrongPhase(key);
  }

  function _keyOf(bytes32 serverKeyId, address requester) private pure returns (bytes32) {
    return keccak256(abi.encodePacked(serverKeyId, requester));
  }
}
