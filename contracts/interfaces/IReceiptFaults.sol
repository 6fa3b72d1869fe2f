// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DocumentId, KeyId, RequestId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {VesAnswer, VesHints} from "../types/Proofs.sol";

/// Judges answers that keepers gave by HTTP: a receipt that a keeper signed, with the answer that it stands for, convicts the keeper when
/// the answer is wrong. Anyone may bring it, as long as the identity key that signed it is not revoked as stolen: when a receipt was signed
/// only its signer says, and from then on that may be the thief. What was proved before stands. PROTOCOL section 5.5.
interface IReceiptFaults {
  /// What the keeper signed: PROTOCOL section 5.4.
  struct Receipt {
    RequestId requestId;
    DocumentId document;
    bytes32 headerHash;
    address requester;
    KeyId keyId;
    uint64 epoch;
    uint8 slot;
    bytes32 finalizedBlock;
    bytes32 headBlock;
    bytes32 answerHash;
  }

  /// What of the reader's signed request is not in the receipt; with it, the request id is recomputed.
  struct AskedByHttp {
    Point readerKey;
    bytes32 contextHash;
    bytes32 nonce;
    uint64 deadline;
  }

  /// All that convicts. `path` leads from the slot's verifying share to the key's verifying root.
  struct Evidence {
    Receipt receipt;
    bytes signature;
    AskedByHttp asked;
    Point verifyingShare;
    bytes32[] path;
    VesAnswer share;
    Point u;
    bytes32 headerRest;
    VesHints witnesses;
  }

  /// A keeper signed a receipt for a wrong answer. @custom:duty none
  event AnswerDisproved(RequestId indexed requestId, uint8 indexed slot, address indexed challenger);

  /// This answer was proved wrong already.
  error ReceiptFaultsAlreadyProved(RequestId requestId, uint8 slot);
  /// The receipt is not signed by the slot's identity key of that epoch.
  error ReceiptFaultsInvalidSignature(RequestId requestId, uint8 slot);
  /// The slot's identity key of that epoch was revoked as stolen: its receipts convict nobody any more.
  error ReceiptFaultsRevokedIdentity(RequestId requestId, uint8 slot);
  /// The receipt's request id is not the digest of this request.
  error ReceiptFaultsForeignRequest(RequestId requestId);
  /// The receipt is for another answer.
  error ReceiptFaultsForeignAnswer(RequestId requestId);
  /// The header's parts do not hash to the receipt's header.
  error ReceiptFaultsForeignHeader(RequestId requestId);
  /// The slot holds no share of that key in that epoch, or the verifying share is not its.
  error ReceiptFaultsNotMember(KeyId keyId, uint64 epoch, uint8 slot);
  /// The answer is right: it convicts nobody.
  error ReceiptFaultsAnswerIsRight(RequestId requestId, uint8 slot);
  /// A witness is wrong, or U or the reader's key is no valid point: that convicts nobody.
  error ReceiptFaultsWrongWitness(RequestId requestId, uint8 slot);

  /// Proves that the keeper who signed the receipt gave a wrong answer. A wrong witness reverts.
  function prove(Evidence calldata evidence) external;

  /// How many wrong answers of a slot were proved.
  function faultsOf(uint8 slot) external view returns (uint32);

  /// Whether this slot's answer to this request was proved wrong.
  function isProved(RequestId requestId, uint8 slot) external view returns (bool);
}
