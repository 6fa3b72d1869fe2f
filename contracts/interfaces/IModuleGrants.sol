// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IContextPermissions, IPermissions} from "./IPermissions.sol";

/// Permits a runner to read for one module: the secrets of a program that a named host runs. docs/MODULES.md.
///
/// A module is the SHA-256 of its bytes, and a runner is the requesting account. The contract computes a request's context itself (`contextOf`), so
/// that grants and their events are in plaintext. A new build is another module, and has no grants until it gets some. The document's owner can read
/// in any context, and without one.
/// @dev Warning: only the registered runner's request for this module is proved. The runner's host sees the plaintext, and a runner that lies about
/// the module gets what was granted for that module. Grant only to runners that you trust to run what they name.
interface IModuleGrants is IPermissions, IContextPermissions {
  /// What one runner may have for one module. `until`: the block time at which it ends, in seconds.
  struct ModuleGrant {
    bytes32 module;
    address runner;
    uint64 until;
  }

  /// A runner may read a document for a module. Granted again, only the end changes. @custom:duty none
  /// @param document the document's id
  /// @param module SHA-256 of the module's bytes
  /// @param runner the account that asks
  /// @param until the block time at which it ends, in seconds
  event ModuleGranted(bytes32 indexed document, bytes32 indexed module, address indexed runner, uint64 until);

  /// A runner may no longer read a document for a module. @custom:duty none
  /// @param document the document's id
  /// @param module SHA-256 of the module's bytes
  /// @param runner the account that asked
  event ModuleRevoked(bytes32 indexed document, bytes32 indexed module, address indexed runner);

  /// Module or runner is zero, or `until` is not after the block's time; name a build, an account, and an end that is to come.
  /// @param module SHA-256 of the module's bytes
  /// @param runner the account that asks
  /// @param until the block time given, in seconds
  error ModuleGrantsInvalid(bytes32 module, address runner, uint64 until);

  /// Document `document` has as many grants as it can; revoke some, those that have ended first.
  /// @param document the document's id
  error ModuleGrantsFull(bytes32 document);

  /// There is no such grant of document `document`; list its grants.
  /// @param document the document's id
  /// @param module SHA-256 of the module's bytes
  /// @param runner the account named; zero: any
  error ModuleGrantsNone(bytes32 document, bytes32 module, address runner);

  /// Grants all of `grants` for each of `documents`, one transaction. Owner of each only; all or nothing.
  function grant(bytes32[] calldata documents, ModuleGrant[] calldata grants) external;

  /// Revokes one. Owner only.
  function revoke(bytes32 document, bytes32 module, address runner) external;

  /// Revokes all that each document has for `module`. Owner of each only.
  /// @return revoked how many
  function revokeModule(bytes32[] calldata documents, bytes32 module) external returns (uint256 revoked);

  /// Revokes all that each document has for `runner`. Owner of each only.
  /// @return revoked how many
  function revokeRunner(bytes32[] calldata documents, address runner) external returns (uint256 revoked);

  /// Revokes all that each document has. Owner of each only.
  /// @return revoked how many
  function revokeAll(bytes32[] calldata documents) external returns (uint256 revoked);

  /// Removes what has ended. Owner of each only.
  /// @return removed how many
  function removeEnded(bytes32[] calldata documents) external returns (uint256 removed);

  /// The next build: what each document has for `from` is revoked, and the same runners have it for `to`, until the same time. What has ended stays
  /// behind. Owner of each only; a document without a running grant for `from` reverts all.
  /// @return moved how many grants
  function moveToModule(bytes32[] calldata documents, bytes32 from, bytes32 to) external returns (uint256 moved);

  /// Every grant of a document.
  /// @return those that have ended too, in no order; at most `maxGrants`
  function grantsOf(bytes32 document) external view returns (ModuleGrant[] memory);

  /// Until when a runner may read a document for a module.
  /// @return until in seconds of block time; 0: it is not granted
  function grantedUntil(bytes32 document, bytes32 module, address runner) external view returns (uint64 until);

  /// What a request of `runner` for `module` brings; the request carries its hash.
  /// @return context `abi.encode(keccak256("keyquorum/v1/module"), chainid, module, runner)`
  function contextOf(bytes32 module, address runner) external view returns (bytes memory context);

  /// How many grants a document has at most.
  /// @return as many as can be revoked in one block
  function maxGrants() external pure returns (uint256);
}
