// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Stands in for KeeperRegistry where a test needs to say who is absent, and no keepers: says what the test told it.
contract MockKeeperRegistry {
  uint256 private _absent;

  function setAbsent(uint256 absent) external {
    _absent = absent;
  }

  function absentIn(uint32, uint256 slots) external view returns (uint256) {
    return _absent & slots;
  }

  function operatorIn(uint32, uint8 slot) external pure returns (address) {
    return address(uint160(slot));
  }
}
