// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Which functions of which contract an invariant run calls, as the test runner asks for it.
struct FuzzSelector {
  address addr;
  bytes4[] selectors;
}

/// A test that lets the runner call a handler's functions, and nothing else, in random order with random arguments.
abstract contract Targets {
  /// The handler, made by `setUp`.
  function _handler() internal view virtual returns (address);

  /// The handler's functions that are called.
  function _actions() internal view virtual returns (bytes4[] memory);

  function targetContracts() external view returns (address[] memory targets) {
    targets = new address[](1);
    targets[0] = _handler();
  }

  function targetSelectors() external view returns (FuzzSelector[] memory targets) {
    targets = new FuzzSelector[](1);
    targets[0] = FuzzSelector({addr: _handler(), selectors: _actions()});
  }
}
