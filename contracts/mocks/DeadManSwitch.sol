// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermissions} from "../interfaces/IPermissions.sol";

/// Opens its documents to an heir when their owner has not been heard of for a while. The example of docs/PERMISSIONS.md.
contract DeadManSwitch is IPermissions {
  address private immutable _owner = msg.sender;
  address private immutable _heir;
  uint256 private immutable _silence;
  uint256 private _lastSeen = block.timestamp;

  error DeadManSwitchNotOwner(address caller);

  constructor(address heir, uint256 silence) {
    _heir = heir;
    _silence = silence;
  }

  /// The owner is alive: the heir waits again.
  function alive() external {
    if (msg.sender != _owner) revert DeadManSwitchNotOwner(msg.sender);
    _lastSeen = block.timestamp;
  }

  function checkPermissions(address user, bytes32) external view returns (bool permitted) {
    if (user == address(0)) return false;
    return user == _owner || (user == _heir && block.timestamp >= _lastSeen + _silence);
  }
}
