// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISigningGrants} from "../interfaces/ISigningGrants.sol";
import {ISigningRules} from "../interfaces/ISigningRules.sol";
import {BlankCheques} from "../libraries/BlankCheques.sol";
import {KeyId} from "../types/Ids.sol";
import {SigningStatement, StatementKind} from "../types/Signing.sol";
import {OwnedRules} from "./OwnedRules.sol";

/// Rules by which the owner grants what accounts may have keys sign. The manual is ISigningGrants.
contract SigningGrants is ISigningGrants, OwnedRules {
  struct Granted {
    uint64 until;
    bool hashes;
  }

  /// By the hash of key, derivation, requester, kind and domain.
  mapping(bytes32 place => Granted) private _grants;

  constructor(address owner_) OwnedRules(owner_) {}

  /// @inheritdoc ISigningGrants
  function grant(SigningGrant calldata granted) external onlyOwner {
    (address requester, uint64 until, StatementKind kind) = (granted.requester, granted.until, granted.kind);
    if (requester == address(0) || until <= block.timestamp) revert SigningGrantsInvalid(requester, until);
    if (!_hasDomain(kind) && granted.domainSeparator != 0) revert SigningGrantsNoDomain(granted.domainSeparator);

    bytes32 place = _placeOf(granted.keyId, granted.derivation, requester, kind, granted.domainSeparator);
    _grants[place] = Granted(until, granted.hashes);
    emit SigningGranted(granted.keyId, requester, granted.derivation, kind, granted.domainSeparator, until, granted.hashes);
  }

  /// @inheritdoc ISigningGrants
  function revoke(KeyId keyId, bytes32 derivation, address requester, StatementKind kind, bytes32 domainSeparator) external onlyOwner {
    delete _grants[_placeOf(keyId, derivation, requester, kind, domainSeparator)];
    emit SigningRevoked(keyId, requester, derivation, kind, domainSeparator);
  }

  /// @inheritdoc ISigningRules
  function checkSigning(address requester, SigningStatement calldata statement) external view returns (bool permitted) {
    (StatementKind kind, bytes calldata payload) = (statement.kind, statement.payload);
    bool isBlank = BlankCheques.isOne(kind, payload);
    if (_permits(statement, requester, 0, isBlank)) return true;
    return _hasDomain(kind) && _permits(statement, requester, _domainOf(kind, payload), isBlank);
  }

  /// @inheritdoc ISigningGrants
  function grantOf(
    KeyId keyId,
    bytes32 derivation,
    address requester,
    StatementKind kind,
    bytes32 domainSeparator
  ) external view returns (uint64 until, bool hashes) {
    Granted storage granted = _grants[_placeOf(keyId, derivation, requester, kind, domainSeparator)];
    return (granted.until, granted.hashes);
  }

  function _permits(
    SigningStatement calldata statement,
    address requester,
    bytes32 domainSeparator,
    bool isBlank
  ) private view returns (bool) {
    Granted storage granted = _grants[_placeOf(statement.keyId, statement.derivation, requester, statement.kind, domainSeparator)];
    return block.timestamp < granted.until && (granted.hashes || !isBlank);
  }

  function _hasDomain(StatementKind kind) private pure returns (bool) {
    return kind != StatementKind.Transaction && kind != StatementKind.Message;
  }

  /// The domain of what is signed; zero for a payload that is too short to have one.
  function _domainOf(StatementKind kind, bytes calldata payload) private pure returns (bytes32) {
    uint256 position = kind == StatementKind.AccountTyped ? 32 : 0;
    return payload.length < position + 32 ? bytes32(0) : bytes32(payload[position:]);
  }

  function _placeOf(
    KeyId keyId,
    bytes32 derivation,
    address requester,
    StatementKind kind,
    bytes32 domainSeparator
  ) private pure returns (bytes32) {
    return keccak256(abi.encode(keyId, derivation, requester, kind, domainSeparator));
  }
}
