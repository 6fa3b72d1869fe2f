// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermissions} from "./IPermissions.sol";

/// Permits the readers on a list of any length that costs the owner one word: the root of a Merkle tree, per document.
///
/// The keepers' question carries no proof, so a reader's proof is submitted once, by `enroll`; anyone may do it. An enrolment belongs to its root:
/// it does not count under another root, and counts again if the owner returns to its root.
/// Leaves are keccak(keccak(abi.encode(document, reader))), inner nodes hash their children in ascending order: OpenZeppelin's StandardMerkleTree
/// of (bytes32, address). Because of the double hash, a leaf cannot be mistaken for an inner node; because a leaf contains the document, it is not
/// valid for another document.
interface IMerkleAllowList is IPermissions {
  /// The owner set a document's list; zero: nobody is on it. @custom:duty none
  /// @param document the document's id
  /// @param root the root of the Merkle tree; zero: nobody is listed
  event AllowListSet(bytes32 indexed document, bytes32 indexed root);

  /// A reader's place on the list was shown. @custom:duty none
  /// @param document the document's id
  /// @param root the root of the Merkle tree
  /// @param reader the account that reads
  event ReaderEnrolled(bytes32 indexed document, bytes32 indexed root, address indexed reader);

  /// The proof does not show `reader` on the list of document `document`; make it from the list whose root is set.
  /// @param document the document's id
  /// @param reader the account that reads
  error MerkleAllowListNotListed(bytes32 document, address reader);

  /// Sets a document's list. Ends the enrolments under the former root. Owner only.
  function setRoot(bytes32 document, bytes32 root) external;

  /// Shows that `reader` is on a document's list. Anyone may.
  function enroll(bytes32 document, address reader, bytes32[] calldata proof) external;

  /// @return A document's root; zero when there is none.
  function rootOf(bytes32 document) external view returns (bytes32);

  /// @return the leaf of a reader.
  function leafOf(bytes32 document, address reader) external pure returns (bytes32);
}
