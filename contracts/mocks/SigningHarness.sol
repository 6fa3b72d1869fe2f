// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeyGeneration} from "../interfaces/IKeyGeneration.sol";
import {BlankCheques} from "../libraries/BlankCheques.sol";
import {EthereumTransactions} from "../libraries/EthereumTransactions.sol";
import {Schnorr} from "../libraries/Schnorr.sol";
import {SchnorrSignature} from "../libraries/SchnorrSignature.sol";
import {SigningKeys} from "../libraries/SigningKeys.sol";
import {StatementDigests} from "../libraries/StatementDigests.sol";
import {KeyId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {SigningStatement, StatementKind, TransactionFields} from "../types/Signing.sol";

/// Opens the libraries of signing to tests: many cases per call. Never deployed outside tests.
contract SigningHarness {
  struct SignatureCase {
    bytes32 tag;
    Point key;
    bytes32 digest;
    bytes signature;
  }

  function digests(SigningStatement[] calldata statements) external pure returns (bytes32[] memory results) {
    results = new bytes32[](statements.length);
    for (uint256 i = 0; i < statements.length; ++i) results[i] = StatementDigests.digestOf(statements[i]);
  }

  function transactions(TransactionFields[] calldata fields) external pure returns (bytes32[] memory results) {
    results = new bytes32[](fields.length);
    for (uint256 i = 0; i < fields.length; ++i) results[i] = EthereumTransactions.digestOf(fields[i]);
  }

  function signatures(SignatureCase[] calldata cases) external view returns (bool[] memory results) {
    results = new bool[](cases.length);
    for (uint256 i = 0; i < cases.length; ++i) {
      results[i] = SchnorrSignature.verify(cases[i].key.x, cases[i].key.y, cases[i].digest, cases[i].signature);
    }
  }

  /// The same equation with any tag; the signature has 64 bytes.
  function tagged(SignatureCase[] calldata cases) external view returns (bool[] memory results) {
    results = new bool[](cases.length);
    for (uint256 i = 0; i < cases.length; ++i) {
      SignatureCase calldata one = cases[i];
      (uint256 c, uint256 z) = abi.decode(one.signature, (uint256, uint256));
      results[i] = Schnorr.verify(one.tag, one.digest, one.key.x, one.key.y, c, z);
    }
  }

  function shifted(Point[] calldata keys, uint256[] calldata offsets) external view returns (address[] memory results) {
    results = new address[](keys.length);
    for (uint256 i = 0; i < keys.length; ++i) results[i] = SigningKeys.shifted(keys[i].x, keys[i].y, offsets[i]);
  }

  function signsKind(IKeyGeneration.Purpose purpose, StatementKind kind) external pure returns (bool) {
    return SigningKeys.signsKind(purpose, kind);
  }

  function isBlank(StatementKind kind, bytes[] calldata payloads) external pure returns (bool[] memory results) {
    results = new bool[](payloads.length);
    for (uint256 i = 0; i < payloads.length; ++i) results[i] = BlankCheques.isOne(kind, payloads[i]);
  }

  function signatureGas(SignatureCase calldata one) external view returns (uint256 used, bool verified) {
    used = gasleft();
    verified = SchnorrSignature.verify(one.key.x, one.key.y, one.digest, one.signature);
    used -= gasleft();
  }

  function digestGas(SigningStatement calldata statement) external view returns (uint256 used, bytes32 digest) {
    used = gasleft();
    digest = StatementDigests.digestOf(statement);
    used -= gasleft();
  }

  function addressGas(KeyId keyId, Point calldata key, bytes32 derivation) external view returns (uint256 used, address derived) {
    used = gasleft();
    derived = SigningKeys.addressOf(keyId, key.x, key.y, address(0), derivation);
    used -= gasleft();
  }
}
