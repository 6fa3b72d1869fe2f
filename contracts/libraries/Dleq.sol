// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Point} from "../types/Point.sol";
import {DleqHints, DleqProof} from "../types/Proofs.sol";
import {Domains} from "./Domains.sol";
import {Secp256k1} from "./Secp256k1.sol";

/// Proof that S = sG and D = sU have the same s. PROTOCOL section 2.2.
library Dleq {
  /// Whether the proof verifies. False, never a revert, for whatever is wrong: points, scalars, hints, degenerate sums.
  /// @param context binds the proof to what it is for
  function verify(
    Point memory s,
    Point calldata u,
    Point calldata d,
    bytes32 context,
    DleqProof calldata proof,
    DleqHints calldata hints
  ) internal view returns (bool) {
    (uint256 c, uint256 z) = (proof.c, proof.z);
    if (!Secp256k1.isChallenge(c) || !Secp256k1.isChallenge(z)) return false;
    if (!Secp256k1.isValid(s.x, s.y) || !Secp256k1.isValid(u.x, u.y) || !Secp256k1.isValid(d.x, d.y)) return false;

    // A1 = zG - cS, A2 = zU - cD. c < n, so the subtraction cannot wrap.
    if (!Secp256k1.isMultiple(u, z, hints.zU) || !Secp256k1.isMultiple(d, c, hints.cD)) return false;
    address a1 = Secp256k1.linear(z, s.x, s.y, Secp256k1.ORDER - c);
    address a2 = Secp256k1.addressOfDifference(hints.zU.x, hints.zU.y, hints.cD, hints.inverse);
    if (a1 == address(0) || a2 == address(0)) return false;

    bytes32 digest = keccak256(abi.encode(Domains.DLEQ, context, s, u, d, a1, a2));
    return c == uint256(digest) % Secp256k1.ORDER;
  }
}
