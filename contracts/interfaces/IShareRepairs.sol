// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {IPoints} from "./IPoints.sol";

/// Where a keeper that lost its share of a key says so, in public: t+1 others of its epoch then help it to compute the share again, off chain,
/// and nobody else learns it. Being on chain makes every repair visible, and a repair needs the operator's account as well as the identity key.
/// PROTOCOL section 3.10.
/// @dev Warning: a request proves only who asks; whether the share was repaired is not seen on chain. It trusts forever the KeeperRegistry and
/// KeyGeneration that it was deployed with.
interface IShareRepairs is IPoints {
  /// A keeper asks for its share. `number` counts repairs; `key` encrypts what the others send.
  /// @custom:duty read when a keeper is asked, by packages/keeper/src/repairing/announcement.ts
  /// @param repairId names the repair
  /// @param keyId the key
  /// @param slot the keeper's slot
  /// @param epoch the epoch
  /// @param number counts these, from 1
  /// @param operator the operator's account
  /// @param key what the others encrypt to
  event RepairRequested(
    bytes32 indexed repairId,
    KeyId indexed keyId,
    uint8 indexed slot,
    uint32 epoch,
    uint64 number,
    address operator,
    Point key
  );

  /// Key `keyId` is not active in epoch `epoch`; only shares that are in use can be repaired.
  /// @param keyId the key
  /// @param epoch the epoch
  error ShareRepairsNotActive(KeyId keyId, uint32 epoch);

  /// `caller` operates no member of epoch `epoch`, or was revoked as stolen; send this from the account that the epoch has.
  /// @param epoch the epoch
  /// @param caller the account that called
  error ShareRepairsNotMember(uint32 epoch, address caller);

  /// The keeper at slot `slot` was removed; it gets no more shares.
  /// @param slot the keeper's slot
  error ShareRepairsRemovedKeeper(uint8 slot);

  /// The identity key of slot `slot` in that epoch was revoked as stolen; this keeper gets a share in the next epoch.
  /// @param slot the keeper's slot
  error ShareRepairsRevokedIdentity(uint8 slot);

  /// Asks the other members for the caller's share. Operators of the epoch's members only.
  /// @param key fresh; its secret opens what the others send
  /// @return repairId keccak(REPAIR, chainId, this, number, keyId, epoch, slot, key.x, key.y)
  function requestRepair(KeyId keyId, uint32 epoch, Point calldata key) external returns (bytes32 repairId);

  /// @return how many repairs were asked for.
  function repairCount() external view returns (uint64);
}
