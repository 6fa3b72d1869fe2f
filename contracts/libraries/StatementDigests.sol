// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ISigningRequests} from "../interfaces/ISigningRequests.sol";
import {SigningStatement, StatementKind, TransactionFields} from "../types/Signing.sol";
import {AccountHashes} from "./AccountHashes.sol";
import {CanonicalAbi} from "./CanonicalAbi.sol";
import {EthereumTransactions} from "./EthereumTransactions.sol";

/// What is signed of a statement. Every digest is keccak of bytes that begin with 1901 (EIP-712), 02 (EIP-1559) or 19 and `E` (EIP-191), so that no
/// statement of one kind is one of another, or an EIP-7702 authorisation (05). PROTOCOL section 9.1.
library StatementDigests {
  using CanonicalAbi for bytes;

  /// The longest payload.
  uint256 internal constant MAX_PAYLOAD = 24_576;
  /// The longest message.
  uint256 internal constant MAX_MESSAGE = 1024;

  /// Reverts `SigningRequestsBadPayload` or `SigningRequestsTooLong` for what is no payload of its kind.
  function digestOf(SigningStatement calldata statement) internal pure returns (bytes32) {
    (StatementKind kind, bytes calldata payload) = (statement.kind, statement.payload);
    uint256 maximum = kind == StatementKind.Message ? MAX_MESSAGE : MAX_PAYLOAD;
    if (payload.length > maximum) revert ISigningRequests.SigningRequestsTooLong(payload.length, maximum);
    if (kind == StatementKind.TypedData) return _typedData(payload);
    if (kind == StatementKind.Transaction) return _transaction(payload);
    if (kind == StatementKind.Message) return MessageHashUtils.toEthSignedMessageHash(payload);
    if (kind == StatementKind.AccountTyped) return _accountTyped(payload);
    return _accountExecute(payload);
  }

  /// abi.encode(bytes32 domainSeparator, bytes encodedStruct), where encodedStruct is the type's hash and the fields' words.
  function _typedData(bytes calldata payload) private pure returns (bytes32) {
    payload.expect(32, 64);
    (bytes calldata encodedStruct, uint256 end) = payload.blob(64);
    payload.requireEnd(end);
    return _typedHash(payload.word(0), keccak256(encodedStruct));
  }

  /// abi.encode(TransactionFields).
  function _transaction(bytes calldata payload) private pure returns (bytes32) {
    payload.expect(0, 32);
    payload.expect(256, 256);
    (bytes calldata data, uint256 end) = payload.blob(288);
    payload.requireEnd(end);
    return
      EthereumTransactions.digestOf(
        TransactionFields({
          chainId: payload.word(32),
          nonce: uint64(payload.number(64, 64)),
          tip: payload.word(96),
          feeCap: payload.word(128),
          gasLimit: uint64(payload.number(160, 64)),
          to: address(uint160(payload.number(192, 160))),
          value: payload.word(224),
          data: data
        })
      );
  }

  /// abi.encode(bytes32 accountDomainSeparator, bytes32 domainSeparator, bytes encodedStruct).
  function _accountTyped(bytes calldata payload) private pure returns (bytes32) {
    payload.expect(64, 96);
    (bytes calldata encodedStruct, uint256 end) = payload.blob(96);
    payload.requireEnd(end);
    bytes32 confirmed = _typedHash(payload.word(32), keccak256(encodedStruct));
    return _typedHash(payload.word(0), AccountHashes.ofSigned(confirmed));
  }

  /// abi.encode(bytes32 accountDomainSeparator, AccountCall[] calls, uint256 nonce, uint64 deadline, uint64 gas).
  function _accountExecute(bytes calldata payload) private pure returns (bytes32) {
    payload.expect(32, 160);
    (bytes32[] memory calls, uint256 end) = _callsAt(payload, 160);
    payload.requireEnd(end);
    (uint64 deadline, uint64 gas) = (uint64(payload.number(96, 64)), uint64(payload.number(128, 64)));
    return _typedHash(payload.word(0), AccountHashes.ofExecute(calls, payload.word(64), deadline, gas));
  }

  /// The hashes of calls, which begin at a byte position with their count.
  function _callsAt(bytes calldata payload, uint256 position) private pure returns (bytes32[] memory calls, uint256 end) {
    uint256 count = payload.word(position);
    uint256 start = position + 32;
    if (count > (payload.length - start) / 32) revert ISigningRequests.SigningRequestsBadPayload(position);
    calls = new bytes32[](count);
    end = start + count * 32;
    for (uint256 i = 0; i < count; ++i) {
      payload.expect(start + i * 32, end - start);
      uint256 call = end;
      payload.expect(call + 64, 96);
      bytes calldata data;
      (data, end) = payload.blob(call + 96);
      calls[i] = AccountHashes.ofCall(address(uint160(payload.number(call, 160))), payload.word(call + 32), data);
    }
  }

  function _typedHash(uint256 domainSeparator, bytes32 structHash) private pure returns (bytes32) {
    return MessageHashUtils.toTypedDataHash(bytes32(domainSeparator), structHash);
  }
}
