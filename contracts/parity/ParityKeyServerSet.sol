// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeeperRegistry} from "../interfaces/IKeeperRegistry.sol";
import {IParityKeyServers, IParityKeyServerSet} from "../interfaces/IParityKeyServerSet.sol";
import {Slots} from "../libraries/Slots.sol";

/// KeeperRegistry's epochs as Parity's key server set. The manual is IParityKeyServerSet.
contract ParityKeyServerSet is IParityKeyServerSet {
  using Slots for uint256;

  /// Blocks after which a migration that nobody ended may be aborted.
  uint256 public constant MIGRATION_BLOCKS = 50_400;

  IKeeperRegistry private immutable _registry;
  /// @inheritdoc IParityKeyServerSet
  uint32 public override currentEpoch;
  /// @inheritdoc IParityKeyServerSet
  uint32 public override migrationEpoch;
  /// The block in which the current set's epoch became it.
  uint64 private _changedAt;
  uint64 private _startedAt;
  /// @inheritdoc IParityKeyServerSet
  address public override getMigrationMaster;
  bytes32 private _migrationId;
  /// Members of the migration when it was started: who goes absent meanwhile ends it.
  uint256 private _migrationSlots;
  uint256 private _confirmed;

  /// The set is that of the epoch that is open now; where none is, the first migration gives it one.
  constructor(IKeeperRegistry registry) {
    _registry = registry;
    currentEpoch = registry.currentEpoch();
    _changedAt = uint64(block.number);
  }

  /// @inheritdoc IParityKeyServerSet
  function startMigration(bytes32 id) external {
    uint32 newest = _registry.currentEpoch();
    _requireMember(currentEpoch, newest);
    if (migrationEpoch != 0 || id == 0 || newest == currentEpoch) revert ParityKeyServerSetNoStart();

    migrationEpoch = newest;
    _startedAt = uint64(block.number);
    getMigrationMaster = msg.sender;
    _migrationId = id;
    _migrationSlots = _slotsOf(newest);
    emit MigrationStarted();
  }

  /// @inheritdoc IParityKeyServerSet
  function confirmMigration(bytes32 id) external {
    _requireMigration(id);
    uint8 slot = _slotIn(migrationEpoch, msg.sender);
    if (slot == 0) revert ParityKeyServerSetStranger(msg.sender);
    if (_confirmed.has(slot)) revert ParityKeyServerSetConfirmed(msg.sender);

    _confirmed |= Slots.only(slot);
    if (_slotsOf(migrationEpoch) & ~_confirmed != 0) return;
    address[] memory before = _accountsOf(currentEpoch);
    address[] memory now_ = _accountsOf(migrationEpoch);
    currentEpoch = migrationEpoch;
    _changedAt = uint64(block.number);
    _endMigration();
    for (uint256 i = 0; i < before.length; ++i) if (!_isIn(now_, before[i])) emit KeyServerRemoved(before[i]);
    for (uint256 i = 0; i < now_.length; ++i) if (!_isIn(before, now_[i])) emit KeyServerAdded(now_[i]);
    emit MigrationCompleted();
  }

  /// @inheritdoc IParityKeyServerSet
  function abortMigration(bytes32 id) external {
    _requireMigration(id);
    uint32 newest = _registry.currentEpoch();
    _requireMember(currentEpoch, newest);
    uint256 until = _startedAt + MIGRATION_BLOCKS;
    if (!_isHopeless(newest) && block.number <= until) revert ParityKeyServerSetNoAbort(until);

    _endMigration();
    emit MigrationAborted(id);
  }

  /// The epoch from bit 72 on, the block in which it became the set's from bit 8 on, and below how many of its members are absent.
  /// @inheritdoc IParityKeyServers
  function getCurrentLastChange() external view returns (uint256 change) {
    uint256 members = _membersOf(currentEpoch);
    return (uint256(currentEpoch) << 72) | (uint256(_changedAt) << 8) | _registry.absentIn(currentEpoch, members).count();
  }

  /// @inheritdoc IParityKeyServers
  function getCurrentKeyServerIndex(address keyServer) external view returns (uint8 index) {
    uint8 slot = _slotIn(currentEpoch, keyServer);
    if (slot == 0) revert ParityKeyServerSetStranger(keyServer);
    return uint8(_slotsOf(currentEpoch).placeOf(slot)); // an epoch has at most 64 members
  }

  /// @inheritdoc IParityKeyServers
  function getCurrentKeyServersCount() external view returns (uint8 count) {
    return uint8(_slotsOf(currentEpoch).count()); // an epoch has at most 64 members
  }

  /// Reverts with a panic beyond the last place.
  /// @inheritdoc IParityKeyServerSet
  function getCurrentKeyServer(uint8 index) external view returns (address keyServer) {
    return _accountsOf(currentEpoch)[index];
  }

  /// @inheritdoc IParityKeyServers
  function getCurrentKeyServers() external view returns (address[] memory keyServers) {
    return _accountsOf(currentEpoch);
  }

  /// @inheritdoc IParityKeyServerSet
  function getCurrentKeyServerPublic(address keyServer) external view returns (bytes memory publicKey) {
    return _publicOf(currentEpoch, keyServer);
  }

  /// @inheritdoc IParityKeyServerSet
  function getCurrentKeyServerAddress(address keyServer) external view returns (string memory endpoint) {
    return _endpointOf(currentEpoch, keyServer);
  }

  /// @inheritdoc IParityKeyServerSet
  function getMigrationKeyServers() external view returns (address[] memory keyServers) {
    return _accountsOf(migrationEpoch);
  }

  /// @inheritdoc IParityKeyServerSet
  function getMigrationKeyServerPublic(address keyServer) external view returns (bytes memory publicKey) {
    return _publicOf(migrationEpoch, keyServer);
  }

  /// @inheritdoc IParityKeyServerSet
  function getMigrationKeyServerAddress(address keyServer) external view returns (string memory endpoint) {
    return _endpointOf(migrationEpoch, keyServer);
  }

  /// @inheritdoc IParityKeyServerSet
  function getNewKeyServers() external view returns (address[] memory keyServers) {
    return _accountsOf(_registry.currentEpoch());
  }

  /// @inheritdoc IParityKeyServerSet
  function getNewKeyServerPublic(address keyServer) external view returns (bytes memory publicKey) {
    return _publicOf(_registry.currentEpoch(), keyServer);
  }

  /// @inheritdoc IParityKeyServerSet
  function getNewKeyServerAddress(address keyServer) external view returns (string memory endpoint) {
    return _endpointOf(_registry.currentEpoch(), keyServer);
  }

  /// @inheritdoc IParityKeyServerSet
  function getMigrationId() external view returns (bytes32 id) {
    if (_migrationId == 0) revert ParityKeyServerSetNoMigration(0);
    return _migrationId;
  }

  /// @inheritdoc IParityKeyServerSet
  function isMigrationHopeless() external view returns (bool hopeless) {
    return migrationEpoch != 0 && _isHopeless(_registry.currentEpoch());
  }

  /// @inheritdoc IParityKeyServerSet
  function isMigrationConfirmed(address keyServer) external view returns (bool confirmed) {
    uint8 slot = _slotIn(migrationEpoch, keyServer);
    return slot != 0 && _confirmed.has(slot);
  }

  function _endMigration() private {
    migrationEpoch = 0;
    _startedAt = 0;
    getMigrationMaster = address(0);
    _migrationId = 0;
    _migrationSlots = 0;
    _confirmed = 0;
  }

  /// A newer epoch is open, or who was a member when the migration was started is none any more: it cannot be the set.
  function _isHopeless(uint32 newest) private view returns (bool) {
    return newest != migrationEpoch || _slotsOf(migrationEpoch) != _migrationSlots;
  }

  function _requireMigration(bytes32 id) private view {
    if (migrationEpoch == 0 || _migrationId != id) revert ParityKeyServerSetNoMigration(id);
  }

  /// The caller acts for a slot of one of these epochs.
  function _requireMember(uint32 epoch, uint32 newest) private view {
    if (_slotIn(epoch, msg.sender) == 0 && _slotIn(newest, msg.sender) == 0) revert ParityKeyServerSetStranger(msg.sender);
  }

  /// The slot for which an account acts in an epoch; 0 where it is none, or absent.
  function _slotIn(uint32 epoch, address account) private view returns (uint8 slot) {
    if (epoch == 0) return 0;
    slot = _registry.slotIn(epoch, account);
    if (slot != 0 && _registry.absentIn(epoch, Slots.only(slot)) != 0) return 0;
  }

  function _membersOf(uint32 epoch) private view returns (uint256) {
    return epoch == 0 ? 0 : _registry.membersOf(epoch);
  }

  /// Members that are not absent, as a bitmap.
  function _slotsOf(uint32 epoch) private view returns (uint256 slots) {
    uint256 members = _membersOf(epoch);
    return members == 0 ? 0 : members & ~_registry.absentIn(epoch, members);
  }

  /// By ascending slot.
  function _accountsOf(uint32 epoch) private view returns (address[] memory accounts) {
    uint256 slots = _slotsOf(epoch);
    accounts = new address[](slots.count());
    uint256 next = 0;
    for (uint256 slot = 1; next < accounts.length; ++slot)
      if (slots.has(uint8(slot))) accounts[next++] = _registry.operatorIn(epoch, uint8(slot)); // a set bit is below 256
  }

  function _publicOf(uint32 epoch, address account) private view returns (bytes memory) {
    uint8 slot = _slotIn(epoch, account);
    if (slot == 0) revert ParityKeyServerSetStranger(account);
    IKeeperRegistry.Member memory member = _registry.memberOf(epoch, slot);
    return abi.encode(member.identityKey.x, member.identityKey.y);
  }

  function _endpointOf(uint32 epoch, address account) private view returns (string memory) {
    uint8 slot = _slotIn(epoch, account);
    if (slot == 0) revert ParityKeyServerSetStranger(account);
    return _registry.keeperAt(slot).endpoint;
  }

  function _isIn(address[] memory accounts, address account) private pure returns (bool) {
    for (uint256 i = 0; i < accounts.length; ++i) if (accounts[i] == account) return true;
    return false;
  }
}
