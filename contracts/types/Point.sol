// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A finite point of secp256k1 in affine coordinates. Public. Whoever takes one from a caller checks it: PROTOCOL section 1.3.
struct Point {
  uint256 x;
  uint256 y;
}
