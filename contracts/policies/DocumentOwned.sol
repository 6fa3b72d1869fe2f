// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentOwned} from "../interfaces/IDocumentOwned.sol";
import {IDocumentRegistry} from "../interfaces/IDocumentRegistry.sol";
import {DocumentId} from "../types/Ids.sol";

/// Knows the owners of published documents. The manual is IDocumentOwned.
abstract contract DocumentOwned is IDocumentOwned {
  IDocumentRegistry private immutable _documents;

  modifier onlyDocumentOwner(bytes32 document) {
    if (_ownerOf(document) != msg.sender) revert DocumentOwnedNotOwner(document, msg.sender);
    _;
  }

  constructor(IDocumentRegistry documents) {
    _documents = documents;
  }

  /// Zero when the document is not published. A document never changes hands: its id names the owner.
  function _ownerOf(bytes32 document) internal view returns (address) {
    return _documents.documentOf(DocumentId.wrap(document)).owner;
  }
}
