// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessGrants} from "./interfaces/IAccessGrants.sol";
import {IDocumentRegistry} from "./interfaces/IDocumentRegistry.sol";
import {IPermissions} from "./interfaces/IPermissions.sol";
import {DocumentId} from "./types/Ids.sol";

/// The default permissions contract: a document's owner grants and revokes. The manual is IAccessGrants.
contract AccessGrants is IAccessGrants {
  IDocumentRegistry private immutable _documents;

  mapping(bytes32 document => address owner) private _claims;
  mapping(bytes32 document => mapping(address reader => Grant)) private _grants;

  constructor(IDocumentRegistry documents) {
    _documents = documents;
  }

  /// @inheritdoc IAccessGrants
  function grant(bytes32 document, address reader, uint64 until) external {
    _requireOwner(document);
    if (reader == address(0)) revert AccessGrantsInvalidReader();
    uint64 end = until == 0 ? type(uint64).max : until;
    if (end <= block.timestamp) revert AccessGrantsExpired(until, block.timestamp);

    Grant storage given = _grants[document][reader];
    given.grantor = msg.sender;
    given.until = end;
    emit AccessGranted(document, reader, msg.sender, end);
  }

  /// @inheritdoc IAccessGrants
  function revoke(bytes32 document, address reader) external {
    _requireOwner(document);
    Grant memory given = _grants[document][reader];
    if (given.grantor == address(0)) revert AccessGrantsNoGrant(document, reader);

    _grants[document][reader] = Grant({grantor: address(0), until: 0, nonce: given.nonce + 1});
    emit AccessRevoked(document, reader, msg.sender);
  }

  /// @inheritdoc IAccessGrants
  function claim(bytes32 salt) external returns (bytes32 document) {
    document = DocumentId.unwrap(_documents.documentIdOf(msg.sender, salt));
    _claims[document] = msg.sender;
    emit DocumentClaimed(document, msg.sender);
  }

  /// @inheritdoc IAccessGrants
  function grantOf(bytes32 document, address reader) external view returns (Grant memory) {
    return _grants[document][reader];
  }

  /// @inheritdoc IPermissions
  function checkPermissions(address user, bytes32 document) external view returns (bool permitted) {
    address owner = ownerOf(document);
    if (owner == address(0)) return false;
    if (user == owner) return true;
    Grant memory given = _grants[document][user];
    return given.grantor == owner && block.timestamp < given.until;
  }

  /// @inheritdoc IAccessGrants
  function ownerOf(bytes32 document) public view returns (address) {
    address owner = _documents.documentOf(DocumentId.wrap(document)).owner;
    return owner == address(0) ? _claims[document] : owner;
  }

  function _requireOwner(bytes32 document) private view {
    if (ownerOf(document) != msg.sender) revert AccessGrantsNotOwner(document, msg.sender);
  }
}
