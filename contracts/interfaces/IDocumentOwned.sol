// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What only a document's owner may do.
interface IDocumentOwned {
  /// `caller` does not own document `document`, or nobody has published or claimed it; only its owner may do this.
  /// @param document the document's id
  /// @param caller the account that called
  error NotDocumentOwner(bytes32 document, address caller);
}
