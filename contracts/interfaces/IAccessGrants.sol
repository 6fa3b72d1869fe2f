// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermissions} from "./IPermissions.sol";

/// The default permissions contract: a document's owner, and the administrators it appoints, grant and revoke. PROTOCOL section 4.5.
///
/// Readers may pass their permission on for a time, one step far: a delegate's permission lasts no longer than its delegator's.
interface IAccessGrants is IPermissions {
  /// One reader's grant. It counts only while `grantor` is still the document's owner or one of its administrators.
  /// `nonce` grows with every change, so a signed grant is used once at most and any later change overrules it.
  struct Grant {
    address grantor;
    uint64 until;
    uint32 nonce;
  }

  /// A reader and the end of its permission, in seconds of block time; 0: without end.
  struct ReaderTerm {
    address reader;
    uint64 until;
  }

  /// What a grantor signs (EIP-712, domain "Keyquorum" version "1" of this contract) so that anyone may bring it to the chain until `deadline`.
  /// `nonce` is the reader's current one: `grantOf(document, reader).nonce`.
  struct SignedGrant {
    bytes32 document;
    address reader;
    uint64 until;
    address grantor;
    uint32 nonce;
    uint64 deadline;
  }

  /// A permission that a reader passed on. It counts while `delegator` itself may read by a grant of its own, and until `until`.
  struct Delegation {
    address delegator;
    uint64 until;
  }

  /// A reader may read. `until` is in seconds of block time; the maximum means: without end. @custom:duty none
  event AccessGranted(bytes32 indexed document, address indexed reader, address indexed grantor, uint64 until);

  /// A reader may no longer read. @custom:duty none
  event AccessRevoked(bytes32 indexed document, address indexed reader, address indexed by);

  /// A document that is not published was claimed by the owner that its id names. @custom:duty none
  event DocumentClaimed(bytes32 indexed document, address indexed owner);

  /// The owner appointed an administrator: it grants and revokes in the owner's place. @custom:duty none
  event AdministratorAppointed(bytes32 indexed document, address indexed administrator);

  /// The owner dismissed an administrator: the grants that it made count no more. @custom:duty none
  event AdministratorDismissed(bytes32 indexed document, address indexed administrator);

  /// Signed grants for this reader that have not been brought to the chain are void. @custom:duty none
  event SignedGrantsCancelled(bytes32 indexed document, address indexed reader, uint32 nonce);

  /// A reader passed its permission on. @custom:duty none
  event ReadingDelegated(bytes32 indexed document, address indexed delegate, address indexed delegator, uint64 until);

  /// A permission that was passed on was taken back or given up. @custom:duty none
  event DelegationEnded(bytes32 indexed document, address indexed delegate, address indexed delegator);

  /// Only the owner may do this.
  error AccessGrantsNotOwner(bytes32 document, address caller);
  /// Only the owner or an administrator may do this.
  error AccessGrantsNotAdministrator(bytes32 document, address caller);
  /// The administrator is the zero address or the owner.
  error AccessGrantsInvalidAdministrator(address administrator);
  /// The account is no administrator of the document.
  error AccessGrantsUnknownAdministrator(bytes32 document, address account);
  /// The signature is not the grantor's over this grant.
  error AccessGrantsInvalidSignature(bytes32 document, address grantor);
  /// The grant was signed for another nonce: it was used, or something changed since.
  error AccessGrantsWrongNonce(bytes32 document, address reader, uint32 signed, uint32 current);
  /// The caller may not read by a grant of its own, so it has nothing to pass on.
  error AccessGrantsNotReader(bytes32 document, address caller);
  /// Another reader's delegation to this account is in force.
  error AccessGrantsAlreadyDelegated(bytes32 document, address delegate, address delegator);
  /// There is no delegation to this account that the caller could end.
  error AccessGrantsNoDelegation(bytes32 document, address delegate, address caller);
  /// The reader is the zero address.
  error AccessGrantsInvalidReader();
  /// The grant would have ended already.
  error AccessGrantsExpired(uint64 until, uint256 now_);
  /// There is no grant to revoke.
  error AccessGrantsNoGrant(bytes32 document, address reader);

  /// Grants `reader` access until `until` (0: without end). Owner or administrator. A second grant replaces the first.
  function grant(bytes32 document, address reader, uint64 until) external;

  /// Grants several readers access in one transaction: all or none. Owner or administrator.
  function grantMany(bytes32 document, ReaderTerm[] calldata terms) external;

  /// Brings a signed grant to the chain. Anyone may; the grantor (owner or administrator, an account or an ERC-1271 wallet) has signed.
  function grantBySignature(SignedGrant calldata signed, bytes calldata signature) external;

  /// Makes signed grants for `reader` void that have not been used yet. Owner or administrator.
  function cancelSignedGrants(bytes32 document, address reader) external;

  /// Revokes `reader`'s access, and with it what it passed on. Owner or administrator.
  function revoke(bytes32 document, address reader) external;

  /// Revokes several readers' access in one transaction: all or none. Owner or administrator.
  function revokeMany(bytes32 document, address[] calldata readers) external;

  /// Lets `administrator` grant and revoke. Owner only. It may not appoint others.
  function appoint(bytes32 document, address administrator) external;

  /// Ends that. Owner only.
  /// @dev Warning: the grants that the administrator made stop counting at once, and count again if it is appointed again.
  function dismiss(bytes32 document, address administrator) external;

  /// Passes the caller's own permission on to `delegate_` until `until` (0: as long as it lasts itself). Delegates cannot pass on further.
  function delegate(bytes32 document, address delegate_, uint64 until) external;

  /// Ends a delegation: for its delegator, the delegate itself, the owner and administrators.
  function endDelegation(bytes32 document, address delegate_) external;

  /// Takes ownership, here, of a document that is not published: its id must be keccak(caller, salt).
  function claim(bytes32 salt) external returns (bytes32 document);

  /// Records the owner of a document that is not published. Anyone may: the id names the owner, whoever shows the salt.
  function claimFor(address owner, bytes32 salt) external returns (bytes32 document);

  /// The owner that counts here: the registry's if published, else whoever claimed it; zero when there is none.
  function ownerOf(bytes32 document) external view returns (address);

  /// A reader's grant; all zero when there is none.
  function grantOf(bytes32 document, address reader) external view returns (Grant memory);

  /// Whether the owner appointed `account` and has not dismissed it.
  function isAdministrator(bytes32 document, address account) external view returns (bool);

  /// What was passed on to `delegate_`, in force or not; all zero when nothing was.
  function delegationOf(bytes32 document, address delegate_) external view returns (Delegation memory);

  /// The EIP-712 digest that a grantor signs.
  function signedGrantDigest(SignedGrant calldata signed) external view returns (bytes32);
}
