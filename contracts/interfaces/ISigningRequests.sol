// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyId, SigningRequestId} from "../types/Ids.sol";
import {SigningStatement, StatementKind} from "../types/Signing.sol";
import {IKeyGeneration} from "./IKeyGeneration.sol";

/// What keys of purpose Schnorr and Ecdsa are to sign, and the signatures that keepers made. PROTOCOL section 9.
///
/// A statement says what is signed; its digest is computed here. A key signs what its rules let it sign, and nothing while it has none: `request` asks
/// them inside the transaction, and every keeper asks again before a part of a signature leaves it.
/// @dev Warning: it trusts forever the KeyGeneration that it was deployed with, and derived addresses name this contract. Whoever moves to another one
/// loses every derived address; deploy one for each KeyGeneration. Keepers sign with a key for one contract only.
interface ISigningRequests {
  /// Unknown: no such request. Pending: a signature is taken; time alone ends it. Signed: it has its signature. Expired: none was posted in time.
  /// @dev Warning: of a request that expired a signature may exist all the same, posted nowhere.
  enum SigningStatus {
    Unknown,
    Pending,
    Signed,
    Expired
  }

  /// What a keeper must know to sign or to refuse. UnusableKey: not active, or of a purpose that does not sign this kind. Unbound: it has no rules.
  /// Append-only.
  enum SigningDecision {
    Denied,
    Permitted,
    UnusableKey,
    Unbound
  }

  /// Stored facts of a request. `signer`: the address of the key that signs, never zero. `deadline` in seconds of block time.
  struct SigningRequest {
    bytes32 digest;
    address signer;
    uint40 deadline;
    IKeyGeneration.Purpose purpose;
    StatementKind kind;
    bool signed;
  }

  /// A key has other rules from here on; the first time, it has rules at all. @custom:duty none
  /// @param keyId the key
  /// @param rules the contract that says what the key may sign
  event RulesBound(KeyId indexed keyId, address indexed rules);

  /// A key is to sign. @custom:duty packages/keeper/src/signing/onSigningRequested.ts
  /// @param requestId the request
  /// @param keyId the key
  /// @param requester the account that asked
  /// @param number counts these, from 1
  /// @param digest what is signed, 32 bytes
  /// @param signer the address of the key that signs: the key's own, or a derived one's
  /// @param deadline the last second of block time in which a signature is taken
  /// @param statement what the digest is of
  event SigningRequested(
    SigningRequestId indexed requestId,
    KeyId indexed keyId,
    address indexed requester,
    uint64 number,
    bytes32 digest,
    address signer,
    uint64 deadline,
    SigningStatement statement
  );

  /// A request has its signature, which was verified. @custom:duty none
  /// @param requestId the request
  /// @param signature of an Ecdsa key r, s, v (65 bytes), of a Schnorr key c, z (64 bytes)
  event Signed(SigningRequestId indexed requestId, bytes signature);

  /// A duration of `given` s is shorter than its minimum of `minimum` s; deploy with a longer one.
  /// @param given seconds given
  /// @param minimum seconds that are allowed at least
  error SigningRequestsTooShort(uint64 given, uint64 minimum);

  /// `caller` cannot bind rules to key `keyId`: the account that asked for the key binds the first ones, and after that the rules themselves.
  /// @param keyId the key
  /// @param caller the account that called
  error SigningRequestsNotBinder(KeyId keyId, address caller);

  /// There is no contract at the rules' address `rules`; check the address and the chain.
  /// @param rules the address that was given as rules
  error SigningRequestsNoRules(address rules);

  /// Key `keyId` is not active, or its purpose does not sign this kind of statement; use an active key of purpose Schnorr or Ecdsa.
  /// @param keyId the key
  error SigningRequestsUnusableKey(KeyId keyId);

  /// Key `keyId` has no rules, so it signs nothing; the account that asked for the key can bind some.
  /// @param keyId the key
  error SigningRequestsUnbound(KeyId keyId);

