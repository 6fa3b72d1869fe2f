// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dleq} from "../libraries/Dleq.sol";
import {Domains} from "../libraries/Domains.sol";
import {Jacobian, JacobianPoint} from "../libraries/Jacobian.sol";
import {Polynomial} from "../libraries/Polynomial.sol";
import {Possession} from "../libraries/Possession.sol";
import {Secp256k1} from "../libraries/Secp256k1.sol";
import {Slots} from "../libraries/Slots.sol";
import {Tdh2} from "../libraries/Tdh2.sol";
import {VerifyingTree} from "../libraries/VerifyingTree.sol";
import {Ves} from "../libraries/Ves.sol";
import {KeyId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {DleqHints, DleqProof, SchnorrProof, Tdh2Ciphertext, Tdh2Hints, VesAnswer, VesHints} from "../types/Proofs.sol";

/// Opens the libraries to tests: many cases per call, so that random tests are fast. Never deployed outside tests.
contract LibraryHarness {
  using Jacobian for JacobianPoint;

  struct LinearCase {
    uint256 a;
    Point point;
    uint256 b;
  }

  struct HintCase {
    Point p;
    Point q;
    uint256 inverse;
  }

  /// P and Q as (x z^2, y z^3, z) for any z; z = 0 is infinity.
  struct SumCase {
    Point p;
    uint256 zp;
    Point q;
    uint256 zq;
  }

  struct PolynomialCase {
    Point[] commitments;
    uint8 slot;
    uint256 share;
  }

  struct SchnorrCase {
    Point publicKey;
    bytes32 message;
    SchnorrProof proof;
  }

  struct DleqCase {
    Point s;
    Point u;
    Point d;
    bytes32 context;
    DleqProof proof;
    DleqHints hints;
  }

  struct Tdh2Case {
    Point publicKey;
    bytes32 label;
    Tdh2Ciphertext ciphertext;
    Tdh2Hints hints;
  }

  struct VesCase {
    Point s;
    Point u;
    Point x;
    bytes32 context;
    VesAnswer answer;
    VesHints hints;
  }

  struct PathCase {
    bytes32 root;
    bytes32 leaf;
    uint256 index;
    uint256 count;
    bytes32[] path;
  }

  function isValid(Point[] calldata points) external pure returns (bool[] memory results) {
    results = new bool[](points.length);
    for (uint256 i = 0; i < points.length; ++i) results[i] = Secp256k1.isValid(points[i].x, points[i].y);
  }

  function addressOf(Point[] calldata points) external pure returns (address[] memory results) {
    results = new address[](points.length);
    for (uint256 i = 0; i < points.length; ++i) results[i] = Secp256k1.addressOf(points[i]);
  }

  function linear(LinearCase[] calldata cases) external view returns (address[] memory results) {
    results = new address[](cases.length);
    for (uint256 i = 0; i < cases.length; ++i) results[i] = Secp256k1.linear(cases[i].a, cases[i].point.x, cases[i].point.y, cases[i].b);
  }

  function isMultiple(Point[] calldata points, uint256[] calldata k, Point[] calldata w) external view returns (bool[] memory results) {
    results = new bool[](points.length);
    for (uint256 i = 0; i < points.length; ++i) results[i] = Secp256k1.isMultiple(points[i], k[i], w[i]);
  }

  /// (0, 0) where the hint is refused.
  function addWithHint(HintCase[] calldata cases) external pure returns (Point[] memory results) {
    results = new Point[](cases.length);
    for (uint256 i = 0; i < cases.length; ++i) {
      HintCase calldata c = cases[i];
      (bool added, uint256 x, uint256 y) = Secp256k1.addWithHint(c.p.x, c.p.y, c.q.x, c.q.y, c.inverse);
      if (added) results[i] = Point(x, y);
    }
  }

  function addressOfDifference(HintCase[] calldata cases) external pure returns (address[] memory results) {
    results = new address[](cases.length);
    for (uint256 i = 0; i < cases.length; ++i) {
      results[i] = Secp256k1.addressOfDifference(cases[i].p.x, cases[i].p.y, cases[i].q, cases[i].inverse);
    }
  }

  function add(SumCase[] calldata cases) external view returns (Point[] memory results) {
    results = new Point[](cases.length);
    for (uint256 i = 0; i < cases.length; ++i) {
      JacobianPoint memory sum = _scaled(cases[i].p, cases[i].zp);
      sum.add(_scaled(cases[i].q, cases[i].zq));
      results[i] = sum.toAffine();
    }
  }

  function addAffine(SumCase[] calldata cases) external view returns (Point[] memory results) {
    results = new Point[](cases.length);
    for (uint256 i = 0; i < cases.length; ++i) {
      JacobianPoint memory sum = _scaled(cases[i].p, cases[i].zp);
      sum.addAffine(cases[i].q.x, cases[i].q.y);
      results[i] = sum.toAffine();
    }
  }

  function double(SumCase[] calldata cases) external view returns (Point[] memory results) {
    results = new Point[](cases.length);
    for (uint256 i = 0; i < cases.length; ++i) {
      JacobianPoint memory sum = _scaled(cases[i].p, cases[i].zp);
      sum.double();
      results[i] = sum.toAffine();
    }
  }

  function evaluate(PolynomialCase[] calldata cases) external view returns (Point[] memory results) {
    results = new Point[](cases.length);
    for (uint256 i = 0; i < cases.length; ++i) results[i] = Polynomial.evaluate(cases[i].commitments, cases[i].slot);
  }

  function isShare(PolynomialCase[] calldata cases) external view returns (bool[] memory results) {
    results = new bool[](cases.length);
    for (uint256 i = 0; i < cases.length; ++i) {
      results[i] = Polynomial.isShare(cases[i].commitments, cases[i].slot, cases[i].share);
    }
  }

  function schnorr(SchnorrCase[] calldata cases) external view returns (bool[] memory results) {
    results = new bool[](cases.length);
    for (uint256 i = 0; i < cases.length; ++i) results[i] = Possession.verify(cases[i].publicKey, cases[i].message, cases[i].proof);
  }

  function dleq(DleqCase[] calldata cases) external view returns (bool[] memory results) {
    results = new bool[](cases.length);
    for (uint256 i = 0; i < cases.length; ++i) {
      DleqCase calldata c = cases[i];
      results[i] = Dleq.verify(c.s, c.u, c.d, c.context, c.proof, c.hints);
    }
  }

  function tdh2(Tdh2Case[] calldata cases) external view returns (bool[] memory results) {
    results = new bool[](cases.length);
    for (uint256 i = 0; i < cases.length; ++i) {
      results[i] = Tdh2.verify(cases[i].publicKey, cases[i].label, cases[i].ciphertext, cases[i].hints);
    }
  }

  function ves(VesCase[] calldata cases) external view returns (bool[] memory results) {
    results = new bool[](cases.length);
    for (uint256 i = 0; i < cases.length; ++i) {
      VesCase calldata c = cases[i];
      results[i] = Ves.judge(c.s, c.u, c.x, c.context, c.answer, c.hints) == Ves.Verdict.Right;
    }
  }

  function vesFraud(VesCase[] calldata cases) external view returns (Ves.Verdict[] memory results) {
    results = new Ves.Verdict[](cases.length);
    for (uint256 i = 0; i < cases.length; ++i) {
      VesCase calldata c = cases[i];
      results[i] = Ves.judge(c.s, c.u, c.x, c.context, c.answer, c.hints);
    }
  }

  function path(PathCase[] calldata cases) external pure returns (bool[] memory results) {
    results = new bool[](cases.length);
    for (uint256 i = 0; i < cases.length; ++i) {
      PathCase calldata c = cases[i];
      results[i] = VerifyingTree.verify(c.root, c.leaf, c.index, c.count, c.path);
    }
  }

  function leaf(KeyId keyId, uint32 epoch, uint8 slot, Point calldata share) external pure returns (bytes32) {
    return VerifyingTree.leaf(keyId, epoch, slot, share);
  }

  function slots(uint256 set, uint8 slot) external pure returns (bool has, uint256 count, uint256 place, uint8 lowest) {
    return (Slots.has(set, slot), Slots.count(set), Slots.placeOf(set, slot), set == 0 ? 0 : Slots.lowest(set));
  }

  function schnorrGas(SchnorrCase calldata c) external view returns (uint256 used, bool verified) {
    used = gasleft();
    verified = Possession.verify(c.publicKey, c.message, c.proof);
    used -= gasleft();
  }

  /// The public key is in memory, as it is for a complaint.
  function dleqGas(DleqCase calldata c) external view returns (uint256 used, bool verified) {
    Point memory s = c.s;
    used = gasleft();
    verified = Dleq.verify(s, c.u, c.d, c.context, c.proof, c.hints);
    used -= gasleft();
  }

  /// The public key is in memory, as it is for a header.
  function tdh2Gas(Tdh2Case calldata c) external view returns (uint256 used, bool verified) {
    Point memory publicKey = c.publicKey;
    used = gasleft();
    verified = Tdh2.verify(publicKey, c.label, c.ciphertext, c.hints);
    used -= gasleft();
  }

  function vesGas(VesCase calldata c) external view returns (uint256 used, bool verified) {
    used = gasleft();
    verified = Ves.judge(c.s, c.u, c.x, c.context, c.answer, c.hints) == Ves.Verdict.Right;
    used -= gasleft();
  }

  function vesFraudGas(VesCase calldata c) external view returns (uint256 used, Ves.Verdict verdict) {
    used = gasleft();
    verdict = Ves.judge(c.s, c.u, c.x, c.context, c.answer, c.hints);
    used -= gasleft();
  }

  function evaluateGas(PolynomialCase calldata c) external view returns (uint256 used, Point memory result) {
    used = gasleft();
    result = Polynomial.evaluate(c.commitments, c.slot);
    used -= gasleft();
  }

  function secondBase() external pure returns (Point memory) {
    return Point(Tdh2.SECOND_BASE_X, Tdh2.SECOND_BASE_Y);
  }

  /// In the order of packages/threshold/src/domains.ts.
  function domains() external pure returns (bytes32[31] memory) {
    return
      [
        Domains.EPOCH_KEY,
        Domains.COMMITTEE,
        Domains.MEMBER,
        Domains.KEY,
        Domains.DKG,
        Domains.DEALING,
        Domains.PAD,
        Domains.POSSESSION,
        Domains.DLEQ,
        Domains.COMPLAINT,
        Domains.SHIFT,
        Domains.READY,
        Domains.VERIFYING_SHARE,
        Domains.NODE,
        Domains.RESHARE,
        Domains.RESHARE_DEALING,
        Domains.RESHARE_READY,
        Domains.REPAIR,
        Domains.REPAIR_SESSION,
        Domains.REPAIR_MESSAGE,
        Domains.LABEL,
        Domains.HEADER,
        Domains.TDH2,
        Domains.KEM,
        Domains.REQUEST,
        Domains.SHARE,
        Domains.VES,
        Domains.MODULE,
        Domains.SIGNING_REQUEST,
        Domains.DERIVATION,
        Domains.SCHNORR_SIGNATURE
      ];
  }

  function _scaled(Point calldata point, uint256 z) private pure returns (JacobianPoint memory) {
    uint256 p = Secp256k1.FIELD_PRIME;
    uint256 square = mulmod(z, z, p);
    return JacobianPoint(mulmod(point.x, square, p), mulmod(point.y, mulmod(square, z, p), p), z);
  }
}
