// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IContextGrants} from "../interfaces/IContextGrants.sol";
import {IDocumentRegistry} from "../interfaces/IDocumentRegistry.sol";
import {IContextPermissions, IPermissions} from "../interfaces/IPermissions.sol";
import {DocumentOwned} from "./DocumentOwned.sol";
import {TakesContext} from "./TakesContext.sol";

/// Permits a reader in a context, per document. The manual is IContextGrants.
contract ContextGrants is IContextGrants, TakesContext, DocumentOwned {
  mapping(bytes32 document => mapping(address reader => mapping(bytes32 contextHash => bool))) private _granted;

  constructor(IDocumentRegistry documents) DocumentOwned(documents) {}

  /// @inheritdoc IContextGrants
  function grant(bytes32 document, address reader, bytes32 contextHash) external onlyDocumentOwner(document) {
    if (reader == address(0) || contextHash == 0) revert ContextGrantsInvalid(reader, contextHash);
    _granted[document][reader][contextHash] = true;
    emit ContextGranted(document, reader, contextHash);
  }

  /// @inheritdoc IContextGrants
  function revoke(bytes32 document, address reader, bytes32 contextHash) external onlyDocumentOwner(document) {
    _granted[document][reader][contextHash] = false;
    emit ContextRevoked(document, reader, contextHash);
  }

  /// @inheritdoc IContextPermissions
  function checkPermissionsFor(address user, bytes32 document, bytes32 contextHash) external view returns (bool permitted) {
    return _granted[document][user][contextHash];
  }

  /// @inheritdoc IPermissions
  function checkPermissions(address, bytes32) external pure returns (bool permitted) {
    return false;
  }
}
