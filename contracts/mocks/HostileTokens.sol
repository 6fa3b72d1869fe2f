// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Returns 256 KiB to every question, a big number first.
contract BombToken {
  fallback() external {
    assembly {
      mstore(0, not(0))
      return(0, 262144)
    }
  }
}

/// Says that everybody holds a lot, after burning a given amount of gas.
contract HungryToken {
  uint256 private immutable _appetite;

  constructor(uint256 appetite) {
    _appetite = appetite;
  }

  function balanceOf(address) external view returns (uint256) {
    uint256 start = gasleft();
    while (start - gasleft() < _appetite) {}
    return type(uint256).max;
  }
}

/// Writes when it is asked, then says that everybody holds a lot.
contract WritingToken {
  uint256 private _questions;

  function balanceOf(address) external returns (uint256) {
    ++_questions;
    return type(uint256).max;
  }
}
