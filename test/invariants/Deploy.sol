// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";

/// Deploys a contract of `contracts` by its name, with its constructor's encoded arguments. The code is that of the artifact, as it is deployed
/// for use: what compiles these tests does not compile it again.
function deploy(string memory name, bytes memory arguments) returns (address made) {
  bytes memory code = bytes.concat(vm.getCode(name), arguments);
  assembly ("memory-safe") {
    made := create(0, add(code, 0x20), mload(code))
    if iszero(made) {
      returndatacopy(0, 0, returndatasize())
      revert(0, returndatasize())
    }
  }
}
