// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Jacobian, JacobianPoint} from "../../contracts/libraries/Jacobian.sol";
import {Secp256k1} from "../../contracts/libraries/Secp256k1.sol";
import {Point} from "../../contracts/types/Point.sol";

/// Multiples of G, so that these tests can make real proofs on chain. The table holds d * 16^w * G for w = 0..63 and d = 1..15 as the code
/// of three contracts: a multiple is then 64 additions.
contract Curve {
  uint256 private constant _POINTS = 15 * 64;
  uint256 private constant _BYTES_EACH = (_POINTS / 3) * 64;

  address[3] private _tables;

  constructor() {
    bytes memory table = new bytes(_POINTS * 64);
    JacobianPoint memory base = JacobianPoint(Secp256k1.G_X, Secp256k1.G_Y, 1);
    for (uint256 w = 0; w < 64; ++w) {
      Point memory unit = Jacobian.toAffine(base);
      JacobianPoint memory multiple = JacobianPoint(unit.x, unit.y, 1);
      for (uint256 d = 0; d < 15; ++d) {
        Point memory entry = Jacobian.toAffine(multiple);
        uint256 offset = 32 + (w * 15 + d) * 64;
        assembly ("memory-safe") {
          mstore(add(table, offset), mload(entry))
          mstore(add(table, add(offset, 32)), mload(add(entry, 32)))
        }
        Jacobian.addAffine(multiple, unit.x, unit.y);
      }
      base = multiple; // 16 times the unit
    }
    for (uint256 i = 0; i < 3; ++i) _tables[i] = _asCode(table, i * _BYTES_EACH);
  }

  /// scalar * G for each; (0, 0) for 0. Scalars may be n or more.
  function multiples(uint256[] memory scalars) external view returns (Point[] memory points) {
    bytes memory table = new bytes(_POINTS * 64);
    for (uint256 i = 0; i < 3; ++i) {
      (address source, uint256 size) = (_tables[i], _BYTES_EACH);
      assembly ("memory-safe") {
        extcodecopy(source, add(add(table, 32), mul(i, size)), 1, size)
      }
    }
    points = new Point[](scalars.length);
    for (uint256 i = 0; i < scalars.length; ++i) points[i] = _multiple(table, scalars[i] % Secp256k1.ORDER);
  }

  /// The sum of two finite points.
  function sum(Point memory p, Point memory q) external view returns (Point memory) {
    JacobianPoint memory total = JacobianPoint(p.x, p.y, 1);
    Jacobian.addAffine(total, q.x, q.y);
    return Jacobian.toAffine(total);
  }

  /// scalar * P for any finite P: slow.
  function multiply(Point memory p, uint256 scalar) external view returns (Point memory) {
    JacobianPoint memory total;
    for (uint256 bit = 256; bit > 0; --bit) {
      Jacobian.double(total);
      if ((scalar >> (bit - 1)) & 1 == 1) Jacobian.addAffine(total, p.x, p.y);
    }
    return Jacobian.toAffine(total);
  }

  /// (q.x - p.x)^-1 mod p; 0 when there is none.
  function inverseOfDifference(Point memory p, Point memory q) external view returns (uint256 result) {
    uint256 prime = Secp256k1.FIELD_PRIME;
    uint256 difference = addmod(q.x, prime - (p.x % prime), prime);
    (bool isDone, bytes memory answer) = address(5).staticcall(
      abi.encode(uint256(32), uint256(32), uint256(32), difference, prime - 2, prime)
    );
    require(isDone, "modexp");
    return abi.decode(answer, (uint256));
  }

  function _multiple(bytes memory table, uint256 scalar) private view returns (Point memory) {
    JacobianPoint memory total;
    for (uint256 w = 0; scalar != 0; ++w) {
      uint256 digit = scalar & 15;
      scalar >>= 4;
      if (digit == 0) continue;
      uint256 offset = 32 + (w * 15 + digit - 1) * 64;
      (uint256 x, uint256 y) = (0, 0);
      assembly ("memory-safe") {
        x := mload(add(table, offset))
        y := mload(add(table, add(offset, 32)))
      }
      Jacobian.addAffine(total, x, y);
    }
    return Jacobian.toAffine(total);
  }

  /// A contract whose code is one byte (STOP) and a third of the table.
  function _asCode(bytes memory table, uint256 from) private returns (address made) {
    bytes memory part = new bytes(_BYTES_EACH);
    for (uint256 i = 0; i < _BYTES_EACH; i += 32)
      assembly ("memory-safe") {
        mstore(add(add(part, 32), i), mload(add(add(table, 32), add(from, i))))
      }
    // PUSH2 size, DUP1, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 0, RETURN, STOP
    bytes memory creation = bytes.concat(hex"61", bytes2(uint16(_BYTES_EACH + 1)), hex"80600c6000396000f3", hex"00", part);
    assembly ("memory-safe") {
      made := create(0, add(creation, 32), mload(creation))
    }
    require(made != address(0), "table");
  }
}
