// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IAccessGrants} from "./interfaces/IAccessGrants.sol";
import {IDocumentRegistry} from "./interfaces/IDocumentRegistry.sol";
import {IPermissions} from "./interfaces/IPermissions.sol";
import {DocumentId} from "./types/Ids.sol";

/// The default permissions contract: a document's owner and its administrators grant and revoke. The manual is IAccessGrants.
contract AccessGrants is IAccessGrants, EIP712("Keyquorum", "1") {
  bytes32 private constant _SIGNED_GRANT = keccak256(
    "SignedGrant(bytes32 document,address reader,uint64 until,address grantor,uint32 nonce,uint64 deadline)"
  );

  IDocumentRegistry private immutable _documents;

  mapping(bytes32 document => address owner) private _claims;
  mapping(bytes32 document => mapping(address reader => Grant)) private _grants;
  /// @inheritdoc IAccessGrants
  mapping(bytes32 document => mapping(address account => bool)) public override isAdministrator;
  mapping(bytes32 document => mapping(address delegate => Delegation)) private _delegations;

  constructor(IDocumentRegistry documents) {
    _documents = documents;
  }

  /// @inheritdoc IAccessGrants
  function grant(bytes32 document, address reader, uint64 until) external {
    _requireAdministrator(document, msg.sender);
    _grant(document, reader, until, msg.sender);
  }

  /// @inheritdoc IAccessGrants
  function grantMany(bytes32 document, ReaderTerm[] calldata terms) external {
    _requireAdministrator(document, msg.sender);
    for (uint256 i = 0; i < terms.length; ++i) _grant(document, terms[i].reader, terms[i].until, msg.sender);
  }

  /// @inheritdoc IAccessGrants
  function grantBySignature(SignedGrant calldata signed, bytes calldata signature) external {
    if (block.timestamp > signed.deadline) revert AccessGrantsExpired(signed.deadline, block.timestamp);
    _requireAdministrator(signed.document, signed.grantor);
    uint32 current = _grants[signed.document][signed.reader].nonce;
    if (signed.nonce != current) revert AccessGrantsWrongNonce(signed.document, signed.reader, signed.nonce, current);
    if (!SignatureChecker.isValidSignatureNow(signed.grantor, signedGrantDigest(signed), signature))
      revert AccessGrantsInvalidSignature(signed.document, signed.grantor);
    _grant(signed.document, signed.reader, signed.until, signed.grantor);
  }

  /// @inheritdoc IAccessGrants
  function cancelSignedGrants(bytes32 document, address reader) external {
    _requireAdministrator(document, msg.sender);
    uint32 nonce = ++_grants[document][reader].nonce;
    emit SignedGrantsCancelled(document, reader, nonce);
  }

  /// @inheritdoc IAccessGrants
  function revoke(bytes32 document, address reader) external {
    _requireAdministrator(document, msg.sender);
    _revoke(document, reader);
  }

  /// @inheritdoc IAccessGrants
  function revokeMany(bytes32 document, address[] calldata readers) external {
    _requireAdministrator(document, msg.sender);
    for (uint256 i = 0; i < readers.length; ++i) _revoke(document, readers[i]);
  }

  /// @inheritdoc IAccessGrants
  function appoint(bytes32 document, address administrator) external {
    _requireOwner(document);
    if (administrator == address(0) || administrator == msg.sender) revert AccessGrantsInvalidAdministrator(administrator);
    isAdministrator[document][administrator] = true;
    emit AdministratorAppointed(document, administrator);
  }

  /// @inheritdoc IAccessGrants
  function dismiss(bytes32 document, address administrator) external {
    _requireOwner(document);
    if (!isAdministrator[document][administrator]) revert AccessGrantsUnknownAdministrator(document, administrator);
    isAdministrator[document][administrator] = false;
    emit AdministratorDismissed(document, administrator);
  }

  /// @inheritdoc IAccessGrants
  function delegate(bytes32 document, address delegate_, uint64 until) external {
    if (delegate_ == address(0) || delegate_ == msg.sender) revert AccessGrantsInvalidReader();
    if (!_readsDirectly(document, msg.sender)) revert AccessGrantsNotReader(document, msg.sender);
    uint64 end = _endOf(until);
    address other = _delegations[document][delegate_].delegator;
    // Otherwise one reader could cut short what another passed on.
    if (other != msg.sender && _readsByDelegation(document, delegate_)) revert AccessGrantsAlreadyDelegated(document, delegate_, other);

    _delegations[document][delegate_] = Delegation({delegator: msg.sender, until: end});
    emit ReadingDelegated(document, delegate_, msg.sender, end);
  }

  /// @inheritdoc IAccessGrants
  function endDelegation(bytes32 document, address delegate_) external {
    address delegator = _delegations[document][delegate_].delegator;
    bool mayEnd = msg.sender == delegator || msg.sender == delegate_ || _isGrantor(document, ownerOf(document), msg.sender);
    if (delegator == address(0) || !mayEnd) revert AccessGrantsNoDelegation(document, delegate_, msg.sender);
    delete _delegations[document][delegate_];
    emit DelegationEnded(document, delegate_, delegator);
  }

  /// @inheritdoc IAccessGrants
  function claim(bytes32 salt) external returns (bytes32 document) {
    return claimFor(msg.sender, salt);
  }

  /// @inheritdoc IAccessGrants
  function grantOf(bytes32 document, address reader) external view returns (Grant memory) {
    return _grants[document][reader];
  }

  /// @inheritdoc IAccessGrants
  function delegationOf(bytes32 document, address delegate_) external view returns (Delegation memory) {
    return _delegations[document][delegate_];
  }

  /// @inheritdoc IPermissions
  function checkPermissions(address user, bytes32 document) external view returns (bool permitted) {
    return _readsDirectly(document, user) || _readsByDelegation(document, user);
  }

  /// @inheritdoc IAccessGrants
  function claimFor(address owner, bytes32 salt) public returns (bytes32 document) {
    if (owner == address(0)) revert NotDocumentOwner(document, owner);
    document = DocumentId.unwrap(_documents.documentIdOf(owner, salt));
    _claims[document] = owner;
    emit DocumentClaimed(document, owner);
  }

  /// @inheritdoc IAccessGrants
  function ownerOf(bytes32 document) public view returns (address) {
    address owner = _documents.documentOf(DocumentId.wrap(document)).owner;
    return owner == address(0) ? _claims[document] : owner;
  }

  /// @inheritdoc IAccessGrants
  function signedGrantDigest(SignedGrant calldata signed) public view returns (bytes32) {
    return _hashTypedDataV4(keccak256(abi.encode(_SIGNED_GRANT, signed)));
  }

  function _grant(bytes32 document, address reader, uint64 until, address grantor) private {
    if (reader == address(0)) revert AccessGrantsInvalidReader();
    uint64 end = _endOf(until);
    Grant storage given = _grants[document][reader];
    given.grantor = grantor;
    given.until = end;
    given.nonce += 1;
    emit AccessGranted(document, reader, grantor, end);
  }

  function _revoke(bytes32 document, address reader) private {
    Grant storage given = _grants[document][reader];
    if (given.grantor == address(0)) revert AccessGrantsNoGrant(document, reader);
    given.grantor = address(0);
    given.until = 0;
    given.nonce += 1;
    emit AccessRevoked(document, reader, msg.sender);
  }

  /// Zero means without end; an end that is over is refused.
  function _endOf(uint64 until) private view returns (uint64 end) {
    end = until == 0 ? type(uint64).max : until;
    if (end <= block.timestamp) revert AccessGrantsExpired(until, block.timestamp);
  }

  function _requireOwner(bytes32 document) private view {
    if (ownerOf(document) != msg.sender) revert NotDocumentOwner(document, msg.sender);
  }

  function _requireAdministrator(bytes32 document, address account) private view {
    if (!_isGrantor(document, ownerOf(document), account)) revert AccessGrantsNotAdministrator(document, account);
  }

  /// Whether `account` decides about grants: the owner, or an administrator while there is an owner.
  function _isGrantor(bytes32 document, address owner, address account) private view returns (bool) {
    return owner != address(0) && account != address(0) && (account == owner || isAdministrator[document][account]);
  }

  /// By being the owner, or by a grant that counts.
  function _readsDirectly(bytes32 document, address user) private view returns (bool) {
    address owner = ownerOf(document);
    if (owner == address(0)) return false;
    if (user == owner) return true;
    Grant memory given = _grants[document][user];
    return block.timestamp < given.until && _isGrantor(document, owner, given.grantor);
  }

  /// By a permission passed on: one step, so the delegator must read directly.
  function _readsByDelegation(bytes32 document, address user) private view returns (bool) {
    Delegation memory given = _delegations[document][user];
    return block.timestamp < given.until && _readsDirectly(document, given.delegator);
  }
}
