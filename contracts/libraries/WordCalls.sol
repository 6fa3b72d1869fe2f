// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Asks a contract that may be hostile: by a static call within a limit of gas, for an answer of exactly one word.
library WordCalls {
  /// Whether the call returned exactly 32 bytes, and what they are. `word` means nothing where it did not.
  /// @param gasLimit at most what the call may use; a call gets at most 63/64 of the gas left (EIP-150), which is for the caller to see to
  function ask(address target, uint256 gasLimit, bytes memory question) internal view returns (bool isWord, uint256 word) {
    // Memory-safe: reads `question`, writes at most 32 bytes to scratch space. Return data beyond 32 bytes is never copied, so a return
    // bomb costs the target's gas only.
    assembly ("memory-safe") {
      let returned := staticcall(gasLimit, target, add(question, 32), mload(question), 0, 32)
      isWord := and(returned, eq(returndatasize(), 32))
      word := mload(0)
    }
  }
}
