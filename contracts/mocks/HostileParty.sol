// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A party to a contract that is a contract: does what it is told, and when coin arrives, one more thing.
contract HostileParty {
  address private _target;
  bytes private _data;
  /// What the second call came to.
  bool public didReenter;
  bytes public reason;

  /// Refuses coin while `target` is its own address.
  function onCoin(address target, bytes calldata data) external {
    _target = target;
    _data = data;
  }

  /// Calls as this contract; reverts with what the call reverts with.
  function act(address target, bytes calldata data) external payable {
    (bool isDone, bytes memory answer) = target.call{value: msg.value}(data);
    if (isDone) return;
    assembly ("memory-safe") {
      revert(add(answer, 32), mload(answer))
    }
  }

  receive() external payable {
    if (_target == address(0)) return;
    // solhint-disable-next-line gas-custom-errors
    require(_target != address(this), "I take nothing");
    (didReenter, reason) = _target.call(_data);
  }
}
