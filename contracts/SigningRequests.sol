// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IKeyGeneration} from "./interfaces/IKeyGeneration.sol";
import {ISigningRequests} from "./interfaces/ISigningRequests.sol";
import {Domains} from "./libraries/Domains.sol";
import {SchnorrSignature} from "./libraries/SchnorrSignature.sol";
import {Secp256k1} from "./libraries/Secp256k1.sol";
import {SigningCalls} from "./libraries/SigningCalls.sol";
import {SigningKeys} from "./libraries/SigningKeys.sol";
import {StatementDigests} from "./libraries/StatementDigests.sol";
import {KeyId, SigningRequestId} from "./types/Ids.sol";
import {SigningStatement, StatementKind} from "./types/Signing.sol";

/// Requests for signatures by keys, their rules, and the signatures. The manual is ISigningRequests.
contract SigningRequests is ISigningRequests {
  uint64 private constant _MIN_SECONDS = 60;
  /// c, z, and the point that signs.
  uint256 private constant _SCHNORR_POSTED = SchnorrSignature.LENGTH + 64;

  IKeyGeneration private immutable _keyGeneration;
  /// @inheritdoc ISigningRequests
  uint64 public immutable override requestLifetime;
  /// @inheritdoc ISigningRequests
  uint64 public override requestCount;
  /// @inheritdoc ISigningRequests
  mapping(KeyId keyId => address rules) public override rulesOf;
  /// @inheritdoc ISigningRequests
  mapping(KeyId keyId => address rules) public override firstRulesOf;
  mapping(SigningRequestId requestId => SigningRequest) private _requests;

  constructor(IKeyGeneration keyGeneration, uint64 requestLifetime_) {
    if (requestLifetime_ < _MIN_SECONDS) revert SigningRequestsTooShort(requestLifetime_, _MIN_SECONDS);
    _keyGeneration = keyGeneration;
    requestLifetime = requestLifetime_;
  }

  /// @inheritdoc ISigningRequests
  function bindRules(KeyId keyId, address rules) external {
    IKeyGeneration.Key memory key = _keyGeneration.keyOf(keyId);
    address current = rulesOf[keyId];
    address binder = current == address(0) ? key.requester : current;
    if (binder != msg.sender) revert SigningRequestsNotBinder(keyId, msg.sender);
    if (!SigningKeys.canSign(key.purpose)) revert SigningRequestsUnusableKey(keyId);
    if (rules.code.length == 0) revert SigningRequestsNoRules(rules);

    if (current == address(0)) firstRulesOf[keyId] = rules;
    rulesOf[keyId] = rules;
    emit RulesBound(keyId, rules);
  }

  /// @inheritdoc ISigningRequests
  function request(SigningStatement calldata statement) external returns (SigningRequestId requestId) {
    KeyId keyId = statement.keyId;
    IKeyGeneration.Key memory key = _keyGeneration.keyOf(keyId);
    SigningDecision decision = _decide(key, msg.sender, statement);
    if (decision == SigningDecision.UnusableKey) revert SigningRequestsUnusableKey(keyId);
    if (decision == SigningDecision.Unbound) revert SigningRequestsUnbound(keyId);
    if (decision != SigningDecision.Permitted) revert SigningRequestsDenied(keyId, msg.sender);

    SigningRequest memory opened = SigningRequest({
      digest: StatementDigests.digestOf(statement),
      signer: _addressOf(keyId, key, statement.derivation),
      deadline: SafeCast.toUint40(block.timestamp + requestLifetime),
      purpose: key.purpose,
      kind: statement.kind,
      signed: false
    });
    uint64 number = ++requestCount;
    requestId = requestIdOf(number, msg.sender, statement);
    _requests[requestId] = opened;
    _emitRequested(requestId, number, statement, opened);
  }

  /// @inheritdoc ISigningRequests
  function post(SigningRequestId requestId, bytes calldata signature) external {
    SigningStatus status = statusOf(requestId);
    if (status != SigningStatus.Pending) revert SigningRequestsNotPending(requestId, status);
    SigningRequest storage record = _requests[requestId];
    bool isSchnorr = record.purpose == IKeyGeneration.Purpose.Schnorr;
    bool verifies =
      isSchnorr ? _verifiesSchnorr(record.signer, record.digest, signature) : _verifiesEcdsa(record.signer, record.digest, signature);
    if (!verifies) revert SigningRequestsInvalidSignature(requestId);

    record.signed = true;
    emit Signed(requestId, isSchnorr ? signature[:SchnorrSignature.LENGTH] : signature);
  }

  /// @inheritdoc ISigningRequests
  function decide(address requester, SigningStatement calldata statement) external view returns (SigningDecision) {
    return _decide(_keyGeneration.keyOf(statement.keyId), requester, statement);
  }

  /// @inheritdoc ISigningRequests
  function addressOf(KeyId keyId, bytes32 derivation) external view returns (address) {
    IKeyGeneration.Key memory key = _keyGeneration.keyOf(keyId);
    if (key.activeEpoch == 0 || !SigningKeys.canSign(key.purpose)) revert SigningRequestsUnusableKey(keyId);
    return _addressOf(keyId, key, derivation);
  }

  /// @inheritdoc ISigningRequests
  function requestOf(SigningRequestId requestId) external view returns (SigningRequest memory) {
    return _requests[requestId];
  }

  /// @inheritdoc ISigningRequests
  function digestOf(SigningStatement calldata statement) external pure returns (bytes32) {
    return StatementDigests.digestOf(statement);
  }

  /// @inheritdoc ISigningRequests
  function statusOf(SigningRequestId requestId) public view returns (SigningStatus) {
    SigningRequest storage record = _requests[requestId];
    if (record.deadline == 0) return SigningStatus.Unknown;
    if (record.signed) return SigningStatus.Signed;
    return block.timestamp > record.deadline ? SigningStatus.Expired : SigningStatus.Pending;
  }

  /// @inheritdoc ISigningRequests
  function requestIdOf(uint64 number, address requester, SigningStatement calldata statement) public view returns (SigningRequestId) {
    (KeyId keyId, bytes32 derivation, StatementKind kind) = (statement.keyId, statement.derivation, statement.kind);
    bytes32 payloadHash = keccak256(statement.payload);
    return
      SigningRequestId.wrap(
        keccak256(
          abi.encode(Domains.SIGNING_REQUEST, block.chainid, address(this), number, requester, keyId, derivation, kind, payloadHash)
        )
      );
  }

  function _decide(
    IKeyGeneration.Key memory key,
    address requester,
    SigningStatement calldata statement
  ) private view returns (SigningDecision) {
    if (key.activeEpoch == 0 || !SigningKeys.signsKind(key.purpose, statement.kind)) return SigningDecision.UnusableKey;
    address rules = rulesOf[statement.keyId];
    if (rules == address(0)) return SigningDecision.Unbound;
    return SigningCalls.isPermitted(rules, requester, statement) ? SigningDecision.Permitted : SigningDecision.Denied;
  }

  function _emitRequested(
    SigningRequestId requestId,
    uint64 number,
    SigningStatement calldata statement,
    SigningRequest memory opened
  ) private {
    emit SigningRequested(requestId, statement.keyId, msg.sender, number, opened.digest, opened.signer, opened.deadline, statement);
  }

  function _addressOf(KeyId keyId, IKeyGeneration.Key memory key, bytes32 derivation) private view returns (address) {
    return SigningKeys.addressOf(keyId, key.publicKey.x, key.publicKey.y, key.publicKeyAddress, derivation);
  }

  /// `signer` is never zero, which is what a signature of nobody recovers to.
  function _verifiesEcdsa(address signer, bytes32 digest, bytes calldata signature) private pure returns (bool) {
    (address recovered, ECDSA.RecoverError failure, ) = ECDSA.tryRecoverCalldata(digest, signature);
    return failure == ECDSA.RecoverError.NoError && recovered == signer;
  }

  function _verifiesSchnorr(address signer, bytes32 digest, bytes calldata posted) private view returns (bool) {
    if (posted.length != _SCHNORR_POSTED) return false;
    (uint256 x, uint256 y) = (uint256(bytes32(posted[64:96])), uint256(bytes32(posted[96:])));
    return Secp256k1.addressOf(x, y) == signer && SchnorrSignature.verify(x, y, digest, posted[:SchnorrSignature.LENGTH]);
  }
}
