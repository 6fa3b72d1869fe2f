// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Secp256k1} from "./Secp256k1.sol";

/// The equation of Schnorr: that the prover knew p with P = pG and meant a message. What it proves, its tag says: a possession (`Possession`) is no
/// signature (`SchnorrSignature`), and no signature a possession. PROTOCOL section 2.1.
library Schnorr {
  /// Whether c = keccak(tag, message, P, addr(zG - cP)) mod n. False, never a revert, for whatever is wrong.
  /// @param tag of `Domains`: no two uses have the same
  function verify(bytes32 tag, bytes32 message, uint256 x, uint256 y, uint256 c, uint256 z) internal view returns (bool) {
    if (!Secp256k1.isChallenge(c) || !Secp256k1.isChallenge(z)) return false;
    if (!Secp256k1.isValid(x, y)) return false;

    // R = zG - cP. c < n, so the subtraction cannot wrap.
    address r = Secp256k1.linear(z, x, y, Secp256k1.ORDER - c);
    if (r == address(0)) return false;

    bytes32 digest = keccak256(abi.encode(tag, message, x, y, r));
    return c == uint256(digest) % Secp256k1.ORDER;
  }
}
