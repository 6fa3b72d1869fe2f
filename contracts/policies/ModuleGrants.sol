// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry} from "../interfaces/IDocumentRegistry.sol";
import {IModuleGrants} from "../interfaces/IModuleGrants.sol";
import {IContextPermissions, IPermissions} from "../interfaces/IPermissions.sol";
import {Domains} from "../libraries/Domains.sol";
import {DocumentOwned} from "./DocumentOwned.sol";
import {TakesContext} from "./TakesContext.sol";

/// Permits a runner for a module, per document. The manual is IModuleGrants.
contract ModuleGrants is IModuleGrants, TakesContext, DocumentOwned {
  /// @inheritdoc IModuleGrants
  uint256 public constant override maxGrants = 256;

  mapping(bytes32 document => ModuleGrant[]) private _grants;
  /// One more than the grant's index; 0: none. The hash of a context names module and runner.
  mapping(bytes32 document => mapping(bytes32 contextHash => uint256 place)) private _placeOf;

  constructor(IDocumentRegistry documents) DocumentOwned(documents) {}

  /// @inheritdoc IModuleGrants
  function grant(bytes32[] calldata documents, ModuleGrant[] calldata grants) external {
    for (uint256 i = 0; i < documents.length; ++i) {
      _onlyOwner(documents[i]);
      for (uint256 j = 0; j < grants.length; ++j) {
        ModuleGrant calldata given = grants[j];
        if (given.module == 0 || given.runner == address(0) || given.until <= block.timestamp)
          revert ModuleGrantsInvalid(given.module, given.runner, given.until);
        _put(documents[i], given);
      }
    }
  }

  /// @inheritdoc IModuleGrants
  function revoke(bytes32 document, bytes32 module, address runner) external onlyDocumentOwner(document) {
    uint256 place = _placeOf[document][_contextHash(module, runner)];
    if (place == 0) revert ModuleGrantsNone(document, module, runner);
    _remove(document, place - 1);
  }

  /// @inheritdoc IModuleGrants
  function revokeModule(bytes32[] calldata documents, bytes32 module) external returns (uint256 revoked) {
    if (module == 0) revert ModuleGrantsInvalid(module, address(0), 0);
    return _removeWhere(documents, module, address(0), type(uint64).max);
  }

  /// @inheritdoc IModuleGrants
  function revokeRunner(bytes32[] calldata documents, address runner) external returns (uint256 revoked) {
    if (runner == address(0)) revert ModuleGrantsInvalid(0, runner, 0);
    return _removeWhere(documents, 0, runner, type(uint64).max);
  }

  /// @inheritdoc IModuleGrants
  function revokeAll(bytes32[] calldata documents) external returns (uint256 revoked) {
    return _removeWhere(documents, 0, address(0), type(uint64).max);
  }

  /// @inheritdoc IModuleGrants
  function removeEnded(bytes32[] calldata documents) external returns (uint256 removed) {
    return _removeWhere(documents, 0, address(0), uint64(block.timestamp));
  }

  /// @inheritdoc IModuleGrants
  function moveToModule(bytes32[] calldata documents, bytes32 from, bytes32 to) external returns (uint256 moved) {
    if (to == 0 || to == from) revert ModuleGrantsInvalid(to, address(0), 0);
    for (uint256 i = 0; i < documents.length; ++i) {
      bytes32 document = documents[i];
      _onlyOwner(document);
      ModuleGrant[] memory before = _grants[document];
      uint256 movedBefore = moved;
      for (uint256 j = 0; j < before.length; ++j) {
        ModuleGrant memory given = before[j];
        if (given.module != from || given.until <= block.timestamp) continue;
        _remove(document, _placeOf[document][_contextHash(from, given.runner)] - 1);
        given.module = to;
        uint64 already = grantedUntil(document, to, given.runner);
        if (already > given.until) given.until = already;
        _put(document, given);
        ++moved;
      }
      if (moved == movedBefore) revert ModuleGrantsNone(document, from, address(0));
    }
  }

  /// @inheritdoc IModuleGrants
  function grantsOf(bytes32 document) external view returns (ModuleGrant[] memory) {
    return _grants[document];
  }

  /// @inheritdoc IContextPermissions
  function checkPermissionsFor(address user, bytes32 document, bytes32 contextHash) external view returns (bool permitted) {
    uint256 place = _placeOf[document][contextHash];
    if (place == 0) return checkPermissions(user, document);
    ModuleGrant storage given = _grants[document][place - 1];
    return (given.runner == user && block.timestamp < given.until) || checkPermissions(user, document);
  }

  /// @inheritdoc IPermissions
  function checkPermissions(address user, bytes32 document) public view returns (bool permitted) {
    return user != address(0) && user == _ownerOf(document);
  }

  /// @inheritdoc IModuleGrants
  function grantedUntil(bytes32 document, bytes32 module, address runner) public view returns (uint64 until) {
    uint256 place = _placeOf[document][_contextHash(module, runner)];
    return place == 0 ? 0 : _grants[document][place - 1].until;
  }

  /// @inheritdoc IModuleGrants
  function contextOf(bytes32 module, address runner) public view returns (bytes memory context) {
    return abi.encode(Domains.MODULE, block.chainid, module, runner);
  }

  function _put(bytes32 document, ModuleGrant memory given) private {
    ModuleGrant[] storage grants = _grants[document];
    bytes32 contextHash = _contextHash(given.module, given.runner);
    uint256 place = _placeOf[document][contextHash];
    if (place > 0) grants[place - 1].until = given.until;
    else {
      if (grants.length == maxGrants) revert ModuleGrantsFull(document);
      grants.push(given);
      _placeOf[document][contextHash] = grants.length;
    }
    emit ModuleGranted(document, given.module, given.runner, given.until);
  }

  /// The last grant takes the place of the one that goes.
  function _remove(bytes32 document, uint256 index) private {
    ModuleGrant[] storage grants = _grants[document];
    ModuleGrant memory gone = grants[index];
    ModuleGrant memory last = grants[grants.length - 1];
    grants[index] = last;
    _placeOf[document][_contextHash(last.module, last.runner)] = index + 1;
    grants.pop();
    delete _placeOf[document][_contextHash(gone.module, gone.runner)];
    emit ModuleRevoked(document, gone.module, gone.runner);
  }

  /// Removes, from the end on, what has this module (0: any), this runner (zero: any), and an end that is not after `until`.
  function _removeWhere(bytes32[] calldata documents, bytes32 module, address runner, uint64 until) private returns (uint256 removed) {
    for (uint256 i = 0; i < documents.length; ++i) {
      _onlyOwner(documents[i]);
      ModuleGrant[] storage grants = _grants[documents[i]];
      for (uint256 j = grants.length; j > 0; --j) {
        ModuleGrant storage given = grants[j - 1];
        if ((module != 0 && given.module != module) || (runner != address(0) && given.runner != runner) || given.until > until) continue;
        _remove(documents[i], j - 1);
        ++removed;
      }
    }
  }

  function _onlyOwner(bytes32 document) private view onlyDocumentOwner(document) {}

  function _contextHash(bytes32 module, address runner) private view returns (bytes32) {
    return keccak256(contextOf(module, runner));
  }
}
