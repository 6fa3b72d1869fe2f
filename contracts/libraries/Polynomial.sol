// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Point} from "../types/Point.sol";
import {Jacobian, JacobianPoint} from "./Jacobian.sol";
import {Secp256k1} from "./Secp256k1.sol";

/// Polynomials in the exponent: commitments C_0 .. C_t to the coefficients of f. PROTOCOL section 3.4.
library Polynomial {
  using Jacobian for JacobianPoint;

  /// sum j^k C_k, by Horner's rule; (0, 0) when it is infinite. Complete: no point makes it revert.
  /// @param commitments all on the curve
  /// @param j a slot
  function evaluate(Point[] calldata commitments, uint8 j) internal view returns (Point memory) {
    uint256 top = 0x80;
    while (top != 0 && j & top == 0) top >>= 1;
    JacobianPoint memory sum;
    for (uint256 k = commitments.length; k > 0; --k) {
      _multiply(sum, j, top);
      sum.addAffine(commitments[k - 1].x, commitments[k - 1].y);
    }
    return sum.toAffine();
  }

  /// Whether `share`, which is below n, is f(j): share G = sum j^k C_k. A share of 0 is right iff the sum is infinite.
  function isShare(Point[] calldata commitments, uint8 j, uint256 share) internal view returns (bool) {
    address expected = Secp256k1.addressOf(evaluate(commitments, j));
    return Secp256k1.linear(0, Secp256k1.G_X, Secp256k1.G_Y, share) == expected;
  }

  /// P := jP by doubling and adding. Variable time is safe: both are public.
  /// @param top the highest bit of j alone; 0 where j is 0
  function _multiply(JacobianPoint memory point, uint8 j, uint256 top) private pure {
    if (point.z == 0) return; // infinity
    if (top == 0) {
      point.z = 0;
      return;
    }
    JacobianPoint memory base = JacobianPoint(point.x, point.y, point.z);
    for (uint256 bit = top >> 1; bit != 0; bit >>= 1) {
      point.double();
      if (j & bit != 0) point.add(base);
    }
  }
}
