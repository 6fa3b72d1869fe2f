// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Blockhash} from "@openzeppelin/contracts/utils/Blockhash.sol";

/// Hashes of past blocks. PROTOCOL section 3.5.
library BlockHashes {
  /// A block's hash, in the numbering of `block.number`: of the last 256 blocks by opcode, of older ones from the history contract of EIP-2935.
  /// Zero where it is gone, or not there yet.
  /// @dev The history contract is believed only where it has the previous block's hash as the opcode has it: on some chains it counts other
  /// blocks than `block.number` does, and under a number to come it would then have a hash that is known already.
  function hashOf(uint256 number) internal view returns (bytes32 hash) {
    hash = blockhash(number);
    if (hash != 0 || number >= block.number) return hash;

    bytes32 previous = blockhash(block.number - 1);
    if (previous != 0 && _remembered(block.number - 1) == previous) hash = _remembered(number);
  }

  /// What the history contract says; zero where it says nothing.
  /// @dev OpenZeppelin's `Blockhash.blockHash` takes what it returns even where the call fails. Here only 32 bytes of a call that succeeded count.
  function _remembered(uint256 number) private view returns (bytes32) {
    (bool success, bytes memory answer) = Blockhash.HISTORY_STORAGE_ADDRESS.staticcall(abi.encode(number));
    return success && answer.length == 32 ? abi.decode(answer, (bytes32)) : bytes32(0);
  }
}
