// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Point} from "../types/Point.sol";

/// A point as (x/z^2, y/z^3), so that sums need no inversion; z = 0 is infinity. In memory and changed in place.
struct JacobianPoint {
  uint256 x;
  uint256 y;
  uint256 z;
}

/// Complete sums of points of secp256k1: equal, opposite and infinite points are cases, never reverts. PROTOCOL section 1.4.
/// Formulas: hyperelliptic.org/EFD, short Weierstrass in Jacobian coordinates, "add-1998-cmo-2", and "dbl-1998-cmo" with a = 0.
/// @dev Points must be on the curve. No point of secp256k1 has y = 0, because the order of the group is odd.
library Jacobian {
  /// The field's prime, once more: assembly takes no constant of another library.
  uint256 private constant _P = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;

  /// P := 2P. Infinity stays infinity.
  function double(JacobianPoint memory point) internal pure {
    assembly ("memory-safe") {
      let p := _P
      let x := mload(point)
      let y := mload(add(point, 0x20))
      let yy := mulmod(y, y, p)
      let s := mulmod(4, mulmod(x, yy, p), p)
      let m := mulmod(3, mulmod(x, x, p), p)
      let x3 := addmod(mulmod(m, m, p), sub(p, addmod(s, s, p)), p)
      mstore(point, x3)
      mstore(add(point, 0x20), addmod(mulmod(m, addmod(s, sub(p, x3), p), p), sub(p, mulmod(8, mulmod(yy, yy, p), p)), p))
      mstore(add(point, 0x40), mulmod(2, mulmod(y, mload(add(point, 0x40)), p), p))
    }
  }

  /// P := P + Q for an affine, finite Q.
  function addAffine(JacobianPoint memory point, uint256 x, uint256 y) internal pure {
    if (point.z == 0) {
      (point.x, point.y, point.z) = (x, y, 1);
      return;
    }
    uint256 h;
    uint256 r;
    assembly ("memory-safe") {
      let p := _P
      let z := mload(add(point, 0x40))
      let zz := mulmod(z, z, p)
      h := addmod(mulmod(x, zz, p), sub(p, mload(point)), p)
      r := addmod(mulmod(y, mulmod(z, zz, p), p), sub(p, mload(add(point, 0x20))), p)
    }
    if (h == 0) return _addSameX(point, r);
    _addDistinct(point, point.x, point.y, point.z, h, r);
  }

  /// P := P + Q. Q is not changed; it may not be P itself.
  function add(JacobianPoint memory point, JacobianPoint memory other) internal pure {
    if (other.z == 0) return;
    if (point.z == 0) {
      (point.x, point.y, point.z) = (other.x, other.y, other.z);
      return;
    }
    uint256 u;
    uint256 s;
    uint256 z;
    uint256 h;
    uint256 r;
    assembly ("memory-safe") {
      let p := _P
      let zp := mload(add(point, 0x40))
      let zq := mload(add(other, 0x40))
      let zz := mulmod(zq, zq, p)
      u := mulmod(mload(point), zz, p)
      s := mulmod(mload(add(point, 0x20)), mulmod(zq, zz, p), p)
      zz := mulmod(zp, zp, p)
      h := addmod(mulmod(mload(other), zz, p), sub(p, u), p)
      r := addmod(mulmod(mload(add(other, 0x20)), mulmod(zp, zz, p), p), sub(p, s), p)
      z := mulmod(zp, zq, p)
    }
    if (h == 0) return _addSameX(point, r);
    _addDistinct(point, u, s, z, h, r);
  }

  /// The affine point; (0, 0) for infinity. One inversion by the modexp precompile.
  function toAffine(JacobianPoint memory point) internal view returns (Point memory affine) {
    if (point.z == 0) return affine;
    uint256 inverse = Math.invModPrime(point.z, _P);
    assembly ("memory-safe") {
      let p := _P
      let square := mulmod(inverse, inverse, p)
      mstore(affine, mulmod(mload(point), square, p))
      mstore(add(affine, 0x20), mulmod(mload(add(point, 0x20)), mulmod(square, inverse, p), p))
    }
  }

  /// The points have equal x: they are equal, or opposite and their sum is infinite.
  function _addSameX(JacobianPoint memory point, uint256 differenceOfY) private pure {
    if (differenceOfY == 0) double(point);
    else point.z = 0;
  }

  /// The rest of an addition: (u, s) are the first point's numerators over the common z; h and r the differences of x and y.
  function _addDistinct(JacobianPoint memory point, uint256 u, uint256 s, uint256 z, uint256 h, uint256 r) private pure {
    assembly ("memory-safe") {
      let p := _P
      let hh := mulmod(h, h, p)
      let hhh := mulmod(h, hh, p)
      let v := mulmod(u, hh, p)
      let x3 := addmod(addmod(mulmod(r, r, p), sub(p, hhh), p), sub(p, addmod(v, v, p)), p)
      mstore(point, x3)
      mstore(add(point, 0x20), addmod(mulmod(r, addmod(v, sub(p, x3), p), p), sub(p, mulmod(s, hhh, p)), p))
      mstore(add(point, 0x40), mulmod(z, h, p))
    }
  }
}
