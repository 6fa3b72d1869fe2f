// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyId, RequestId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {VesAnswer, VesHints} from "../types/Proofs.sol";
import {Domains} from "./Domains.sol";
import {Secp256k1} from "./Secp256k1.sol";

/// Verifiable encrypted share: K = kG and V = sU + kX hold the share s of S = sG, for the reader of X alone. PROTOCOL section 5.2.
///
/// An answer that does not verify does so by its own fault, or by that of the hints: PROTOCOL section 5.5. For a statement of valid points, an
/// answer is wrong iff no hints make it verify; then some hints show it. Wrong hints show nothing: right ones are unique, and anybody computes
/// them from public values.
library Ves {
  /// Undecided: a hint is wrong, or the statement is none. Right: the answer verifies. Wrong: nobody can make it verify.
  enum Verdict {
    Undecided,
    Right,
    Wrong
  }

  /// What binds an answer to its place: `epoch` is the request's, `slot` the keeper's.
  function contextOf(bytes32 headerHash, RequestId requestId, KeyId keyId, uint64 epoch, uint8 slot) internal pure returns (bytes32) {
    return keccak256(abi.encode(Domains.SHARE, headerHash, requestId, keyId, epoch, slot));
  }

  /// Judges an answer: Right where its proof verifies. Never reverts for whatever is wrong (points, scalars, hints, degenerate sums); too little
  /// gas reverts.
  /// @param s the keeper's verifying share S; that it is the keeper's is for the caller to check, as it is for u and x
  /// @param x the reader's key X
  /// @param context `contextOf`
  /// @param hints zsU, zkX, cV and the inverses that add them; those behind the step that convicts are not looked at
  function judge(
    Point calldata s,
    Point calldata u,
    Point calldata x,
    bytes32 context,
    VesAnswer calldata answer,
    VesHints calldata hints
  ) internal view returns (Verdict) {
    // A statement that no honest keeper answers. It may also be a challenger's: x off the curve compresses like the right one.
    if (!Secp256k1.isValid(s.x, s.y) || !Secp256k1.isValid(u.x, u.y) || !Secp256k1.isValid(x.x, x.y)) return Verdict.Undecided;
    if (!Secp256k1.isChallenge(answer.c) || !Secp256k1.isChallenge(answer.zs) || !Secp256k1.isChallenge(answer.zk)) return Verdict.Wrong;
    if (!Secp256k1.isValid(answer.k.x, answer.k.y) || !Secp256k1.isValid(answer.v.x, answer.v.y)) return Verdict.Wrong;

    // A1 = zsG - cS, A2 = zkG - cK, A3 = zsU + zkX - cV.
    address[3] memory commitments;
    uint256 minusC;
    unchecked {
      minusC = Secp256k1.ORDER - answer.c; // 0 < c < n
    }
    commitments[0] = Secp256k1.linear(answer.zs, s.x, s.y, minusC);
    commitments[1] = Secp256k1.linear(answer.zk, answer.k.x, answer.k.y, minusC);
    // Both multiplied points are valid and minusC is not 0: zero is infinity.
    if (commitments[0] == address(0) || commitments[1] == address(0)) return Verdict.Wrong;

    bool areRight;
    (areRight, commitments[2]) = _third(u, x, answer, hints);
    if (!areRight) return Verdict.Undecided;
    if (commitments[2] == address(0)) return Verdict.Wrong;
    bytes32 digest = keccak256(abi.encode(Domains.VES, context, s, u, x, answer.k, answer.v, commitments));
    return uint256(digest) % Secp256k1.ORDER == answer.c ? Verdict.Right : Verdict.Wrong;
  }

  /// Whether all hints that were looked at are right, and the address of A3: zero where right hints have equal x, which an honest prover redraws.
  function _third(
    Point calldata u,
    Point calldata x,
    VesAnswer calldata answer,
    VesHints calldata hints
  ) private view returns (bool areRight, address third) {
    if (!Secp256k1.isMultiple(u, answer.zs, hints.zsU) || !Secp256k1.isMultiple(x, answer.zk, hints.zkX)) return (false, address(0));
    (bool added, uint256 sumX, uint256 sumY) = Secp256k1.addWithHint(hints.zsU.x, hints.zsU.y, hints.zkX.x, hints.zkX.y, hints.inverse1);
    if (!added) return (hints.zsU.x == hints.zkX.x, address(0));

    if (!Secp256k1.isMultiple(answer.v, answer.c, hints.cV)) return (false, address(0));
    third = Secp256k1.addressOfDifference(sumX, sumY, hints.cV, hints.inverse2);
    // Where the x differ, the difference is finite: zero is a wrong inverse.
    areRight = third != address(0) || sumX == hints.cV.x;
  }
}
