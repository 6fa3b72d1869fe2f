// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermissions} from "./IPermissions.sol";

/// The default permissions contract: a document's owner grants and revokes. PROTOCOL section 4.5.
interface IAccessGrants is IPermissions {
  /// One reader's grant. It counts only while `grantor` is still the document's owner. `nonce` grows with every revocation.
  struct Grant {
    address grantor;
    uint64 until;
    uint32 nonce;
  }

  /// A reader may read. `until` is in seconds of block time; the maximum means: without end. @custom:duty none
  event AccessGranted(bytes32 indexed document, address indexed reader, address indexed grantor, uint64 until);

  /// A reader may no longer read. @custom:duty none
  event AccessRevoked(bytes32 indexed document, address indexed reader, address indexed by);

  /// A document that is not published was claimed by the owner that its id names. @custom:duty none
  event DocumentClaimed(bytes32 indexed document, address indexed owner);

  /// Only the owner may do this.
  error AccessGrantsNotOwner(bytes32 document, address caller);
  /// The reader is the zero address.
  error AccessGrantsInvalidReader();
  /// The grant would have ended already.
  error AccessGrantsExpired(uint64 until, uint256 now_);
  /// There is no grant to revoke.
  error AccessGrantsNoGrant(bytes32 document, address reader);

  /// Grants `reader` access until `until` (0: without end). Owner only. A second grant replaces the first.
  function grant(bytes32 document, address reader, uint64 until) external;

  /// Revokes `reader`'s access. Owner only.
  function revoke(bytes32 document, address reader) external;

  /// Takes ownership, here, of a document that is not published: its id must be keccak(caller, salt).
  function claim(bytes32 salt) external returns (bytes32 document);

  /// The owner that counts here: the registry's if published, else whoever claimed it; zero when there is none.
  function ownerOf(bytes32 document) external view returns (address);

  /// A reader's grant; all zero when there is none.
  function grantOf(bytes32 document, address reader) external view returns (Grant memory);
}
