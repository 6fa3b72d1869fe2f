// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISigningRequests} from "../interfaces/ISigningRequests.sol";

/// Reads a payload that `abi.encode` wrote, and refuses every other spelling of it: offsets that skip or share bytes, bits beyond a field, padding
/// that is not zero, bytes behind the end. One statement has one payload, so that a rule and a digest cannot read two different things. Reverts
/// `SigningRequestsBadPayload`, and for no other reason.
library CanonicalAbi {
  /// The word at a byte position.
  function word(bytes calldata payload, uint256 position) internal pure returns (uint256 value) {
    unchecked {
      // No position is near the end of numbers: each is a constant, or follows from lengths that were compared with the payload's.
      if (position + 32 > payload.length) revert ISigningRequests.SigningRequestsBadPayload(position);
    }
    assembly ("memory-safe") {
      value := calldataload(add(payload.offset, position))
    }
  }

  /// The word at a byte position, as a number of at most `bits` bits.
  function number(bytes calldata payload, uint256 position, uint256 bits) internal pure returns (uint256 value) {
    value = word(payload, position);
    if (value >> bits != 0) revert ISigningRequests.SigningRequestsBadPayload(position);
  }

  /// The word at a byte position must be this one.
  function expect(bytes calldata payload, uint256 position, uint256 expected) internal pure {
    if (word(payload, position) != expected) revert ISigningRequests.SigningRequestsBadPayload(position);
  }

  /// Bytes of any length, which begin at a byte position with their length.
  /// @return content the bytes
  /// @return end where the next thing begins
  function blob(bytes calldata payload, uint256 position) internal pure returns (bytes calldata content, uint256 end) {
    uint256 length = word(payload, position);
    unchecked {
      uint256 start = position + 32; // `word` saw that the payload goes on to there
      if (length > payload.length - start) revert ISigningRequests.SigningRequestsBadPayload(position);
      end = start + ((length + 31) & ~uint256(31));
      uint256 over = length % 32;
      // Of the last word only the first bytes count.
      if (over != 0 && word(payload, end - 32) << (over * 8) != 0) revert ISigningRequests.SigningRequestsBadPayload(start + length);
      content = payload[start:start + length];
    }
  }

  /// The payload must end at a byte position.
  function requireEnd(bytes calldata payload, uint256 position) internal pure {
    if (payload.length != position) revert ISigningRequests.SigningRequestsBadPayload(position);
  }
}
