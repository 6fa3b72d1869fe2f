// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Point} from "../types/Point.sol";
import {SchnorrProof} from "../types/Proofs.sol";
import {Domains} from "./Domains.sol";
import {Secp256k1} from "./Secp256k1.sol";

/// Proof of possession of a public key's secret. PROTOCOL section 2.1.
library Schnorr {
  /// Whether the prover knew p with P = pG and meant `message`. False, never a revert, for whatever is wrong.
  /// @param message binds the proof to its context
  function verify(Point calldata publicKey, bytes32 message, SchnorrProof calldata proof) internal view returns (bool) {
    (uint256 c, uint256 z) = (proof.c, proof.z);
    if (!Secp256k1.isChallenge(c) || !Secp256k1.isChallenge(z)) return false;
    if (!Secp256k1.isValid(publicKey.x, publicKey.y)) return false;

    // R = zG - cP. c < n, so the subtraction cannot wrap.
    address r = Secp256k1.linear(z, publicKey.x, publicKey.y, Secp256k1.ORDER - c);
    if (r == address(0)) return false;

    bytes32 digest = keccak256(abi.encode(Domains.POSSESSION, message, publicKey.x, publicKey.y, r));
    return c == uint256(digest) % Secp256k1.ORDER;
  }
}
