// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyId} from "../types/Ids.sol";
import {StatementKind} from "../types/Signing.sol";
import {IOwnedRules} from "./IOwnedRules.sol";

/// Rules by which the owner grants an account one kind of statement, of one key or derived key, until a time. PROTOCOL section 9.3.
///
/// A grant of TypedData, AccountTyped or AccountExecute can name a domain separator: the domain of what is signed, of AccountExecute the account's own.
/// Some statements hide what they consent to, and are blank cheques; a grant permits those only with `hashes`:
/// typed data that is a hash in disguise (a SchnorrAccount's Signed, UserOperation or Execute; a ShareRequest or SigningRequest of Keyquorum; a struct
/// without a whole type hash), and messages of exactly 32 bytes or with bytes other than printable ASCII and line feeds.
/// @dev Warning: it does not look into structs. A grant without a domain lets the requester sign permits and orders for every contract on every chain,
/// and one of Transaction or AccountExecute every call.
interface ISigningGrants is IOwnedRules {
  /// What is granted. `derivation` 0: the key itself. `domainSeparator` 0: any, and for Transaction and Message always. `until`: the block time at
  /// which it ends, in seconds.
  struct SigningGrant {
    KeyId keyId;
    bytes32 derivation;
    address requester;
    StatementKind kind;
    bytes32 domainSeparator;
    uint64 until;
    bool hashes;
  }

  /// An account may have a key sign. Granted again, only `until` and `hashes` change. @custom:duty none
  /// @param keyId the key
  /// @param requester the account that asks
  /// @param derivation which of the key's derived keys; zero: the key itself
  /// @param kind which kind of statement
  /// @param domainSeparator the domain; zero: any
  /// @param until the block time at which it ends, in seconds
  /// @param hashes whether blank cheques are permitted too
  event SigningGranted(
    KeyId indexed keyId,
    address indexed requester,
    bytes32 derivation,
    StatementKind kind,
    bytes32 domainSeparator,
    uint64 until,
    bool hashes
  );

  /// An account may no longer have a key sign. @custom:duty none
  /// @param keyId the key
  /// @param requester the account that asks
  /// @param derivation which of the key's derived keys; zero: the key itself
  /// @param kind which kind of statement
  /// @param domainSeparator the domain; zero: any
  event SigningRevoked(KeyId indexed keyId, address indexed requester, bytes32 derivation, StatementKind kind, bytes32 domainSeparator);

  /// The requester `requester` is zero, or `until` is not after the block's time; name an account, and an end that is to come.
  /// @param requester the account that asks
  /// @param until the block time given, in seconds
  error SigningGrantsInvalid(address requester, uint64 until);

  /// A statement of this kind has no domain, so `domainSeparator` would never be met; leave it zero.
  /// @param domainSeparator the domain given
  error SigningGrantsNoDomain(bytes32 domainSeparator);

  /// Grants. Owner only.
  function grant(SigningGrant calldata granted) external;

  /// Revokes what was granted with this key, derivation, requester, kind and domain. Owner only.
  function revoke(KeyId keyId, bytes32 derivation, address requester, StatementKind kind, bytes32 domainSeparator) external;

  /// What was granted with exactly these.
  /// @return until in seconds of block time; 0: nothing is granted
  /// @return hashes whether blank cheques are permitted too
  function grantOf(
    KeyId keyId,
    bytes32 derivation,
    address requester,
    StatementKind kind,
    bytes32 domainSeparator
  ) external view returns (uint64 until, bool hashes);
}
