// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Secp256k1} from "../../contracts/libraries/Secp256k1.sol";
import {Point} from "../../contracts/types/Point.sol";
import {Curve} from "./Curve.sol";
import {Prover, VesProof, VesStatement} from "./Prover.sol";

/// How an answer is wrong. The last four are malformed: anybody sees it without witnesses.
enum Flaw {
  None,
  OtherShare,
  OtherReader,
  OtherContext,
  MovedAfterProof,
  NegatedResponse,
  NoChallenge,
  NoResponse,
  PointOffCurve,
  PointTooLarge
}

/// Makes answers with a flaw.
library Flaws {
  uint8 private constant _COUNT = uint8(type(Flaw).max) + 1;

  /// A third of the answers are right, whatever the seed.
  function pick(uint8 seed) internal pure returns (Flaw) {
    return seed % 3 == 0 ? Flaw.None : Flaw(1 + ((seed / 3) % (_COUNT - 1)));
  }

  function isMalformed(Flaw flaw) internal pure returns (bool) {
    return flaw >= Flaw.NoChallenge;
  }

  function make(Curve curve, Flaw flaw, VesStatement memory of_, bytes32 seed) internal view returns (VesProof memory proof) {
    if (flaw == Flaw.OtherShare) of_.s = addmod(of_.s, 1, Secp256k1.ORDER);
    if (flaw == Flaw.OtherReader) of_.x = addmod(of_.x, 1, Secp256k1.ORDER);
    if (flaw == Flaw.OtherContext) of_.context = keccak256(abi.encode(of_.context));
    proof = Prover.answer(curve, of_, seed);
    if (flaw == Flaw.MovedAfterProof) {
      proof.v = addmod(proof.v, 1, Secp256k1.ORDER);
      proof.share.v = Prover.multiple(curve, proof.v);
    }
    if (flaw == Flaw.NegatedResponse) proof.share.zk = Secp256k1.ORDER - proof.share.zk;
    if (flaw == Flaw.NoChallenge) proof.share.c = 0;
    if (flaw == Flaw.NoResponse) proof.share.zs = Secp256k1.ORDER;
    if (flaw == Flaw.PointOffCurve) proof.share.v = Point(1, 1);
    if (flaw == Flaw.PointTooLarge) proof.share.k = Point(Secp256k1.FIELD_PRIME - 1, 1);
  }
}
