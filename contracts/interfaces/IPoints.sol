// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Points that callers give.
interface IPoints {
  /// (`x`, `y`) is not a usable point of secp256k1 (off the curve, infinite, or x >= n); give another key.
  /// @param x its x-coordinate
  /// @param y its y-coordinate
  error InvalidPoint(uint256 x, uint256 y);
}
