// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Domains} from "../../contracts/libraries/Domains.sol";
import {Secp256k1} from "../../contracts/libraries/Secp256k1.sol";
import {Tdh2} from "../../contracts/libraries/Tdh2.sol";
import {Point} from "../../contracts/types/Point.sol";
import {SchnorrProof, Tdh2Ciphertext, Tdh2Hints, VesAnswer, VesHints} from "../../contracts/types/Proofs.sol";
import {Curve} from "./Curve.sol";

/// What an answer is made from: the scalars s, u, x of the points S, U, X, and the context.
struct VesStatement {
  uint256 s;
  uint256 u;
  uint256 x;
  bytes32 context;
}

/// An answer with its hints, and the scalar v of V = vG.
struct VesProof {
  VesAnswer share;
  VesHints hints;
  uint256 v;
}

/// Makes the proofs of PROTOCOL sections 2.1, 4.2 and 5.2, of points whose logarithms the test knows. The formulas are written here again:
/// that the contracts take these proofs is a test of both.
library Prover {
  uint256 private constant _N = Secp256k1.ORDER;

  function scalar(bytes32 seed, string memory name) internal pure returns (uint256) {
    return 1 + (uint256(keccak256(abi.encode(seed, name))) % (_N - 1));
  }

  function multiple(Curve curve, uint256 k) internal view returns (Point memory) {
    uint256[] memory scalars = new uint256[](1);
    scalars[0] = k;
    return curve.multiples(scalars)[0];
  }

  function possession(Curve curve, uint256 secret, bytes32 message, bytes32 seed) internal view returns (SchnorrProof memory proof) {
    uint256 nonce = scalar(seed, "possession");
    Point memory key = multiple(curve, secret);
    proof.c = uint256(keccak256(abi.encode(Domains.POSSESSION, message, key.x, key.y, _addressOf(nonce)))) % _N;
    proof.z = addmod(nonce, mulmod(proof.c, secret, _N), _N);
  }

  /// A header's proof for a label: U = rG.
  function seal(
    Curve curve,
    Point memory publicKey,
    bytes32 label,
    uint256 r,
    bytes32 seed
  ) internal view returns (Tdh2Ciphertext memory made, Tdh2Hints memory hints) {
    Point memory second = Point(Tdh2.SECOND_BASE_X, Tdh2.SECOND_BASE_Y);
    uint256 s = scalar(seed, "tdh2");
    made.u = multiple(curve, r);
    made.uBar = curve.multiply(second, r);
    address wBar = Secp256k1.addressOf(curve.multiply(second, s));
    made.e = uint256(keccak256(abi.encode(Domains.TDH2, publicKey, label, made.u, made.uBar, _addressOf(s), wBar))) % _N;
    made.f = addmod(s, mulmod(r, made.e, _N), _N);
    hints.fGBar = curve.multiply(second, made.f);
    hints.eUBar = curve.multiply(made.uBar, made.e);
    hints.inverse = curve.inverseOfDifference(hints.fGBar, hints.eUBar);
  }

  /// A right answer.
  function answer(Curve curve, VesStatement memory of_, bytes32 seed) internal view returns (VesProof memory proof) {
    uint256[3] memory nonces = [scalar(seed, "k"), scalar(seed, "a"), scalar(seed, "b")];
    proof.v = addmod(mulmod(of_.s, of_.u, _N), mulmod(nonces[0], of_.x, _N), _N);
    uint256[] memory scalars = new uint256[](5);
    (scalars[0], scalars[1], scalars[2], scalars[3], scalars[4]) = (of_.s, of_.u, of_.x, nonces[0], proof.v);
    Point[] memory points = curve.multiples(scalars);
    (proof.share.k, proof.share.v) = (points[3], points[4]);
    proof.share.c = _challenge(of_, points, nonces[1], nonces[2]);
    proof.share.zs = addmod(nonces[1], mulmod(proof.share.c, of_.s, _N), _N);
    proof.share.zk = addmod(nonces[2], mulmod(proof.share.c, nonces[0], _N), _N);
    proof.hints = witnesses(curve, of_, proof.share, proof.v);
  }

  /// zsU, zkX, cV and the inverses that add them, for an answer as it was posted, right or wrong.
  function witnesses(
    Curve curve,
    VesStatement memory of_,
    VesAnswer memory share,
    uint256 v
  ) internal view returns (VesHints memory hints) {
    uint256[] memory scalars = new uint256[](3);
    scalars[0] = mulmod(share.zs, of_.u, _N);
    scalars[1] = mulmod(share.zk, of_.x, _N);
    scalars[2] = mulmod(share.c, v, _N);
    Point[] memory points = curve.multiples(scalars);
    (hints.zsU, hints.zkX, hints.cV) = (points[0], points[1], points[2]);
    hints.inverse1 = curve.inverseOfDifference(points[0], points[1]);
    hints.inverse2 = curve.inverseOfDifference(curve.sum(points[0], points[1]), points[2]);
  }

  /// `points` are S, U, X, K, V.
  function _challenge(VesStatement memory of_, Point[] memory points, uint256 a, uint256 b) private view returns (uint256) {
    uint256 third = addmod(mulmod(a, of_.u, _N), mulmod(b, of_.x, _N), _N);
    bytes memory statement = abi.encode(Domains.VES, of_.context, points[0], points[1], points[2], points[3], points[4]);
    return uint256(keccak256(bytes.concat(statement, abi.encode(_addressOf(a), _addressOf(b), _addressOf(third))))) % _N;
  }

  /// The address of kG.
  function _addressOf(uint256 k) private view returns (address) {
    return Secp256k1.linear(0, Secp256k1.G_X, Secp256k1.G_Y, k);
  }
}
