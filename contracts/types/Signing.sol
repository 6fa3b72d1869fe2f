// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyId} from "./Ids.sol";

/// What kind of thing a statement has signed. PROTOCOL section 9.1. Append-only; no kind is a raw hash or an EIP-7702 authorisation.
///
/// TypedData: a struct of EIP-712. Transaction: one of type 2 (EIP-1559). Message: bytes as `personal_sign` signs them.
/// AccountTyped, AccountExecute: typed data that a SchnorrAccount confirms, and calls that it makes.
enum StatementKind {
  TypedData,
  Transaction,
  Message,
  AccountTyped,
  AccountExecute
}

/// What a key is to sign. `derivation` 0: the key itself, else one of the keys derived from it. `payload`: as `abi.encode` writes the kind's fields;
/// of a Message its bytes. Public.
struct SigningStatement {
  KeyId keyId;
  bytes32 derivation;
  StatementKind kind;
  bytes payload;
}

/// A transaction of type 2 without an access list. `tip` and `feeCap` are in wei for each gas.
struct TransactionFields {
  uint256 chainId;
  uint64 nonce;
  uint256 tip;
  uint256 feeCap;
  uint64 gasLimit;
  address to;
  uint256 value;
  bytes data;
}

/// A call that a SchnorrAccount makes.
struct AccountCall {
  address to;
  uint256 value;
  bytes data;
}
