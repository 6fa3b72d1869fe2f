// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IServerKeyGenerationService} from "../interfaces/IServerKeyGenerationService.sol";
import {ParityService, ServiceTerms} from "./ParityService.sol";

/// Generates server keys. The manual is IServerKeyGenerationService.
contract ServerKeyGenerationService is IServerKeyGenerationService, ParityService {
  struct Asked {
    address author;
    uint8 threshold;
  }

  mapping(bytes32 serverKeyId => Asked) private _asked;

  constructor(ServiceTerms memory terms) ParityService(terms) {}

  /// @inheritdoc IServerKeyGenerationService
  function generateServerKey(bytes32 serverKeyId, uint8 threshold) external payable {
    if (uint256(threshold) + 1 > _count()) revert ParityServiceBadThreshold(threshold, _count());
    _begin(serverKeyId);
    _asked[serverKeyId] = Asked(msg.sender, threshold);
    emit ServerKeyGenerationRequested(serverKeyId, msg.sender, threshold);
  }

  /// @inheritdoc IServerKeyGenerationService
  function serverKeyGenerated(bytes32 serverKeyId, bytes calldata serverKeyPublic) external {
    _requirePoint(serverKeyPublic);
    uint256 all = _count();
    Outcome outcome = _vote(serverKeyId, keccak256(serverKeyPublic), all, all);
    if (outcome == Outcome.Impossible) return _fail(serverKeyId);
    if (outcome == Outcome.Open) return;
    _end(serverKeyId);
    emit ServerKeyGenerated(serverKeyId, serverKeyPublic);
  }

  /// @inheritdoc IServerKeyGenerationService
  function serverKeyGenerationError(bytes32 serverKeyId) external {
    _keyServers.getCurrentKeyServerIndex(msg.sender);
    _fail(serverKeyId);
  }

  /// @inheritdoc IServerKeyGenerationService
  function serverKeyGenerationRequestsCount() external view returns (uint256 count) {
    return _pendingCount();
  }

  /// @inheritdoc IServerKeyGenerationService
  function getServerKeyGenerationRequest(uint256 index) external view returns (bytes32 serverKeyId, address author, uint256 threshold) {
    serverKeyId = _pendingAt(index);
    Asked memory asked = _asked[serverKeyId];
    return (serverKeyId, asked.author, asked.threshold);
  }

  /// @inheritdoc IServerKeyGenerationService
  function isServerKeyGenerationResponseRequired(bytes32 serverKeyId, address keyServer) external view returns (bool required) {
    return _mayVote(serverKeyId, keyServer);
  }

  function _fail(bytes32 serverKeyId) internal override {
    _end(serverKeyId);
    emit ServerKeyGenerationError(serverKeyId);
  }

  function _end(bytes32 serverKeyId) private {
    _close(serverKeyId);
    delete _asked[serverKeyId];
  }
}
