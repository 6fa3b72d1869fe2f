// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Point} from "../types/Point.sol";
import {VesAnswer, VesHints} from "../types/Proofs.sol";
import {Domains} from "./Domains.sol";
import {Secp256k1} from "./Secp256k1.sol";

/// Verifiable encrypted share: K = kG and V = sU + kX hold the share s of S = sG, for the reader of X alone. PROTOCOL section 5.2.
library Ves {
  /// Whether the answer's proof verifies. False, never a revert, for whatever is wrong: points, scalars, hints, degenerate sums.
  /// @param s the keeper's verifying share S; that it is the keeper's is for the caller to check
  /// @param x the reader's key X
  /// @param context keccak(SHARE, headerHash, requestId, keyId, epoch, slot)
  function verify(
    Point calldata s,
    Point calldata u,
    Point calldata x,
    bytes32 context,
    VesAnswer calldata answer,
    VesHints calldata hints
  ) internal view returns (bool) {
    if (!Secp256k1.isChallenge(answer.c) || !Secp256k1.isChallenge(answer.zs) || !Secp256k1.isChallenge(answer.zk)) return false;
    if (!Secp256k1.isValid(s.x, s.y) || !Secp256k1.isValid(u.x, u.y) || !Secp256k1.isValid(x.x, x.y)) return false;
    if (!Secp256k1.isValid(answer.k.x, answer.k.y) || !Secp256k1.isValid(answer.v.x, answer.v.y)) return false;

    address[3] memory commitments = _commitments(s, u, x, answer, hints);
    if (commitments[0] == address(0) || commitments[1] == address(0) || commitments[2] == address(0)) return false;

    return answer.c == challenge(s, u, x, context, answer, commitments);
  }

  /// The challenge c of the statement, K, V and the addresses of A1, A2 and A3.
  function challenge(
    Point calldata s,
    Point calldata u,
    Point calldata x,
    bytes32 context,
    VesAnswer calldata answer,
    address[3] memory commitments
  ) internal pure returns (uint256) {
    bytes32 digest = keccak256(abi.encode(Domains.VES, context, s, u, x, answer.k, answer.v, commitments));
    return uint256(digest) % Secp256k1.ORDER;
  }

  /// The addresses of A1 = zsG - cS, A2 = zkG - cK and A3 = zsU + zkX - cV; zero for infinity or a wrong hint.
  function _commitments(
    Point calldata s,
    Point calldata u,
    Point calldata x,
    VesAnswer calldata answer,
    VesHints calldata hints
  ) private view returns (address[3] memory commitments) {
    // c < n, so the subtraction cannot wrap.
    uint256 minusC = Secp256k1.ORDER - answer.c;
    commitments[0] = Secp256k1.linear(answer.zs, s.x, s.y, minusC);
    commitments[1] = Secp256k1.linear(answer.zk, answer.k.x, answer.k.y, minusC);

    if (!Secp256k1.isMultiple(u, answer.zs, hints.zsU)) return commitments;
    if (!Secp256k1.isMultiple(x, answer.zk, hints.zkX)) return commitments;
    if (!Secp256k1.isMultiple(answer.v, answer.c, hints.cV)) return commitments;
    (bool added, uint256 sumX, uint256 sumY) = Secp256k1.addWithHint(hints.zsU.x, hints.zsU.y, hints.zkX.x, hints.zkX.y, hints.inverse1);
    if (!added) return commitments;
    commitments[2] = Secp256k1.addressOfDifference(sumX, sumY, hints.cV, hints.inverse2);
  }
}
