// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IContextPermissions, IPermissions} from "./IPermissions.sol";

/// Permits a reader for one purpose only: the request must carry the context that the document's owner granted. PROTOCOL section 4.4.
///
/// A context is the hash of what the request is for: a module and the runner that runs it, for one. Without context the answer is no.
/// @dev Warning: the context is what the reader says it is for. Grant it to a reader that can be trusted to say the truth, such as a runner.
interface IContextGrants is IPermissions, IContextPermissions {
  /// A reader may read in a context. @custom:duty none
  /// @param document the document's id
  /// @param reader the account that reads
  /// @param contextHash keccak of what the request is for; zero: without context
  event ContextGranted(bytes32 indexed document, address indexed reader, bytes32 indexed contextHash);

  /// A reader may no longer read in a context. @custom:duty none
  /// @param document the document's id
  /// @param reader the account that reads
  /// @param contextHash keccak of what the request is for; zero: without context
  event ContextRevoked(bytes32 indexed document, address indexed reader, bytes32 indexed contextHash);

  /// Reader `reader` or context `contextHash` is zero; name an account and a purpose.
  /// @param reader the account that reads
  /// @param contextHash keccak of what the request is for; zero: without context
  error ContextGrantsInvalid(address reader, bytes32 contextHash);

  /// Grants `reader` access in a context. Owner only.
  function grant(bytes32 document, address reader, bytes32 contextHash) external;

  /// Revokes it. Owner only.
  function revoke(bytes32 document, address reader, bytes32 contextHash) external;
}
