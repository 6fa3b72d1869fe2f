// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DocumentId, KeyId} from "../types/Ids.sol";
import {Tdh2Ciphertext, Tdh2Hints} from "../types/Proofs.sol";

/// Published documents: who owns them, under which key they are encrypted, where the ciphertext is and which contract permits reading.
///
/// A document's id is keccak(owner, salt), and its header's label binds the owner and the first permissions contract, so an id cannot be
/// front-run and a header cannot be published under somebody else's permissions. PROTOCOL section 4.
interface IDocumentRegistry {
  /// A published document. `owner` zero: not published.
  struct Document {
    address owner;
    uint32 latestVersion;
    address permissions;
    address initialPermissions;
    KeyId keyId;
    bytes32 salt;
  }

  /// One version. `number` 0: no such version.
  struct Version {
    uint32 number;
    bool withdrawn;
    uint64 publishedAt;
  }

  /// A document's version was published.
  /// @custom:duty read when shares are asked for, by packages/keeper/src/contracts/publishedHeader.ts
  event DocumentPublished(
    DocumentId indexed document,
    address indexed owner,
    KeyId indexed keyId,
    uint32 version,
    bytes32 salt,
    address initialPermissions,
    bytes32 headerHash,
    Tdh2Ciphertext ciphertext,
    bytes cid
  );

  /// The owner withdrew a version: keepers serve it no more. @custom:duty none
  event VersionWithdrawn(DocumentId indexed document, bytes32 indexed headerHash, uint32 version);

  /// The owner chose the version that readers get by default; 0: the newest. @custom:duty none
  event VersionChosen(DocumentId indexed document, uint32 version);

  /// The owner moved the document to another permissions contract. @custom:duty none
  event PermissionsMoved(DocumentId indexed document, address indexed from, address indexed to);

  /// The document is published already; publish a further version instead.
  error DocumentRegistryAlreadyPublished(DocumentId document);
  /// The document is not published.
  error DocumentRegistryUnknownDocument(DocumentId document);
  /// Only the owner may do this.
  error DocumentRegistryNotOwner(DocumentId document, address caller);
  /// The key is not active or has another purpose than Decrypt.
  error DocumentRegistryUnusableKey(KeyId keyId);
  /// The permissions contract is the zero address.
  error DocumentRegistryNoPermissions();
  /// The header's proof does not verify for this owner, salt, key and permissions contract.
  error DocumentRegistryInvalidHeader(bytes32 label);
  /// The content id is empty or longer than 128 bytes.
  error DocumentRegistryBadCid(uint256 length);
  /// This header is published already.
  error DocumentRegistryVersionExists(DocumentId document, bytes32 headerHash);
  /// There is no such version, or it is withdrawn.
  error DocumentRegistryUnknownVersion(DocumentId document, bytes32 headerHash);

  /// Publishes a document of the caller's.
  function publish(
    bytes32 salt,
    KeyId keyId,
    address permissions,
    Tdh2Ciphertext calldata ciphertext,
    Tdh2Hints calldata hints,
    bytes calldata cid
  ) external returns (DocumentId document);

  /// Publishes a further version: same label, fresh ciphertext. Owner only.
  function publishVersion(
    DocumentId document,
    Tdh2Ciphertext calldata ciphertext,
    Tdh2Hints calldata hints,
    bytes calldata cid
  ) external returns (uint32 version);

  /// Withdraws a version for good. Owner only.
  function withdrawVersion(DocumentId document, bytes32 headerHash) external;

  /// Chooses the version that readers get by default: rolls back, or forward. 0: the newest, also when further ones come. Owner only.
  /// A further version ends the choice. Other versions stay readable; `withdrawVersion` is what ends that.
  function chooseVersion(DocumentId document, uint32 version) external;

  /// Moves the document to another permissions contract. Owner only.
  function movePermissions(DocumentId document, address permissions) external;

  /// keccak(abi.encode(owner, salt)).
  function documentIdOf(address owner, bytes32 salt) external pure returns (DocumentId);

  /// What the header is bound to. PROTOCOL section 4.1.
  function labelOf(KeyId keyId, DocumentId document, address owner, address initialPermissions) external view returns (bytes32);

  /// A document; all zero when it is not published.
  function documentOf(DocumentId document) external view returns (Document memory);

  /// The permissions contract that counts; zero when the document is not published.
  function permissionsOf(DocumentId document) external view returns (address);

  /// A version by its header's hash; all zero when there is none.
  function versionOf(DocumentId document, bytes32 headerHash) external view returns (Version memory);

  /// The version that readers get by default: the owner's choice, else the newest; 0 when the document is not published.
  function currentVersionOf(DocumentId document) external view returns (uint32);

  /// The hash of a version's header by its number; zero when there is none.
  function headerHashOf(DocumentId document, uint32 version) external view returns (bytes32);
}
