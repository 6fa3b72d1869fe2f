// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IDocumentRegistry} from "../interfaces/IDocumentRegistry.sol";
import {IMerkleAllowList} from "../interfaces/IMerkleAllowList.sol";
import {IPermissions} from "../interfaces/IPermissions.sol";
import {DocumentOwned} from "./DocumentOwned.sol";

/// Permits the readers under a Merkle root, per document. The manual is IMerkleAllowList.
contract MerkleAllowList is IMerkleAllowList, DocumentOwned {
  mapping(bytes32 document => bytes32 root) private _roots;
  mapping(bytes32 root => mapping(bytes32 leaf => bool)) private _enrolled;

  constructor(IDocumentRegistry documents) DocumentOwned(documents) {}

  /// @inheritdoc IMerkleAllowList
  function setRoot(bytes32 document, bytes32 root) external onlyDocumentOwner(document) {
    _roots[document] = root;
    emit AllowListSet(document, root);
  }

  /// @inheritdoc IMerkleAllowList
  function enroll(bytes32 document, address reader, bytes32[] calldata proof) external {
    bytes32 root = _roots[document];
    bytes32 leaf = leafOf(document, reader);
    if (!MerkleProof.verifyCalldata(proof, root, leaf)) revert MerkleAllowListNotListed(document, reader);

    _enrolled[root][leaf] = true;
    emit ReaderEnrolled(document, root, reader);
  }

  /// @inheritdoc IMerkleAllowList
  function rootOf(bytes32 document) external view returns (bytes32) {
    return _roots[document];
  }

  /// @inheritdoc IPermissions
  function checkPermissions(address user, bytes32 document) external view returns (bool permitted) {
    return _enrolled[_roots[document]][leafOf(document, user)];
  }

  /// @inheritdoc IMerkleAllowList
  function leafOf(bytes32 document, address reader) public pure returns (bytes32) {
    return keccak256(bytes.concat(keccak256(abi.encode(document, reader))));
  }
}
