// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Point} from "../types/Point.sol";
import {Tdh2Ciphertext, Tdh2Hints} from "../types/Proofs.sol";
import {Domains} from "./Domains.sol";
import {Secp256k1} from "./Secp256k1.sol";

/// Well-formed headers: whoever made one knew its randomness and meant this label. PROTOCOL section 4.2.
library Tdh2 {
  /// The second base: hash_to_curve("second base") by RFC 9380, suite secp256k1_XMD:SHA-256_SSWU_RO_,
  /// DST "KEYQUORUM-V1-TDH2_secp256k1_XMD:SHA-256_SSWU_RO_". Nobody knows its logarithm. A test computes it again.
  uint256 internal constant SECOND_BASE_X = 0x984bf84b0f8a9f68ebff8992d2c723f5ca6de2c6e74de215dbe06847fdddd8fc;
  uint256 internal constant SECOND_BASE_Y = 0x21dc3a2ec37a092a27a4ec8d7f1d6b5ded3ada928a5d39ac6bd4623a47c86465;

  /// Whether the header's proof verifies. False, never a revert, for whatever is wrong: points, scalars, hints, degenerate sums.
  /// @param publicKey S, the key that the document is encrypted to; checked too
  function verify(
    Point memory publicKey,
    bytes32 label,
    Tdh2Ciphertext calldata ciphertext,
    Tdh2Hints calldata hints
  ) internal view returns (bool) {
    (uint256 e, uint256 f) = (ciphertext.e, ciphertext.f);
    if (!Secp256k1.isChallenge(e) || !Secp256k1.isChallenge(f)) return false;
    (Point calldata u, Point calldata uBar) = (ciphertext.u, ciphertext.uBar);
    if (!Secp256k1.isValid(publicKey.x, publicKey.y) || !Secp256k1.isValid(u.x, u.y) || !Secp256k1.isValid(uBar.x, uBar.y)) return false;

    // W = fG - eU, Wb = fGb - eUb. e < n, so the subtraction cannot wrap.
    address fGBar = Secp256k1.linear(0, SECOND_BASE_X, SECOND_BASE_Y, f);
    if (fGBar != Secp256k1.addressOf(hints.fGBar.x, hints.fGBar.y)) return false;
    if (!Secp256k1.isMultiple(uBar, e, hints.eUBar)) return false;
    address w = Secp256k1.linear(f, u.x, u.y, Secp256k1.ORDER - e);
    address wBar = Secp256k1.addressOfDifference(hints.fGBar.x, hints.fGBar.y, hints.eUBar, hints.inverse);
    if (w == address(0) || wBar == address(0)) return false;

    bytes32 digest = keccak256(abi.encode(Domains.TDH2, publicKey, label, u, uBar, w, wBar));
    return e == uint256(digest) % Secp256k1.ORDER;
  }
}
