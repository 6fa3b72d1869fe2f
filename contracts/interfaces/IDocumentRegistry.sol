// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DocumentId, KeyId} from "../types/Ids.sol";
import {Tdh2Ciphertext, Tdh2Hints} from "../types/Proofs.sol";
import {IDecryptionKeys} from "./IDecryptionKeys.sol";
import {IDocumentOwned} from "./IDocumentOwned.sol";

/// Published documents: who owns them, under which key they are encrypted, where the ciphertext is and which contract permits reading.
///
/// A document's id is keccak(owner, salt), and its header's label binds the owner and the first permissions contract, so an id cannot be
/// front-run and a header cannot be published under somebody else's permissions. PROTOCOL section 4.
interface IDocumentRegistry is IDecryptionKeys, IDocumentOwned {
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
  /// @param document the document's id
  /// @param owner the document's owner
  /// @param keyId the key
  /// @param version the version's number
  /// @param salt the salt of the id
  /// @param initialPermissions the permissions contract that the header's label binds
  /// @param headerHash the hash of the version's header
  /// @param ciphertext the TDH2 part of the header
  /// @param cid the content id of the stored ciphertext
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
  /// @param document the document's id
  /// @param headerHash the hash of the version's header
  /// @param version the version's number
  event VersionWithdrawn(DocumentId indexed document, bytes32 indexed headerHash, uint32 version);

  /// The owner chose the version that readers get by default; 0: the newest. @custom:duty none
  /// @param document the document's id
  /// @param version the version's number; 0: the newest
  event VersionChosen(DocumentId indexed document, uint32 version);

  /// The owner moved the document to another permissions contract. @custom:duty none
  /// @param document the document's id
  /// @param from the permissions contract until now
  /// @param to the permissions contract from now on
  event PermissionsMoved(DocumentId indexed document, address indexed from, address indexed to);

  /// Document `document` is already published; publish another version, or use another salt.
  /// @param document the document's id
  error DocumentRegistryAlreadyPublished(DocumentId document);

  /// Document `document` is not published; publish it first, or check the id.
  /// @param document the document's id
  error DocumentRegistryUnknownDocument(DocumentId document);

  /// The permissions contract is the zero address; name one, e.g. AccessGrants.
  error DocumentRegistryNoPermissions();

  /// The header's proof does not verify for label `label`; encrypt for this chain, key, owner, salt and permissions contract.
  /// @param label what the header must be bound to: PROTOCOL section 4.1
  error DocumentRegistryInvalidHeader(bytes32 label);

  /// The content id has `length` bytes, but 1 to 128 are allowed; give the CID of the stored ciphertext.
  /// @param length bytes given
  error DocumentRegistryBadCid(uint256 length);

  /// Header `headerHash` of document `document` is already published; encrypt again for another version.
  /// @param document the document's id
  /// @param headerHash the hash of the version's header
  error DocumentRegistryVersionExists(DocumentId document, bytes32 headerHash);

  /// Document `document` has no version with header `headerHash`, or it is withdrawn; check the header's hash.
  /// @param document the document's id
  /// @param headerHash the hash of the version's header
  error DocumentRegistryUnknownVersion(DocumentId document, bytes32 headerHash);

  /// Publishes a document of the caller's.
  /// @return document its id: keccak(caller, salt)
  function publish(
    bytes32 salt,
    KeyId keyId,
    address permissions,
    Tdh2Ciphertext calldata ciphertext,
    Tdh2Hints calldata hints,
    bytes calldata cid
  ) external returns (DocumentId document);

  /// Publishes a further version: same label, fresh ciphertext. Owner only.
  /// @return version its number
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

  /// @return keccak(abi.encode(owner, salt)).
  function documentIdOf(address owner, bytes32 salt) external pure returns (DocumentId);

  /// @return what the header is bound to. PROTOCOL section 4.1.
  function labelOf(KeyId keyId, DocumentId document, address owner, address initialPermissions) external view returns (bytes32);

  /// @return A document; all zero when it is not published.
  function documentOf(DocumentId document) external view returns (Document memory);

  /// @return the permissions contract that counts; zero when the document is not published.
  function permissionsOf(DocumentId document) external view returns (address);

  /// @return A version by its header's hash; all zero when there is none.
  function versionOf(DocumentId document, bytes32 headerHash) external view returns (Version memory);

  /// @return the version that readers get by default: the owner's choice, else the newest; 0 when the document is not published.
  function currentVersionOf(DocumentId document) external view returns (uint32);

  /// @return the hash of a version's header by its number; zero when there is none.
  function headerHashOf(DocumentId document, uint32 version) external view returns (bytes32);
}
