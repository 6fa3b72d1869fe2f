// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DocumentRegistry} from "../../contracts/DocumentRegistry.sol";
import {IDocumentRegistry} from "../../contracts/interfaces/IDocumentRegistry.sol";
import {Tdh2Ciphertext, Tdh2Hints} from "../../contracts/types/Proofs.sol";
import {Prover} from "./Prover.sol";
import {vm} from "./Vm.sol";
import {World} from "./World.sol";

/// Alice publishes versions of her document, withdraws, chooses, and moves it; mallory tries the same. README.md, D1 to D4.
contract DocumentRegistryHandler is World {
  uint32 private constant _MOST_VERSIONS = 6;

  /// By number, from 1.
  bytes32[] private _headers;
  mapping(uint32 version => bool) private _withdrawn;
  mapping(bytes32 seed => bool) private _isSeedUsed;
  uint32 private _chosen;
  address private _permissions;
  uint256 public withdrawals;

  constructor() {
    _headers.push(0);
    _headers.push(_headerHash);
    _permissions = address(_grants);
  }

  /// A further version: sealed for this document, for another's label, or with a broken proof.
  function publishVersion(bool isOwner, uint8 flaw, bytes32 seed) external {
    if (_headers.length > _MOST_VERSIONS) return;
    address label = flaw % 4 == 1 ? MALLORY : address(_grants);
    (Tdh2Ciphertext memory made, Tdh2Hints memory hints) = Prover.seal(
      _curve,
      Prover.multiple(_curve, _shareAt(1, 0)),
      _documents.labelOf(KEY, _document, ALICE, label),
      Prover.scalar(seed, "r"),
      seed
    );
    if (flaw % 4 == 2) made.f ^= 1;
    bool isDone = _act(isOwner ? ALICE : MALLORY, abi.encodeCall(DocumentRegistry.publishVersion, (_document, made, hints, hex"0155")));
    bool isSound = flaw % 4 != 1 && flaw % 4 != 2 && !_isSeedUsed[seed]; // a seed makes one header
    require(isDone == (isOwner && isSound), "D2: whose versions, with which headers");
    if (isDone) {
      _isSeedUsed[seed] = true;
      _headers.push(_documents.headerHashOf(_document, uint32(_headers.length)));
      _chosen = 0;
    }
    check();
  }

  function withdraw(bool isOwner, uint32 seed) external {
    uint32 version = seed % uint32(_headers.length + 1);
    bytes32 header = version < _headers.length ? _headers[version] : bytes32(uint256(seed));
    bool isDone = _act(isOwner ? ALICE : MALLORY, abi.encodeCall(DocumentRegistry.withdrawVersion, (_document, header)));
    bool isDue = isOwner && version != 0 && version < _headers.length && !_withdrawn[version];
    require(isDone == isDue, "D1: what is withdrawn, once, by its owner");
    if (isDone) {
      _withdrawn[version] = true;
      ++withdrawals;
    }
    check();
  }

  function choose(bool isOwner, uint32 seed) external {
    uint32 version = seed % uint32(_headers.length + 1);
    bool isDone = _act(isOwner ? ALICE : MALLORY, abi.encodeCall(DocumentRegistry.chooseVersion, (_document, version)));
    require(isDone == (isOwner && version < _headers.length && !_withdrawn[version]), "D2: who chooses what");
    if (isDone) _chosen = version;
    check();
  }

  function move(bool isOwner, address permissions) external {
    bool isDone = _act(isOwner ? ALICE : MALLORY, abi.encodeCall(DocumentRegistry.movePermissions, (_document, permissions)));
    require(isDone == (isOwner && permissions != address(0)), "D4: who moves a document");
    if (isDone) _permissions = permissions;
    check();
  }

  /// Compares all that the registry says with the books.
  function check() public view {
    IDocumentRegistry.Document memory document = _documents.documentOf(_document);
    uint32 latest = uint32(_headers.length - 1);
    require(document.owner == ALICE && document.initialPermissions == address(_grants), "D2: owner and first contract never change");
    require(document.latestVersion == latest, "D3: versions that nobody published");
    require(document.permissions == _permissions, "D4: the contract that counts");
    require(_documents.permissionsOf(_document) == _permissions, "D4: the contract that counts");
    require(_documents.currentVersionOf(_document) == (_chosen == 0 ? latest : _chosen), "D3: the version that readers get");
    for (uint32 version = 1; version <= latest; ++version) {
      require(_documents.headerHashOf(_document, version) == _headers[version], "D3: a version's header never changes");
      IDocumentRegistry.Version memory published = _documents.versionOf(_document, _headers[version]);
      require(published.number == version, "D3: a version's number never changes");
      require(published.withdrawn == _withdrawn[version], "D1: withdrawn is for good");
    }
  }

  function versions() external view returns (uint256) {
    return _headers.length - 1;
  }

  function _act(address caller, bytes memory data) private returns (bool isDone) {
    vm.prank(caller);
    (isDone, ) = address(_documents).call(data);
  }
}
