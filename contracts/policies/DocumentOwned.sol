// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentOwned} from "../interfaces/IDocumentOwned.sol";
import {IDocumentRegistry} from "../interfaces/IDocumentRegistry.sol";
import {DocumentId} from "../types/Ids.sol";

/// A permissions contract whose rule is set for each document, by the document's owner as DocumentRegistry knows it.
abstract contract DocumentOwned is IDocumentOwned {
  IDocumentRegistry private immutable _documents;

  modifier onlyDocumentOwner(bytes32 document) {
    if (_ownerOf(document) != msg.sender) revert NotDocumentOwner(document, msg.sender);
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
