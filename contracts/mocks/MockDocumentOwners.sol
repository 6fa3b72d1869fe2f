// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry} from "../interfaces/IDocumentRegistry.sol";
import {DocumentId} from "../types/Ids.sol";

/// Stands in for a registry whose documents change hands: DocumentRegistry's do not.
contract MockDocumentOwners {
  mapping(DocumentId document => address owner) private _owners;

  function setOwner(DocumentId document, address owner) external {
    _owners[document] = owner;
  }

  function documentOf(DocumentId document) external view returns (IDocumentRegistry.Document memory published) {
    published.owner = _owners[document];
  }
}
