// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IDocumentRegistry} from "../interfaces/IDocumentRegistry.sol";
import {IMerkleAllowList} from "../interfaces/IMerkleAllowList.sol";
import {IPermissions} from "../interfaces/IPermissions.sol";
import {DocumentOwned} from "./DocumentOwned.sol";

/// Permits the readers under a Merkle root, per document. The manual is IMerkleAllowList.
contract MerkleAllowList is IMerkleAllowList, DocumentOwned {
  /// @inheritdoc IMerkleAllowList
  mapping(bytes32 document => bytes32) public override rootOf;
  mapping(bytes32 root => mapping(bytes32 leaf => bool)) private _enrolled;

  constructor(IDocumentRegistry documents) DocumentOwned(documents) {}

  /// @inheritdoc IMerkleAllowList
  function setRoot(bytes32 document, bytes32 root) external onlyDocumentOwner(document) {
    rootOf[document] = root;
    emit AllowListSet(document, root);
  }

  /// @inheritdoc IMerkleAllowList
  function enroll(bytes32 document, address reader, bytes32[] calldata proof) external {
    bytes32 root = rootOf[document];
    bytes32 leaf = leafOf(document, reader);
    if (!MerkleProof.verifyCalldata(proof, root, leaf)) revert MerkleAllowListNotListed(document, reader);

    _enrolled[root][leaf] = true;
    emit ReaderEnrolled(document, root, reader);
  }

  /// @inheritdoc IPermissions
  function checkPermissions(address user, bytes32 document) external view returns (bool permitted) {
    return _enrolled[rootOf[document]][leafOf(document, user)];
  }

  /// @inheritdoc IMerkleAllowList
  function leafOf(bytes32 document, address reader) public pure returns (bytes32) {
    return keccak256(bytes.concat(keccak256(abi.encode(document, reader))));
  }
}
