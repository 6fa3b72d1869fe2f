// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Point} from "../types/Point.sol";
import {VesAnswer, VesHints} from "../types/Proofs.sol";
import {Secp256k1} from "./Secp256k1.sol";
import {Ves} from "./Ves.sol";

/// Judges an answer that `Ves.verify` would refuse: by its own fault, or by that of the hints? PROTOCOL section 5.5.
///
/// For a statement of valid points, an answer is wrong iff no witnesses make it verify; then some witnesses show it. Wrong witnesses show
/// nothing: right ones are unique, and anybody computes them from public values.
library VesFraud {
  /// Undecided: a witness is wrong, or the statement is none. Right: the answer verifies. Wrong: nobody can make it verify.
  enum Verdict {
    Undecided,
    Right,
    Wrong
  }

  /// Judges an answer. Never reverts for what it is given; too little gas reverts.
  /// @param s the keeper's verifying share S; that it is the keeper's is for the caller to check, as it is for u, x and the context
  /// @param witnesses zsU, zkX, cV and the inverses that add them; those behind the step that convicts are not looked at
  function judge(
    Point calldata s,
    Point calldata u,
    Point calldata x,
    bytes32 context,
    VesAnswer calldata answer,
    VesHints calldata witnesses
  ) internal view returns (Verdict) {
    // A statement that no honest keeper answers. It may also be a challenger's: x off the curve compresses like the right one.
    if (!Secp256k1.isValid(s.x, s.y) || !Secp256k1.isValid(u.x, u.y) || !Secp256k1.isValid(x.x, x.y)) return Verdict.Undecided;
    if (!_isWellFormed(answer)) return Verdict.Wrong;

    address[3] memory commitments;
    uint256 minusC = Secp256k1.ORDER - answer.c; // 0 < c < n
    commitments[0] = Secp256k1.linear(answer.zs, s.x, s.y, minusC);
    commitments[1] = Secp256k1.linear(answer.zk, answer.k.x, answer.k.y, minusC);
    // Both multiplied points are valid and minusC is not 0: zero is infinity.
    if (commitments[0] == address(0) || commitments[1] == address(0)) return Verdict.Wrong;

    Verdict verdict;
    (verdict, commitments[2]) = _third(u, x, answer, witnesses);
    if (verdict != Verdict.Right) return verdict;
    return Ves.challenge(s, u, x, context, answer, commitments) == answer.c ? Verdict.Right : Verdict.Wrong;
  }

  /// PROTOCOL sections 1.2 and 1.3.
  function _isWellFormed(VesAnswer calldata answer) private pure returns (bool) {
    return
      Secp256k1.isChallenge(answer.c) &&
      Secp256k1.isChallenge(answer.zs) &&
      Secp256k1.isChallenge(answer.zk) &&
      Secp256k1.isValid(answer.k.x, answer.k.y) &&
      Secp256k1.isValid(answer.v.x, answer.v.y);
  }

  /// The address of A3 = zsU + zkX - cV, with Right. Wrong where verified witnesses have equal x, which an honest prover redraws;
  /// Undecided where a witness is wrong.
  function _third(
    Point calldata u,
    Point calldata x,
    VesAnswer calldata answer,
    VesHints calldata witnesses
  ) private view returns (Verdict, address) {
    if (!Secp256k1.isMultiple(u, answer.zs, witnesses.zsU)) return (Verdict.Undecided, address(0));
    if (!Secp256k1.isMultiple(x, answer.zk, witnesses.zkX)) return (Verdict.Undecided, address(0));
    if (witnesses.zsU.x == witnesses.zkX.x) return (Verdict.Wrong, address(0));

    if (!Secp256k1.isMultiple(answer.v, answer.c, witnesses.cV)) return (Verdict.Undecided, address(0));
    (bool added, uint256 sumX, uint256 sumY) = Secp256k1.addWithHint(
      witnesses.zsU.x,
      witnesses.zsU.y,
      witnesses.zkX.x,
      witnesses.zkX.y,
      witnesses.inverse1
    );
    if (!added) return (Verdict.Undecided, address(0));
    if (sumX == witnesses.cV.x) return (Verdict.Wrong, address(0));

    // The x differ, so the difference is finite: zero is a wrong inverse.
    address third = Secp256k1.addressOfDifference(sumX, sumY, witnesses.cV, witnesses.inverse2);
    return (third == address(0) ? Verdict.Undecided : Verdict.Right, third);
  }
}
