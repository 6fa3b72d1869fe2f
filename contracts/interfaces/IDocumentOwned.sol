// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A permissions contract whose rule is set for each document, by the document's owner as DocumentRegistry knows it.
interface IDocumentOwned {
  /// The caller is not the owner, or the document is not published.
  error DocumentOwnedNotOwner(bytes32 document, address caller);
}
