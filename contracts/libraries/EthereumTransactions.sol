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
    return keccak256(bytes.concat(hex"02", RLP.encode(items)));
  }
}
