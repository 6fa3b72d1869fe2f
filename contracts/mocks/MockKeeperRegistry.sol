// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Stands in for KeeperRegistry where a test needs to say who is removed, and no keepers: says what the test told it.
contract MockKeeperRegistry {
  uint256 public removedKeepers;

  function setRemovedKeepers(uint256 removed) external {
    removedKeepers = removed;
  }
}
