// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParityKeyServers} from "../interfaces/IParityKeyServerSet.sol";

/// A set of key servers that is what a test says.
contract MockKeyServers is IParityKeyServers {
  error Stranger();

  uint256 public override getCurrentLastChange;
  address[] private _keyServers;

  function set(address[] calldata keyServers) external {
    _keyServers = keyServers;
    ++getCurrentLastChange;
  }

  function getCurrentKeyServerIndex(address keyServer) external view returns (uint8) {
    for (uint256 i = 0; i < _keyServers.length; ++i) if (_keyServers[i] == keyServer) return uint8(i);
    revert Stranger();
  }

  function getCurrentKeyServersCount() external view returns (uint8) {
    return uint8(_keyServers.length);
  }

  function getCurrentKeyServers() external view returns (address[] memory) {
    return _keyServers;
  }
}
