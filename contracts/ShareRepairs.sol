// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeeperRegistry} from "./interfaces/IKeeperRegistry.sol";
import {IKeyGeneration} from "./interfaces/IKeyGeneration.sol";
import {IShareRepairs} from "./interfaces/IShareRepairs.sol";
import {Domains} from "./libraries/Domains.sol";
import {Secp256k1} from "./libraries/Secp256k1.sol";
import {Slots} from "./libraries/Slots.sol";
import {KeyId} from "./types/Ids.sol";
import {Point} from "./types/Point.sol";

/// Where lost shares are announced. The manual is IShareRepairs.
contract ShareRepairs is IShareRepairs {
  /// @inheritdoc IShareRepairs
  uint64 public override repairCount;

  IKeeperRegistry private immutable _registry;
  IKeyGeneration private immutable _keyGeneration;

  constructor(IKeeperRegistry registry, IKeyGeneration keyGeneration) {
    _registry = registry;
    _keyGeneration = keyGeneration;
  }

  /// @inheritdoc IShareRepairs
  function requestRepair(KeyId keyId, uint32 epoch, Point calldata key) external returns (bytes32 repairId) {
    bool isActive = epoch != 0 && _keyGeneration.keyOf(keyId).activeEpoch == epoch;
    if (!isActive) revert ShareRepairsNotActive(keyId, epoch);
    uint8 slot = _registry.slotIn(epoch, msg.sender);
    if (slot == 0) revert ShareRepairsNotMember(epoch, msg.sender);
    if (Slots.has(_registry.removedKeepers(), slot)) revert ShareRepairsRemovedKeeper(slot);
    uint64 revokedAt = _registry.identityRevokedAt(_registry.memberOf(epoch, slot).identityKey);
    if (revokedAt != 0) revert ShareRepairsRevokedIdentity(slot);
    Secp256k1.requireValid(key);

    uint64 number = ++repairCount;
    repairId = keccak256(abi.encode(Domains.REPAIR, block.chainid, address(this), number, keyId, epoch, slot, key.x, key.y));
    emit RepairRequested(repairId, keyId, slot, epoch, number, msg.sender, key);
  }
}
