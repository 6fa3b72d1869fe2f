// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";

/// Where a keeper that lost its share of a key says so, in public: t+1 others of its epoch then help it to compute the share anew, off chain,
/// and nobody else learns it. Being on chain makes every repair visible, and a repair needs the operator's account as well as the identity key.
/// PROTOCOL section 3.10.
interface IShareRepairs {
  /// A keeper asks for its share. `number` counts repairs; `key` encrypts what the others send.
  /// @custom:duty read when a keeper is asked, by packages/keeper/src/repairing/announcement.ts
  event RepairRequested(
    bytes32 indexed repairId,
    KeyId indexed keyId,
    uint8 indexed slot,
    uint32 epoch,
    uint64 number,
    address operator,
    Point key
  );

  /// The key is not active in that epoch: only shares that are in use can be repaired.
  error ShareRepairsNotActive(KeyId keyId, uint32 epoch);
  /// The caller is no operator of a member of that epoch, or was revoked as stolen.
  error ShareRepairsNotMember(uint32 epoch, address caller);
  /// The keeper was removed.
  error ShareRepairsRemovedKeeper(uint8 slot);
  /// The keeper's identity key of that epoch was revoked as stolen, so nobody would answer what it signs.
  error ShareRepairsRevokedIdentity(uint8 slot);
  /// The key is off the curve, infinite, or has x >= n.
  error ShareRepairsInvalidPoint(uint256 x, uint256 y);

  /// Asks the other members for the caller's share. Operators of the epoch's members only.
  /// @param key fresh; its secret opens what the others send
  /// @return repairId keccak(REPAIR, chainId, this, number, keyId, epoch, slot, key.x, key.y)
  function requestRepair(KeyId keyId, uint32 epoch, Point calldata key) external returns (bytes32 repairId);

  /// How many repairs were asked for.
  function repairCount() external view returns (uint64);
}
