// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {TransactionFields} from "../types/Signing.sol";

/// Transactions of Ethereum, as their sender signs them.
library EthereumTransactions {
  /// keccak(02 || rlp(fields, empty access list)): EIP-1559.
  function digestOf(TransactionFields memory fields) internal pure returns (bytes32) {
    bytes[] memory items = new bytes[](9);
    items[0] = RLP.encode(fields.chainId);
    items[1] = RLP.encode(uint256(fields.nonce));
    items[2] = RLP.encode(fields.tip);
    items[3] = RLP.encode(fields.feeCap);
    items[4] = RLP.encode(uint256(fields.gasLimit));
    items[5] = RLP.encode(fields.to); // 20 bytes always: an empty one would create a contract
    items[6] = RLP.encode(fields.value);
    items[7] = RLP.encode(fields.data);
    items[8] = hex"c0";
    bytes memory list = RLP.encode(items);
    bytes32 digest;
    // Memory-safe: the byte before the list is the last one of its length, which is put back.
    assembly ("memory-safe") {
      let length := mload(list)
      mstore8(add(list, 31), 0x02)
      digest := keccak256(add(list, 31), add(length, 1))
      mstore(list, length)
    }
    return digest;
  }
}
