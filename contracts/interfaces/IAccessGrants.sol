// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentOwned} from "./IDocumentOwned.sol";
import {IPermissions} from "./IPermissions.sol";

/// The default permissions contract: a document's owner, and the administrators it appoints, grant and revoke. PROTOCOL section 4.5.
///
/// Readers may pass their permission on for a time, one step far: a delegate's permission lasts no longer than its delegator's.
interface IAccessGrants is IPermissions, IDocumentOwned {
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
  /// @param document the document's id
  /// @param reader the account that reads
  /// @param grantor the owner or administrator who granted it
  /// @param until its end, in seconds of block time; the maximum: without end
  event AccessGranted(bytes32 indexed document, address indexed reader, address indexed grantor, uint64 until);

  /// A reader may no longer read. @custom:duty none
  /// @param document the document's id
  /// @param reader the account that reads
  /// @param by the owner or administrator who revoked it
  event AccessRevoked(bytes32 indexed document, address indexed reader, address indexed by);

  /// A document that is not published was claimed by the owner that its id names. @custom:duty none
  /// @param document the document's id
  /// @param owner the document's owner
  event DocumentClaimed(bytes32 indexed document, address indexed owner);

  /// The owner appointed an administrator: it grants and revokes in the owner's place. @custom:duty none
  /// @param document the document's id
  /// @param administrator the administrator's account
  event AdministratorAppointed(bytes32 indexed document, address indexed administrator);

  /// The owner dismissed an administrator: the grants that it made count no more. @custom:duty none
  /// @param document the document's id
  /// @param administrator the administrator's account
  event AdministratorDismissed(bytes32 indexed document, address indexed administrator);

  /// Signed grants for this reader that have not been brought to the chain are void. @custom:duty none
  /// @param document the document's id
  /// @param reader the account that reads
  /// @param nonce the nonce that a signed grant needs now
  event SignedGrantsCancelled(bytes32 indexed document, address indexed reader, uint32 nonce);

  /// A reader passed its permission on. @custom:duty none
  /// @param document the document's id
  /// @param delegate the account that reads by another's permission
  /// @param delegator the reader who passed its permission on
  /// @param until its end, in seconds of block time; the maximum: without end
  event ReadingDelegated(bytes32 indexed document, address indexed delegate, address indexed delegator, uint64 until);

  /// A permission that was passed on was taken back or given up. @custom:duty none
  /// @param document the document's id
  /// @param delegate the account that reads by another's permission
  /// @param delegator the reader who passed its permission on
  event DelegationEnded(bytes32 indexed document, address indexed delegate, address indexed delegator);

  /// `caller` neither owns document `document` nor administers it; its owner can appoint administrators.
  /// @param document the document's id
  /// @param caller the account that called
  error AccessGrantsNotAdministrator(bytes32 document, address caller);

  /// `administrator` cannot be an administrator: it is zero or the owner; name another account.
  /// @param administrator the administrator's account
  error AccessGrantsInvalidAdministrator(address administrator);

  /// `account` is not an administrator of document `document`; there is nobody to dismiss.
  /// @param document the document's id
  /// @param account the account that was to be dismissed
  error AccessGrantsUnknownAdministrator(bytes32 document, address account);

  /// The signature is not `grantor`'s over this grant for document `document`; take the grant as it was signed.
  /// @param document the document's id
  /// @param grantor the account that should have signed
  error AccessGrantsInvalidSignature(bytes32 document, address grantor);

  /// The grant of document `document` for `reader` was signed for nonce `signed`, but the nonce is now `current`: it was used or cancelled;
  /// have it signed again.
  /// @param document the document's id
  /// @param reader the account that reads
  /// @param signed the nonce in the signed grant
  /// @param current the nonce that counts
  error AccessGrantsWrongNonce(bytes32 document, address reader, uint32 signed, uint32 current);

  /// `caller` may not read document `document` by a grant of its own, so it has nothing to pass on; ask its owner.
  /// @param document the document's id
  /// @param caller the account that called
  error AccessGrantsNotReader(bytes32 document, address caller);

  /// `delegate` already reads document `document` by permission of `delegator`; wait until that ends.
  /// @param document the document's id
  /// @param delegate the account that reads by another's permission
  /// @param delegator the reader who passed its permission on
  error AccessGrantsAlreadyDelegated(bytes32 document, address delegate, address delegator);

  /// There is no delegation of document `document` to `delegate` that `caller` could end; nothing is left to do.
  /// @param document the document's id
  /// @param delegate the account that reads by another's permission
  /// @param caller the account that called
  error AccessGrantsNoDelegation(bytes32 document, address delegate, address caller);

  /// The reader is the zero address; name the account that may read.
  error AccessGrantsInvalidReader();

  /// The end or deadline of the grant, `until`, is not after the time of the chain, `now_`; give a later one, or 0 for none, and have a
  /// signed grant signed again.
  /// @param until the end or deadline given, in seconds of block time
  /// @param now_ the time of the chain, in seconds of block time
  error AccessGrantsExpired(uint64 until, uint256 now_);

  /// `reader` has no grant for document `document`; there is nothing to revoke.
  /// @param document the document's id
  /// @param reader the account that reads
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
  /// @return document its id
  function claim(bytes32 salt) external returns (bytes32 document);

  /// Records the owner of a document that is not published. Anyone may: the id names the owner, whoever shows the salt.
  /// @return document its id
  function claimFor(address owner, bytes32 salt) external returns (bytes32 document);

  /// @return the owner that counts here: the registry's if published, else whoever claimed it; zero when there is none.
  function ownerOf(bytes32 document) external view returns (address);

  /// @return A reader's grant; all zero when there is none.
  function grantOf(bytes32 document, address reader) external view returns (Grant memory);

  /// @return whether the owner appointed `account` and has not dismissed it.
  function isAdministrator(bytes32 document, address account) external view returns (bool);

  /// @return what was passed on to `delegate_`, in force or not; all zero when nothing was.
  function delegationOf(bytes32 document, address delegate_) external view returns (Delegation memory);

  /// @return the EIP-712 digest that a grantor signs.
  function signedGrantDigest(SignedGrant calldata signed) external view returns (bytes32);
}
