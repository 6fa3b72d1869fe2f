// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Point} from "../types/Point.sol";
import {SchnorrProof} from "../types/Proofs.sol";
import {Domains} from "./Domains.sol";
import {Schnorr} from "./Schnorr.sol";

/// Proof of possession of a public key's secret. PROTOCOL section 2.1.
library Possession {
  /// Whether the prover knew p with P = pG and meant `message`. False, never a revert, for whatever is wrong.
  /// @param message binds the proof to its context
  function verify(Point calldata publicKey, bytes32 message, SchnorrProof calldata proof) internal view returns (bool) {
    return Schnorr.verify(Domains.POSSESSION, message, publicKey.x, publicKey.y, proof.c, proof.z);
  }
}
