// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What these tests use of the test runner, which answers at a fixed address: Hardhat's Solidity tests, after Foundry's cheatcodes.
interface Vm {
  /// Signs a digest with low s.
  function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);

  /// Sets the time of the block.
  function warp(uint256 timestamp) external;

  /// Sets the number of the block.
  function roll(uint256 number) external;

  /// Makes the next call come from `sender`.
  function prank(address sender) external;

  /// The creation code of a compiled contract, by its name.
  function getCode(string calldata artifact) external view returns (bytes memory creationCode);

  /// Sets an account's balance.
  function deal(address account, uint256 balance) external;
}

Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
