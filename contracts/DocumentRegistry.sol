// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry} from "./interfaces/IDocumentRegistry.sol";
import {IKeyGeneration} from "./interfaces/IKeyGeneration.sol";
import {DecryptionKeys} from "./libraries/DecryptionKeys.sol";
import {Domains} from "./libraries/Domains.sol";
import {Tdh2} from "./libraries/Tdh2.sol";
import {DocumentId, KeyId} from "./types/Ids.sol";
import {Point} from "./types/Point.sol";
import {Tdh2Ciphertext, Tdh2Hints} from "./types/Proofs.sol";

/// Published documents and their versions. The manual is IDocumentRegistry.
contract DocumentRegistry is IDocumentRegistry {
  /// First word of every label and header. PROTOCOL sections 4.1 and 4.3.
  uint256 private constant _FORMAT = 1;
  uint256 private constant _MAX_CID_LENGTH = 128;

  IKeyGeneration private immutable _keyGeneration;

  mapping(DocumentId document => Document) private _documents;
  mapping(DocumentId document => mapping(bytes32 headerHash => Version)) private _versions;
  /// @inheritdoc IDocumentRegistry
  mapping(DocumentId document => mapping(uint32 version => bytes32)) public override headerHashOf;
  mapping(DocumentId document => uint32 version) private _chosen;

  constructor(IKeyGeneration keyGeneration) {
    _keyGeneration = keyGeneration;
  }

  /// @inheritdoc IDocumentRegistry
  function publish(
    bytes32 salt,
    KeyId keyId,
    address permissions,
    Tdh2Ciphertext calldata ciphertext,
    Tdh2Hints calldata hints,
    bytes calldata cid
  ) external returns (DocumentId document) {
    document = documentIdOf(msg.sender, salt);
    if (_documents[document].owner != address(0)) revert DocumentRegistryAlreadyPublished(document);
    if (permissions == address(0)) revert DocumentRegistryNoPermissions();

    _documents[document] = Document({
      owner: msg.sender,
      latestVersion: 0,
      permissions: permissions,
      initialPermissions: permissions,
      keyId: keyId,
      salt: salt
    });
    _addVersion(document, ciphertext, hints, cid);
  }

  /// @inheritdoc IDocumentRegistry
  function publishVersion(
    DocumentId document,
    Tdh2Ciphertext calldata ciphertext,
    Tdh2Hints calldata hints,
    bytes calldata cid
  ) external returns (uint32 version) {
    _requireOwner(document);
    return _addVersion(document, ciphertext, hints, cid);
  }

  /// @inheritdoc IDocumentRegistry
  function withdrawVersion(DocumentId document, bytes32 headerHash) external {
    _requireOwner(document);
    Version storage version = _versions[document][headerHash];
    if (version.number == 0 || version.withdrawn) revert DocumentRegistryUnknownVersion(document, headerHash);

    version.withdrawn = true;
    emit VersionWithdrawn(document, headerHash, version.number);
  }

  /// @inheritdoc IDocumentRegistry
  function chooseVersion(DocumentId document, uint32 version) external {
    _requireOwner(document);
    bytes32 headerHash = headerHashOf[document][version];
    bool isUsable = headerHash != bytes32(0) && !_versions[document][headerHash].withdrawn;
    if (version != 0 && !isUsable) revert DocumentRegistryUnknownVersion(document, headerHash);

    _chosen[document] = version;
    emit VersionChosen(document, version);
  }

  /// @inheritdoc IDocumentRegistry
  function movePermissions(DocumentId document, address permissions) external {
    _requireOwner(document);
    if (permissions == address(0)) revert DocumentRegistryNoPermissions();

    address from = _documents[document].permissions;
    _documents[document].permissions = permissions;
    emit PermissionsMoved(document, from, permissions);
  }

  /// @inheritdoc IDocumentRegistry
  function documentOf(DocumentId document) external view returns (Document memory) {
    return _documents[document];
  }

  /// @inheritdoc IDocumentRegistry
  function permissionsOf(DocumentId document) external view returns (address) {
    return _documents[document].permissions;
  }

  /// @inheritdoc IDocumentRegistry
  function versionOf(DocumentId document, bytes32 headerHash) external view returns (Version memory) {
    return _versions[document][headerHash];
  }

  /// @inheritdoc IDocumentRegistry
  function currentVersionOf(DocumentId document) external view returns (uint32) {
    uint32 chosen = _chosen[document];
    return chosen == 0 ? _documents[document].latestVersion : chosen;
  }

  /// @inheritdoc IDocumentRegistry
  function documentIdOf(address owner, bytes32 salt) public pure returns (DocumentId) {
    return DocumentId.wrap(keccak256(abi.encode(owner, salt)));
  }

  /// @inheritdoc IDocumentRegistry
  function labelOf(KeyId keyId, DocumentId document, address owner, address initialPermissions) public view returns (bytes32) {
    return keccak256(abi.encode(Domains.LABEL, _FORMAT, block.chainid, address(this), keyId, document, owner, initialPermissions));
  }

  function _addVersion(
    DocumentId document,
    Tdh2Ciphertext calldata ciphertext,
    Tdh2Hints calldata hints,
    bytes calldata cid
  ) private returns (uint32 number) {
    if (cid.length == 0 || cid.length > _MAX_CID_LENGTH) revert DocumentRegistryBadCid(cid.length);
    Document memory record = _documents[document];
    bytes32 label = labelOf(record.keyId, document, record.owner, record.initialPermissions);
    if (!Tdh2.verify(_publicKeyOf(record.keyId), label, ciphertext, hints)) revert DocumentRegistryInvalidHeader(label);
    bytes32 headerHash = _hashHeader(document, record, ciphertext);
    if (_versions[document][headerHash].number != 0) revert DocumentRegistryVersionExists(document, headerHash);

    if (_chosen[document] != 0) {
      delete _chosen[document];
      emit VersionChosen(document, 0);
    }
    number = record.latestVersion + 1;
    _documents[document].latestVersion = number;
    _versions[document][headerHash] = Version({number: number, withdrawn: false, publishedAt: uint64(block.timestamp)});
    headerHashOf[document][number] = headerHash;
    emit DocumentPublished(
      document,
      record.owner,
      record.keyId,
      number,
      record.salt,
      record.initialPermissions,
      headerHash,
      ciphertext,
      cid
    );
  }

  /// Commits to every byte of the header, which is more than the label binds. PROTOCOL section 4.3.
  function _hashHeader(DocumentId document, Document memory record, Tdh2Ciphertext calldata ciphertext) private view returns (bytes32) {
    bytes memory names = abi.encode(Domains.HEADER, _FORMAT, block.chainid, address(this), record.keyId, document);
    bytes memory origin = abi.encode(record.owner, record.salt, record.initialPermissions);
    bytes32 rest = keccak256(bytes.concat(names, origin, abi.encode(ciphertext.uBar, ciphertext.e, ciphertext.f)));
    return keccak256(abi.encode(ciphertext.u, rest));
  }

  function _publicKeyOf(KeyId keyId) private view returns (Point memory) {
    return DecryptionKeys.requireUsable(_keyGeneration, keyId).publicKey;
  }

  function _requireOwner(DocumentId document) private view {
    address owner = _documents[document].owner;
    if (owner == address(0)) revert DocumentRegistryUnknownDocument(document);
    if (owner != msg.sender) revert NotDocumentOwner(DocumentId.unwrap(document), msg.sender);
  }
}
