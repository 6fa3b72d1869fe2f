// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What a SchnorrAccount takes from its key: structs of EIP-712 under the account's own domain, so that two accounts of one key share no signature.
/// PROTOCOL section 9.6.
library AccountHashes {
  bytes32 internal constant CALL = keccak256("Call(address to,uint256 value,bytes data)");
  bytes32 internal constant EXECUTE = keccak256(
    "Execute(Call[] calls,uint256 nonce,uint64 deadline,uint64 gas)Call(address to,uint256 value,bytes data)"
  );
  bytes32 internal constant SIGNED = keccak256("Signed(bytes32 hash)");
  bytes32 internal constant USER_OPERATION = keccak256("UserOperation(bytes32 userOpHash)");

  /// Of one call.
  function ofCall(address to, uint256 value, bytes calldata data) internal pure returns (bytes32) {
    return keccak256(abi.encode(CALL, to, value, keccak256(data)));
  }

  /// Of calls, by their hashes.
  function ofExecute(bytes32[] memory calls, uint256 nonce, uint64 deadline, uint64 gas) internal pure returns (bytes32) {
    bytes32 callsHash;
    // Memory-safe: reads the array, which holds its words one after the other behind its length.
    assembly ("memory-safe") {
      callsHash := keccak256(add(calls, 32), mul(mload(calls), 32))
    }
    return keccak256(abi.encode(EXECUTE, callsHash, nonce, deadline, gas));
  }

  /// Of a hash that the account is to confirm (ERC-1271).
  function ofSigned(bytes32 hash) internal pure returns (bytes32) {
    return keccak256(abi.encode(SIGNED, hash));
  }

  /// Of a user operation (ERC-4337), by the hash that its entry point gives it.
  function ofUserOperation(bytes32 userOpHash) internal pure returns (bytes32) {
    return keccak256(abi.encode(USER_OPERATION, userOpHash));
  }
}
