// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Blockhash} from "@openzeppelin/contracts/utils/Blockhash.sol";

/// Hashes of past blocks. PROTOCOL section 3.5.
library BlockHashes {
  /// A block's hash: of the last 256 blocks by opcode, of older ones from the history contract of EIP-2935. Zero where it is gone.
  /// @dev OpenZeppelin's `Blockhash.blockHash` takes what the history contract returns even where the call fails: on a chain where something
  /// else answers at its address, the hash would be known before. Here only 32 bytes of a call that succeeded count.
  function hashOf(uint256 number) internal view returns (bytes32 hash) {
    hash = blockhash(number);
    if (hash != 0 || number >= block.number) return hash;

    (bool success, bytes memory answer) = Blockhash.HISTORY_STORAGE_ADDRESS.staticcall(abi.encode(number));
    if (success && answer.length == 32) hash = abi.decode(answer, (bytes32));
  }
}
