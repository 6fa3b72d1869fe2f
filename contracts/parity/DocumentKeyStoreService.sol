// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentKeyStoreService} from "../interfaces/IDocumentKeyStoreService.sol";
import {ParityService, ServiceTerms} from "./ParityService.sol";

/// Stores document keys. The manual is IDocumentKeyStoreService.
contract DocumentKeyStoreService is IDocumentKeyStoreService, ParityService {
  struct Asked {
    address author;
    bytes commonPoint;
    bytes encryptedPoint;
  }

  bytes32 private constant _STORED = bytes32(uint256(1));

  mapping(bytes32 serverKeyId => Asked) private _asked;

  constructor(ServiceTerms memory terms) ParityService(terms) {}

  /// @inheritdoc IDocumentKeyStoreService
  function storeDocumentKey(bytes32 serverKeyId, bytes calldata commonPoint, bytes calldata encryptedPoint) external payable {
    _requirePoint(commonPoint);
    _requirePoint(encryptedPoint);
    _begin(serverKeyId);
    _asked[serverKeyId] = Asked(msg.sender, commonPoint, encryptedPoint);
    emit DocumentKeyStoreRequested(serverKeyId, msg.sender, commonPoint, encryptedPoint);
  }

  /// @inheritdoc IDocumentKeyStoreService
  function documentKeyStored(bytes32 serverKeyId) external {
    Outcome outcome = _vote(serverKeyId, _STORED, _majority(), _majority());
    if (outcome == Outcome.Impossible) return _fail(serverKeyId);
    if (outcome == Outcome.Open) return;
    _end(serverKeyId);
    emit DocumentKeyStored(serverKeyId);
  }

  /// @inheritdoc IDocumentKeyStoreService
  function documentKeyStoreError(bytes32 serverKeyId) external {
    if (_vote(serverKeyId, _NO_ANSWER, _majority(), _majority()) != Outcome.Open) _fail(serverKeyId);
  }

  /// @inheritdoc IDocumentKeyStoreService
  function documentKeyStoreRequestsCount() external view returns (uint256 count) {
    return _pendingCount();
  }

  /// @inheritdoc IDocumentKeyStoreService
  function getDocumentKeyStoreRequest(
    uint256 index
  ) external view returns (bytes32 serverKeyId, address author, bytes memory commonPoint, bytes memory encryptedPoint) {
    serverKeyId = _pendingAt(index);
    Asked memory asked = _asked[serverKeyId];
    return (serverKeyId, asked.author, asked.commonPoint, asked.encryptedPoint);
  }

  /// @inheritdoc IDocumentKeyStoreService
  function isDocumentKeyStoreResponseRequired(bytes32 serverKeyId, address keyServer) external view returns (bool required) {
    return _mayVote(serverKeyId, keyServer);
  }

  function _fail(bytes32 serverKeyId) internal override {
    _end(serverKeyId);
    emit DocumentKeyStoreError(serverKeyId);
  }

  function _end(bytes32 serverKeyId) private {
    _close(serverKeyId);
    delete _asked[serverKeyId];
  }
}
