// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPoints} from "../interfaces/IPoints.sol";
import {Point} from "../types/Point.sol";

/// Arithmetic on secp256k1 with what the chain gives away cheaply: addresses of points by `ecrecover`, and hints that are checked.
/// Nothing here is secret, and nothing here reverts because of a point: PROTOCOL sections 1.3 and 1.4.
library Secp256k1 {
  /// The field's prime p.
  uint256 internal constant FIELD_PRIME = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;
  /// The curve's order n.
  uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
  /// The generator G.
  uint256 internal constant G_X = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798;
  uint256 internal constant G_Y = 0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8;

  /// Whether a point is valid: 0 < x < n, y < p, on the curve. (0, 0) stands for infinity and is not valid.
  function isValid(uint256 x, uint256 y) internal pure returns (bool valid) {
    assembly ("memory-safe") {
      let p := FIELD_PRIME
      let onCurve := eq(mulmod(y, y, p), addmod(mulmod(x, mulmod(x, x, p), p), 7, p))
      valid := and(and(onCurve, lt(y, p)), and(gt(x, 0), lt(x, ORDER)))
    }
  }

  /// Reverts `InvalidPoint` unless the point is valid.
  function requireValid(Point calldata point) internal pure {
    if (!isValid(point.x, point.y)) revert IPoints.InvalidPoint(point.x, point.y);
  }

  /// Whether 0 < scalar < n, as challenges and responses must be.
  function isChallenge(uint256 scalar) internal pure returns (bool) {
    return scalar != 0 && scalar < ORDER;
  }

  /// The Ethereum address of a point; zero for infinity, written (0, 0).
  function addressOf(Point memory point) internal pure returns (address) {
    return addressOf(point.x, point.y);
  }

  /// `addressOf` by coordinates.
  function addressOf(uint256 x, uint256 y) internal pure returns (address result) {
    if (x == 0 && y == 0) return address(0);
    assembly ("memory-safe") {
      mstore(0x00, x)
      mstore(0x20, y)
      // An address is the low 160 bits of the hash.
      result := shr(96, shl(96, keccak256(0x00, 0x40)))
    }
  }

  /// The address of aG + bP, zero for infinity, by one `ecrecover`.
  /// @dev P must be on the curve or infinite, written (0, 0), and b must not be 0 mod n. The answer is zero for an infinite P, for one with
  /// x >= n and for b = 0 mod n, also where aG + bP is finite.
  ///
  /// ecrecover(z, v, r, s) is the address of r^-1 (sR - zG), where R has x = r and the parity that v says. Here r = P.x, so R = P, and
  /// s = bP.x, z = -aP.x.
  function linear(uint256 a, uint256 x, uint256 y, uint256 b) internal view returns (address result) {
    assembly ("memory-safe") {
      let n := ORDER
      let input := mload(0x40)
      // The outer mod maps n - 0 to 0.
      mstore(input, mod(sub(n, mulmod(a, x, n)), n))
      mstore(add(input, 0x20), add(27, and(y, 1)))
      mstore(add(input, 0x40), x)
      mstore(add(input, 0x60), mulmod(b, x, n))
      // The precompile returns nothing at all for infinity: what is in the scratch space stays.
      mstore(0x00, 0)
      // Only too little gas makes the call fail.
      if iszero(staticcall(gas(), 0x01, input, 0x80, 0x00, 0x20)) {
        revert(0, 0)
      }
      result := mload(0x00)
    }
  }

  /// Whether W = kP, for a valid P and 0 < k < n. True only for the affine coordinates of a finite point.
  function isMultiple(Point calldata point, uint256 k, Point calldata witness) internal view returns (bool) {
    address expected = linear(0, point.x, point.y, k);
    return expected != address(0) && expected == addressOf(witness.x, witness.y);
  }

  /// P + Q for points whose x differ. `added` is false when they do not, or when `inverse` is not (Q.x - P.x)^-1 mod p.
  /// @dev Coordinates must be below p, as those of witnesses are whose address was compared (`isMultiple`).
  function addWithHint(
    uint256 px,
    uint256 py,
    uint256 qx,
    uint256 qy,
    uint256 inverse
  ) internal pure returns (bool added, uint256 x, uint256 y) {
    assembly ("memory-safe") {
      let p := FIELD_PRIME
      added := eq(mulmod(addmod(qx, sub(p, px), p), inverse, p), 1)
      let slope := mulmod(addmod(qy, sub(p, py), p), inverse, p)
      x := addmod(mulmod(slope, slope, p), sub(p, addmod(px, qx, p)), p)
      y := addmod(mulmod(slope, addmod(px, sub(p, x), p), p), sub(p, py), p)
    }
  }

  /// The address of P - Q for points whose x differ; zero when they do not, or when `inverse` is not (Q.x - P.x)^-1 mod p.
  function addressOfDifference(uint256 px, uint256 py, Point calldata q, uint256 inverse) internal pure returns (address) {
    uint256 minusY;
    unchecked {
      // Coordinates are below the prime: see addWithHint. Were they not, the sum would be wrong, but nothing reverts.
      minusY = FIELD_PRIME - q.y;
    }
    (bool added, uint256 x, uint256 y) = addWithHint(px, py, q.x, minusY, inverse);
    return added ? addressOf(x, y) : address(0);
  }
}
