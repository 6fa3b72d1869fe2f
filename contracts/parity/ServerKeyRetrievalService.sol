// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IServerKeyRetrievalService} from "../interfaces/IServerKeyRetrievalService.sol";
import {ParityService, ServiceTerms} from "./ParityService.sol";

/// Shows server keys. The manual is IServerKeyRetrievalService.
contract ServerKeyRetrievalService is IServerKeyRetrievalService, ParityService {
  constructor(ServiceTerms memory terms) ParityService(terms) {}

  /// @inheritdoc IServerKeyRetrievalService
  function retrieveServerKey(bytes32 serverKeyId) external payable {
    _begin(serverKeyId);
    emit ServerKeyRetrievalRequested(serverKeyId);
  }

  /// @inheritdoc IServerKeyRetrievalService
  function serverKeyRetrieved(bytes32 serverKeyId, bytes calldata serverKeyPublic, uint8 threshold) external {
    _requirePoint(serverKeyPublic);
    bytes32 answer = keccak256(abi.encode(serverKeyPublic, threshold));
    Outcome outcome = _vote(serverKeyId, answer, _majorityFor(threshold), _majority());
    if (outcome == Outcome.Impossible) return _fail(serverKeyId);
    if (outcome == Outcome.Open) return;
    _close(serverKeyId);
    emit ServerKeyRetrieved(serverKeyId, serverKeyPublic);
    emit ServerKeyRetrieved(serverKeyId, serverKeyPublic, threshold);
  }

  /// @inheritdoc IServerKeyRetrievalService
  function serverKeyRetrievalError(bytes32 serverKeyId) external {
    if (_vote(serverKeyId, _NO_ANSWER, _majority(), _majority()) != Outcome.Open) _fail(serverKeyId);
  }

  /// @inheritdoc IServerKeyRetrievalService
  function serverKeyRetrievalRequestsCount() external view returns (uint256 count) {
    return _pendingCount();
  }

  /// @inheritdoc IServerKeyRetrievalService
  function getServerKeyRetrievalRequest(uint256 index) external view returns (bytes32 serverKeyId) {
    return _pendingAt(index);
  }

  /// @inheritdoc IServerKeyRetrievalService
  function isServerKeyRetrievalResponseRequired(bytes32 serverKeyId, address keyServer) external view returns (bool required) {
    return _mayVote(serverKeyId, keyServer);
  }

  function _fail(bytes32 serverKeyId) internal override {
    _close(serverKeyId);
    emit ServerKeyRetrievalError(serverKeyId);
  }
}
