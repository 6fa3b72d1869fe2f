// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {AnswerFaults} from "./AnswerFaults.sol";
import {IKeeperRegistry} from "./interfaces/IKeeperRegistry.sol";
import {IKeyGeneration} from "./interfaces/IKeyGeneration.sol";
import {IReceiptFaults} from "./interfaces/IReceiptFaults.sol";
import {Secp256k1} from "./libraries/Secp256k1.sol";
import {Slots} from "./libraries/Slots.sol";
import {VerifyingShares} from "./libraries/VerifyingShares.sol";
import {Ves} from "./libraries/Ves.sol";
import {RequestId} from "./types/Ids.sol";
import {Point} from "./types/Point.sol";

/// Judges answers that keepers gave by HTTP and signed a receipt for. The manual is IReceiptFaults.
contract ReceiptFaults is IReceiptFaults, AnswerFaults {
  bytes32 private constant _DOMAIN_TYPE = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
  bytes32 private constant _RECEIPT_TYPE = keccak256(
    "Receipt(bytes32 requestId,bytes32 document,bytes32 headerHash,address requester,bytes32 keyId,uint64 epoch,uint8 slot,bytes32 finalizedBlock,bytes32 headBlock,bytes32 answerHash)"
  );
  bytes32 private constant _REQUEST_TYPE = keccak256(
    "ShareRequest(bytes32 document,bytes32 headerHash,address requester,bytes readerKey,bytes32 contextHash,bytes32 nonce,uint64 deadline)"
  );
  bytes32 private constant _NAME = keccak256("Keyquorum");
  bytes32 private constant _VERSION = keccak256("1");

  IKeeperRegistry private immutable _registry;
  IKeyGeneration private immutable _keyGeneration;
  /// In whose name requests and receipts are signed.
  address private immutable _shareRequests;

  /// Bit `slot` is set for each slot whose answer to the request was proved wrong.
  mapping(RequestId requestId => uint256 slots) private _proved;

  constructor(IKeeperRegistry registry, IKeyGeneration keyGeneration, address shareRequests) {
    _registry = registry;
    _keyGeneration = keyGeneration;
    _shareRequests = shareRequests;
  }

  /// @inheritdoc IReceiptFaults
  function prove(Evidence calldata evidence) external {
    (RequestId requestId, uint8 slot) = (evidence.receipt.requestId, evidence.receipt.slot);
    if (isProved(requestId, slot)) revert ReceiptFaultsAlreadyProved(requestId, slot);
    _requireMember(evidence);
    bytes32 domain = keccak256(abi.encode(_DOMAIN_TYPE, _NAME, _VERSION, block.chainid, _shareRequests)); // PROTOCOL section 5.1
    _requireSigned(domain, evidence.receipt, evidence.signature);
    if (_requestDigest(domain, evidence) != RequestId.unwrap(requestId)) revert ReceiptFaultsForeignRequest(requestId);
    if (keccak256(abi.encode(evidence.share)) != evidence.receipt.answerHash) revert ReceiptFaultsForeignAnswer(requestId);
    if (keccak256(abi.encode(evidence.u, evidence.headerRest)) != evidence.receipt.headerHash) {
      revert ReceiptFaultsForeignHeader(requestId);
    }

    _proved[requestId] |= Slots.only(slot);
    _convict(requestId, slot, _judge(evidence));
  }

  /// @inheritdoc IReceiptFaults
  function isProved(RequestId requestId, uint8 slot) public view returns (bool) {
    return Slots.has(_proved[requestId], slot);
  }

  /// The slot held a share of the key in that epoch, and the verifying share is its.
  function _requireMember(Evidence calldata evidence) private view {
    Receipt calldata receipt = evidence.receipt;
    uint32 epoch = uint32(receipt.epoch);
    (bool isFound, ) = VerifyingShares.find(_keyGeneration, receipt.keyId, epoch, receipt.slot, evidence.verifyingShare, evidence.path);
    if (epoch != receipt.epoch || !isFound) revert ReceiptFaultsNotMember(receipt.keyId, receipt.epoch, receipt.slot);
  }

  /// The receipt is signed by the slot's identity key of that epoch: 65 bytes, low s, v 27 or 28. PROTOCOL section 5.4.
  function _requireSigned(bytes32 domain, Receipt calldata receipt, bytes calldata signature) private view {
    bytes32 digest = MessageHashUtils.toTypedDataHash(domain, keccak256(abi.encode(_RECEIPT_TYPE, receipt)));
    (address signer, ECDSA.RecoverError problem, ) = ECDSA.tryRecoverCalldata(digest, signature);
    Point memory identityKey = _registry.memberOf(uint32(receipt.epoch), receipt.slot).identityKey;
    if (_registry.identityRevokedAt(identityKey) != 0) revert ReceiptFaultsRevokedIdentity(receipt.requestId, receipt.slot);
    address identity = Secp256k1.addressOf(identityKey);
    if (problem != ECDSA.RecoverError.NoError || signer != identity) revert ReceiptFaultsInvalidSignature(receipt.requestId, receipt.slot);
  }

  /// What the reader signed. A key off the curve compresses like one on it, so that it is on it is for the judge to check.
  function _requestDigest(bytes32 domain, Evidence calldata evidence) private pure returns (bytes32) {
    AskedByHttp calldata asked = evidence.asked;
    bytes memory readerKey = abi.encodePacked(uint8(2 + (asked.readerKey.y & 1)), asked.readerKey.x);
    return
      MessageHashUtils.toTypedDataHash(
        domain,
        keccak256(
          abi.encode(
            _REQUEST_TYPE,
            evidence.receipt.document,
            evidence.receipt.headerHash,
            evidence.receipt.requester,
            keccak256(readerKey),
            asked.contextHash,
            asked.nonce,
            asked.deadline
          )
        )
      );
  }

  function _judge(Evidence calldata evidence) private view returns (Ves.Verdict) {
    Receipt calldata receipt = evidence.receipt;
    bytes32 context = Ves.contextOf(receipt.headerHash, receipt.requestId, receipt.keyId, receipt.epoch, receipt.slot);
    return Ves.judge(evidence.verifyingShare, evidence.u, evidence.asked.readerKey, context, evidence.share, evidence.witnesses);
  }
}