  /// `requester` may not have key `keyId` sign this: the key's rules did not say yes; ask their owner.
  /// @param keyId the key
  /// @param requester the account that asked
  error SigningRequestsDenied(KeyId keyId, address requester);

  /// The payload is not what abi.encode writes of its kind's fields: it differs at byte `position`; encode it again.
  /// @param position where it differs, in bytes from the payload's start
  error SigningRequestsBadPayload(uint256 position);

  /// The payload has `length` bytes, and this kind takes at most `maximum`; have less signed.
  /// @param length bytes given
  /// @param maximum bytes that are allowed at most
  error SigningRequestsTooLong(uint256 length, uint256 maximum);

  /// The derivation `derivation` of key `keyId` gives no key; choose another.
  /// @param keyId the key
  /// @param derivation what was to be derived
  error SigningRequestsNoDerivedKey(KeyId keyId, bytes32 derivation);

  /// `left` gas is left but asking the key's rules needs `needed`; send with a higher gas limit.
  /// @param left gas that is left
  /// @param needed gas that is needed
  error SigningRequestsTooLittleGas(uint256 left, uint256 needed);

  /// Request `requestId` is `status`, and takes no signature; make another request where it expired.
  /// @param requestId the request
  /// @param status the status that it has
  error SigningRequestsNotPending(SigningRequestId requestId, SigningStatus status);

  /// The signature is not the key's over the digest of request `requestId`; post the one that the keepers made for it.
  /// @param requestId the request
  error SigningRequestsInvalidSignature(SigningRequestId requestId);

  /// Gives a key its rules. The first ones: the account that asked for the key only, once. After that: the contract that is the key's rules only.
  /// @dev Warning: rules that do not pass a key on keep it for ever, and rules that pass it on to a stranger lose it.
  function bindRules(KeyId keyId, address rules) external;

  /// Asks for a signature. Whoever the key's rules say yes to may.
  /// @return requestId names the request: `requestIdOf`
  function request(SigningStatement calldata statement) external returns (SigningRequestId requestId);

  /// Gives a request its signature; anyone may. It is verified, and there is exactly one.
  /// @param signature of an Ecdsa key r, s, v (65 bytes; low s, v 27 or 28); of a Schnorr key c, z and then x, y of the point that signs (128 bytes),
  /// which is compared with the request's signer
  function post(SigningRequestId requestId, bytes calldata signature) external;

  /// The one way in which keepers ask. It says nothing of the payload's form, which `digestOf` and every keeper look at.
  /// @return whether the key may sign this for that requester now
  function decide(address requester, SigningStatement calldata statement) external view returns (SigningDecision);

  /// @return the contract that says what a key may sign; zero: it signs nothing.
  function rulesOf(KeyId keyId) external view returns (address);

  /// @return the rules that a key had first; zero: it never had any.
  function firstRulesOf(KeyId keyId) external view returns (address);

  /// @return what is signed of a statement, 32 bytes; whether its key may sign it is not asked.
  function digestOf(SigningStatement calldata statement) external pure returns (bytes32);

  /// @return the address of a key, or of one derived from it; zero derivation: the key's own.
  function addressOf(KeyId keyId, bytes32 derivation) external view returns (address);

  /// @return the status, derived from stored facts and the block's time.
  function statusOf(SigningRequestId requestId) external view returns (SigningStatus);

  /// @return stored facts of a request; all zero when there is none.
  function requestOf(SigningRequestId requestId) external view returns (SigningRequest memory);

  /// @return how many requests there have been.
  function requestCount() external view returns (uint64);

  /// @return seconds from a request to its deadline. Immutable.
  function requestLifetime() external view returns (uint64);

  /// @return keccak over number, requester and statement, this contract and the chain. PROTOCOL section 9.2.
  function requestIdOf(uint64 number, address requester, SigningStatement calldata statement) external view returns (SigningRequestId);
}
