// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IKeeperRegistry} from "./interfaces/IKeeperRegistry.sol";
import {IKeyGeneration} from "./interfaces/IKeyGeneration.sol";
import {Domains} from "./libraries/Domains.sol";
import {Possession} from "./libraries/Possession.sol";
import {Secp256k1} from "./libraries/Secp256k1.sol";
import {Slots} from "./libraries/Slots.sol";
import {Point} from "./types/Point.sol";
import {SchnorrProof} from "./types/Proofs.sol";

/// The permissioned keeper set, epoch by epoch. The manual is IKeeperRegistry.
contract KeeperRegistry is IKeeperRegistry, AccessManaged {
  using Slots for uint256;

  uint256 private constant _MIN_MEMBERS = 3;
  uint256 private constant _MAX_MEMBERS = 64;
  uint256 private constant _MAX_ADDRESS_LENGTH = 256;
  uint256 private constant _MAX_NAME_LENGTH = 64;

  /// Stored facts of an epoch. `opensAt` 0: never proposed. `committeeRoot` 0: not open.
  struct Epoch {
    uint64 opensAt;
    bool cancelled;
    uint256 candidates;
    uint256 members;
    bytes32 committeeRoot;
  }

  /// What a later change of the keeper's record must not reach: fixed when the epoch is proposed, so that the delay shows all of it.
  /// `isMember`: it had posted a key when the epoch opened.
  struct FrozenMember {
    address operator;
    bool isMember;
    Point identityKey;
  }

  /// An account that is or was an operator. Never cleared: it stays with its slot, so it can finish what it began in an open epoch and can
  /// never act for another slot.
  struct Account {
    uint8 slot;
    bool revoked;
  }

  /// An identity key that is or was a keeper's. Never cleared, either. `revokedAt` 0: it was not stolen.
  struct Identity {
    uint8 slot;
    uint64 revokedAt;
  }

  /// @inheritdoc IKeeperRegistry
  uint64 public immutable override minEpochDelay;
  /// @inheritdoc IKeeperRegistry
  uint32 public override currentEpoch;
  /// @inheritdoc IKeeperRegistry
  uint32 public override lastEpoch;
  /// @inheritdoc IKeeperRegistry
  uint256 public override removedKeepers;

  /// Knows which keys need whom. Zero: nothing is asked.
  IKeyGeneration private immutable _keyGeneration;

  /// The highest slot given out.
  uint8 private _lastSlot;
  mapping(uint8 slot => Keeper) private _keepers;
  mapping(address operator => Account) private _accounts;
  /// By the x-coordinate: who knows a key's secret knows that of its negative.
  mapping(uint256 x => Identity) private _identities;
  /// Slots that may be absent somewhere: removed, or with a revoked account. None for most of a deployment's life, and then one look suffices.
  uint256 private _suspects;
  /// Slots with a revoked identity key.
  uint256 private _withRevokedIdentity;
  mapping(uint32 epoch => Epoch) private _epochs;
  mapping(uint32 epoch => mapping(uint8 slot => Point)) private _epochKeys;
  mapping(uint32 epoch => mapping(uint8 slot => FrozenMember)) private _members;

  /// @param minEpochDelay_ seconds that keepers and users have between the proposal and the opening of an epoch
  /// @param keyGeneration is asked before a keeper is removed; it may be deployed later, at this address
  constructor(address authority_, uint64 minEpochDelay_, IKeyGeneration keyGeneration) AccessManaged(authority_) {
    minEpochDelay = minEpochDelay_;
    _keyGeneration = keyGeneration;
  }

  /// @inheritdoc IKeeperRegistry
  function addKeeper(
    address operator,
    Point calldata identityKey,
    string calldata endpoint,
    string calldata peerAddress,
    string calldata name
  ) external restricted returns (uint8 slot) {
    if (operator == address(0) || _accounts[operator].slot != 0) revert KeeperRegistryInvalidOperator(operator);
    _requireLength(endpoint, _MAX_ADDRESS_LENGTH);
    _requireLength(peerAddress, _MAX_ADDRESS_LENGTH);
    _requireLength(name, _MAX_NAME_LENGTH);
    if (_lastSlot == type(uint8).max) revert KeeperRegistryFull();

    slot = ++_lastSlot;
    _accounts[operator].slot = slot;
    Keeper storage keeper = _keepers[slot];
    keeper.operator = operator;
    keeper.slot = slot;
    _setIdentity(keeper, identityKey);
    keeper.endpoint = endpoint;
    keeper.peerAddress = peerAddress;
    keeper.name = name;
    emit KeeperAdded(slot, operator, identityKey, endpoint, peerAddress, name);
  }

  /// @inheritdoc IKeeperRegistry
  function removeKeeper(uint8 slot) external restricted {
    Keeper storage keeper = _requireKeeper(slot);
    uint256 removed = removedKeepers | Slots.only(slot);
    if (address(_keyGeneration) != address(0)) _keyGeneration.requireQuorums(removed);

    keeper.removed = true;
    removedKeepers = removed;
    _suspects |= Slots.only(slot);
    emit KeeperRemoved(slot, keeper.operator);
  }

  /// @inheritdoc IKeeperRegistry
  function moveKeeper(string calldata endpoint, string calldata peerAddress) external {
    uint8 slot = _requireOperator(msg.sender);
    _requireLength(endpoint, _MAX_ADDRESS_LENGTH);
    _requireLength(peerAddress, _MAX_ADDRESS_LENGTH);

    _keepers[slot].endpoint = endpoint;
    _keepers[slot].peerAddress = peerAddress;
    emit KeeperMoved(slot, endpoint, peerAddress);
  }

  /// @inheritdoc IKeeperRegistry
  function setOperator(uint8 slot, address operator) external restricted {
    _setOperator(_requireKeeper(slot), operator);
  }

  /// @inheritdoc IKeeperRegistry
  function replaceStolenOperator(uint8 slot, address operator) external restricted {
    Keeper storage keeper = _requireAdmitted(slot);
    _revokeOperator(keeper.operator, slot);
    _setOperator(keeper, operator);
  }

  /// @inheritdoc IKeeperRegistry
  function revokeFormerOperator(address operator) external restricted {
    Account storage account = _accounts[operator];
    uint8 slot = account.slot;
    bool isFormer = slot != 0 && _keepers[slot].operator != operator && !account.revoked;
    if (!isFormer) revert KeeperRegistryInvalidOperator(operator);
    _revokeOperator(operator, slot);
  }

  /// @inheritdoc IKeeperRegistry
  function setIdentityKey(uint8 slot, Point calldata identityKey) external restricted {
    Keeper storage keeper = _requireKeeper(slot);
    _setIdentity(keeper, identityKey);
    emit KeeperIdentityChanged(slot, identityKey);
  }

  /// @inheritdoc IKeeperRegistry
  function replaceStolenIdentity(uint8 slot, Point calldata identityKey) external restricted {
    Keeper storage keeper = _requireAdmitted(slot);
    _revokeIdentity(keeper.identityKey, slot);
    _setIdentity(keeper, identityKey);
    emit KeeperIdentityChanged(slot, identityKey);
  }

  /// @inheritdoc IKeeperRegistry
  function revokeFormerIdentity(Point calldata identityKey) external restricted {
    Identity storage identity = _identities[identityKey.x];
    uint8 slot = identity.slot;
    bool isFormer = slot != 0 && _keepers[slot].identityKey.x != identityKey.x && identity.revokedAt == 0;
    if (!isFormer) revert KeeperRegistryInvalidIdentity(identityKey.x, identityKey.y);
    _revokeIdentity(identityKey, slot);
  }

  /// @inheritdoc IKeeperRegistry
  function proposeEpoch(uint256 slots) external restricted returns (uint32 epoch) {
    if (statusOf(lastEpoch) == EpochStatus.Proposed) revert KeeperRegistryEpochPending(lastEpoch);
    uint256 candidates = slots == 0 ? _remainingKeepers() : slots;
    uint256 count = candidates.count();
    if (count < _MIN_MEMBERS || count > _MAX_MEMBERS) revert KeeperRegistryBadMemberCount(count);

    epoch = ++lastEpoch;
    _freezeCandidates(epoch, candidates);
    uint64 opensAt_ = uint64(block.timestamp) + minEpochDelay;
    _epochs[epoch].opensAt = opensAt_;
    _epochs[epoch].candidates = candidates;
    emit EpochProposed(epoch, opensAt_, candidates);
  }

  /// @inheritdoc IKeeperRegistry
  function postEpochKey(uint32 epoch, Point calldata encryptionKey, SchnorrProof calldata proof) external {
    _requireProposed(epoch);
    Account memory account = _accounts[msg.sender];
    uint8 slot = account.slot; // the only slot that the caller ever had
    bool isCandidate = _members[epoch][slot].operator == msg.sender && !account.revoked && !removedKeepers.has(slot);
    if (!isCandidate) revert KeeperRegistryNotKeeper(msg.sender);
    if (_epochKeys[epoch][slot].x != 0) revert KeeperRegistryKeyAlreadyPosted(epoch, slot);
    Secp256k1.requireValid(encryptionKey);
    bytes32 message = keccak256(abi.encode(Domains.EPOCH_KEY, block.chainid, address(this), epoch, slot, msg.sender));
    if (!Possession.verify(encryptionKey, message, proof)) revert KeeperRegistryInvalidProof(epoch, slot);

    _epochKeys[epoch][slot] = encryptionKey;
    emit EpochKeyPosted(epoch, slot, encryptionKey);
  }

  /// @inheritdoc IKeeperRegistry
  function openEpoch(uint32 epoch) external restricted {
    _requireProposed(epoch);
    Epoch storage record = _epochs[epoch];
    if (block.timestamp < record.opensAt) revert KeeperRegistryTooEarly(epoch, record.opensAt);

    // What was announced is what opens: nobody is taken out of the committee when the delay is over.
    uint256 gone = absentIn(epoch, record.candidates) | _revokedIdentitiesIn(epoch, record.candidates);
    if (gone != 0) revert KeeperRegistryCandidatesGone(epoch, gone);

    (uint256 members, uint256 count, bytes32 committeeRoot) = _admitWithKeys(epoch);
    if (count < _MIN_MEMBERS) revert KeeperRegistryBadMemberCount(count); // candidates are never too many
    record.members = members;
    record.committeeRoot = committeeRoot;
    currentEpoch = epoch;
    emit EpochOpened(epoch, members, committeeRoot);
  }

  /// @inheritdoc IKeeperRegistry
  function cancelEpoch(uint32 epoch) external restricted {
    _requireProposed(epoch);

    _epochs[epoch].cancelled = true;
    emit EpochCancelled(epoch);
  }

  /// @inheritdoc IKeeperRegistry
  function opensAt(uint32 epoch) external view returns (uint64) {
    return _epochs[epoch].opensAt;
  }

  /// @inheritdoc IKeeperRegistry
  function keepers() external view returns (Keeper[] memory all) {
    all = new Keeper[](_lastSlot);
    for (uint8 i = 0; i < all.length; ++i) all[i] = _keepers[i + 1]; // i + 1 <= _lastSlot <= 255
  }

  /// @inheritdoc IKeeperRegistry
  function keeperAt(uint8 slot) external view returns (Keeper memory) {
    return _keepers[slot];
  }

  /// @inheritdoc IKeeperRegistry
  function slotOf(address operator) external view returns (uint8) {
    return _accounts[operator].slot;
  }

  /// @inheritdoc IKeeperRegistry
  function epochKeyOf(uint32 epoch, uint8 slot) external view returns (Point memory) {
    return _epochKeys[epoch][slot];
  }

  /// @inheritdoc IKeeperRegistry
  function candidatesOf(uint32 epoch) external view returns (uint256 bitmap) {
    return _epochs[epoch].candidates;
  }

  /// @inheritdoc IKeeperRegistry
  function membersOf(uint32 epoch) external view returns (uint256 bitmap) {
    return _epochs[epoch].members;
  }

  /// @inheritdoc IKeeperRegistry
  function committeeOf(uint32 epoch) external view returns (Member[] memory committee) {
    uint256 rest = _epochs[epoch].members;
    committee = new Member[](rest.count());
    for (uint256 next = 0; rest != 0; rest &= rest - 1) committee[next++] = _memberOf(epoch, rest.lowest());
  }

  /// @inheritdoc IKeeperRegistry
  function memberOf(uint32 epoch, uint8 slot) external view returns (Member memory) {
    if (!_epochs[epoch].members.has(slot)) revert KeeperRegistryNotMember(epoch, slot);
    return _memberOf(epoch, slot);
  }

  /// @inheritdoc IKeeperRegistry
  function slotIn(uint32 epoch, address operator) external view returns (uint8) {
    Account memory account = _accounts[operator];
    FrozenMember storage frozen = _members[epoch][account.slot]; // the only slot that this operator ever had
    return frozen.isMember && frozen.operator == operator && !account.revoked ? account.slot : 0;
  }

  /// @inheritdoc IKeeperRegistry
  function operatorIn(uint32 epoch, uint8 slot) external view returns (address) {
    FrozenMember storage frozen = _members[epoch][slot];
    return frozen.isMember ? frozen.operator : address(0);
  }

  /// @inheritdoc IKeeperRegistry
  function isRevoked(address operator) external view returns (bool) {
    return _accounts[operator].revoked;
  }

  /// @inheritdoc IKeeperRegistry
  function identityRevokedAt(Point calldata identityKey) external view returns (uint64) {
    return _identities[identityKey.x].revokedAt;
  }

  /// @inheritdoc IKeeperRegistry
  function payeeOf(address operator) external view returns (address) {
    Account storage account = _accounts[operator];
    return account.revoked ? _keepers[account.slot].operator : operator;
  }

  /// @inheritdoc IKeeperRegistry
  function committeeRootOf(uint32 epoch) external view returns (bytes32) {
    return _epochs[epoch].committeeRoot;
  }

  /// @inheritdoc IKeeperRegistry
  function statusOf(uint32 epoch) public view returns (EpochStatus) {
    Epoch storage record = _epochs[epoch];
    if (record.opensAt == 0) return EpochStatus.Unknown;
    if (record.cancelled) return EpochStatus.Cancelled;
    return record.committeeRoot == 0 ? EpochStatus.Proposed : EpochStatus.Open;
  }

  /// @inheritdoc IKeeperRegistry
  function absentIn(uint32 epoch, uint256 slots) public view returns (uint256 absent) {
    uint256 suspects = slots & _suspects;
    if (suspects == 0) return 0;

    absent = suspects & removedKeepers;
    for (uint256 rest = suspects & ~absent; rest != 0; rest &= rest - 1) {
      uint8 slot = rest.lowest();
      if (_accounts[_members[epoch][slot].operator].revoked) absent |= Slots.only(slot);
    }
  }

  /// Which of these slots an epoch froze with an identity key that was revoked.
  function _revokedIdentitiesIn(uint32 epoch, uint256 slots) private view returns (uint256 revoked) {
    for (uint256 rest = slots & _withRevokedIdentity; rest != 0; rest &= rest - 1) {
      uint8 slot = rest.lowest();
      if (_identities[_members[epoch][slot].identityKey.x].revokedAt != 0) revoked |= Slots.only(slot);
    }
  }

  /// Makes an account the slot's operator that never was another slot's, nor stolen.
  function _setOperator(Keeper storage keeper, address operator) private {
    uint8 slot = keeper.slot;
    Account memory account = _accounts[operator];
    bool belongsElsewhere = account.slot != 0 && account.slot != slot;
    bool isTaken = operator == keeper.operator || belongsElsewhere || account.revoked;
    if (operator == address(0) || isTaken) revert KeeperRegistryInvalidOperator(operator);

    _accounts[operator].slot = slot;
    keeper.operator = operator;
    emit KeeperOperatorChanged(slot, operator);
  }

  function _revokeOperator(address operator, uint8 slot) private {
    _accounts[operator].revoked = true;
    _suspects |= Slots.only(slot);
    emit KeeperOperatorRevoked(slot, operator);
  }

  /// Makes a key the slot's identity that never was another slot's, nor stolen.
  function _setIdentity(Keeper storage keeper, Point calldata identityKey) private {
    Secp256k1.requireValid(identityKey);
    Identity storage identity = _identities[identityKey.x];
    bool belongsElsewhere = identity.slot != 0 && identity.slot != keeper.slot;
    if (belongsElsewhere || identity.revokedAt != 0) revert KeeperRegistryInvalidIdentity(identityKey.x, identityKey.y);

    identity.slot = keeper.slot;
    keeper.identityKey = identityKey;
  }

  function _revokeIdentity(Point memory identityKey, uint8 slot) private {
    _identities[identityKey.x].revokedAt = uint64(block.timestamp);
    _withRevokedIdentity |= Slots.only(slot);
    emit KeeperIdentityRevoked(slot, identityKey);
  }

  /// All keepers that are not removed.
  function _remainingKeepers() private view returns (uint256 slots) {
    slots = (type(uint256).max >> (255 - _lastSlot)) & ~(removedKeepers | 1); // bits 1 to _lastSlot
  }

  /// Copies what the epoch must not lose from the records of the keepers that may be in it.
  function _freezeCandidates(uint32 epoch, uint256 candidates) private {
    for (uint256 rest = candidates; rest != 0; rest &= rest - 1) {
      uint8 slot = rest.lowest();
      Keeper storage keeper = _requireKeeper(slot);
      _members[epoch][slot] = FrozenMember({operator: keeper.operator, isMember: false, identityKey: keeper.identityKey});
    }
  }

  /// Makes members of the candidates that have posted a key, and commits to them. PROTOCOL section 6.3.
  function _admitWithKeys(uint32 epoch) private returns (uint256 members, uint256 count, bytes32 root) {
    root = keccak256(abi.encode(Domains.COMMITTEE, block.chainid, address(this), epoch));
    for (uint256 rest = _epochs[epoch].candidates; rest != 0; rest &= rest - 1) {
      uint8 slot = rest.lowest();
      if (_epochKeys[epoch][slot].x == 0) continue;

      _members[epoch][slot].isMember = true;
      members |= Slots.only(slot);
      ++count;
      root = keccak256(abi.encode(Domains.MEMBER, root, _memberOf(epoch, slot)));
    }
  }

  function _memberOf(uint32 epoch, uint8 slot) private view returns (Member memory) {
    FrozenMember storage frozen = _members[epoch][slot];
    return Member({slot: slot, operator: frozen.operator, encryptionKey: _epochKeys[epoch][slot], identityKey: frozen.identityKey});
  }

  /// The slot that `caller` operates now.
  function _requireOperator(address caller) private view returns (uint8 slot) {
    slot = _accounts[caller].slot;
    Keeper storage keeper = _keepers[slot];
    if (slot == 0 || keeper.operator != caller || keeper.removed) revert KeeperRegistryNotKeeper(caller);
  }

  function _requireKeeper(uint8 slot) private view returns (Keeper storage keeper) {
    keeper = _requireAdmitted(slot);
    if (keeper.removed) revert KeeperRegistryUnknownKeeper(slot);
  }

  /// Removed keepers included: they own fees and have signed receipts.
  function _requireAdmitted(uint8 slot) private view returns (Keeper storage keeper) {
    keeper = _keepers[slot];
    if (keeper.slot == 0) revert KeeperRegistryUnknownKeeper(slot);
  }

  function _requireProposed(uint32 epoch) private view {
    EpochStatus status = statusOf(epoch);
    if (status != EpochStatus.Proposed) revert KeeperRegistryEpochNotProposed(epoch, status);
  }

  function _requireLength(string calldata text, uint256 limit) private pure {
    if (bytes(text).length > limit) revert KeeperRegistryTextTooLong(bytes(text).length, limit);
  }
}
