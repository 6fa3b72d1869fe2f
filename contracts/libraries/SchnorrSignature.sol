// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Domains} from "./Domains.sol";
import {Schnorr} from "./Schnorr.sol";

/// Signatures by Schnorr keys: c and z, a word each. PROTOCOL section 9.5.
library SchnorrSignature {
  /// Bytes of a signature.
  uint256 internal constant LENGTH = 64;

  /// Whether it is the signature of the key (x, y) over 32 bytes. False, never a revert, for whatever is wrong: also for another length.
  /// @param signature c and z; exactly 64 bytes
  function verify(uint256 x, uint256 y, bytes32 digest, bytes calldata signature) internal view returns (bool) {
    if (signature.length != LENGTH) return false;
    uint256 c;
    uint256 z;
    assembly ("memory-safe") {
      c := calldataload(signature.offset)
      z := calldataload(add(signature.offset, 32))
    }
    return Schnorr.verify(Domains.SCHNORR_SIGNATURE, digest, x, y, c, z);
  }
}
