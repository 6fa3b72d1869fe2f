// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DocumentId, KeyId, RequestId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {VesAnswer, VesHints} from "../types/Proofs.sol";
import {IAnswerFaults} from "./IAnswerFaults.sol";

/// Judges answers that keepers gave by HTTP: a receipt that a keeper signed, with the answer that it stands for, convicts the keeper when
/// the answer is wrong. Anyone may bring it, as long as the identity key that signed it is not revoked as stolen: when a receipt was signed
/// only its signer says, and from then on that may be the thief. What was proved before stands. PROTOCOL section 5.5.
/// @dev Warning: it trusts forever the KeeperRegistry and KeyGeneration that it was deployed with. A conviction is only recorded: it costs the
/// keeper nothing here.
interface IReceiptFaults is IAnswerFaults {
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

  /// The answer of slot `slot` to request `requestId` was already proved wrong; nothing is left to do.
  /// @param requestId the request
  /// @param slot the keeper's slot
  error ReceiptFaultsAlreadyProved(RequestId requestId, uint8 slot);

  /// The receipt for request `requestId` is not signed by the identity key that slot `slot` had in that epoch, so it convicts nobody.
  /// @param requestId the request
  /// @param slot the keeper's slot
  error ReceiptFaultsInvalidSignature(RequestId requestId, uint8 slot);

  /// The identity key that signed the receipt of slot `slot` for request `requestId` was revoked as stolen, so its receipts no longer
  /// convict anybody.
  /// @param requestId the request
  /// @param slot the keeper's slot
  error ReceiptFaultsRevokedIdentity(RequestId requestId, uint8 slot);

  /// The receipt's request `requestId` is not the one shown; show the request that the reader signed.
  /// @param requestId the request
  error ReceiptFaultsForeignRequest(RequestId requestId);

  /// The receipt for request `requestId` is for another answer; show the one that came with it.
  /// @param requestId the request
  error ReceiptFaultsForeignAnswer(RequestId requestId);

  /// The header's parts do not hash to the header in the receipt for request `requestId`; take them from that header.
  /// @param requestId the request
  error ReceiptFaultsForeignHeader(RequestId requestId);

  /// Slot `slot` holds no share of key `keyId` in epoch `epoch`, or the verifying share is not its own; check the evidence.
  /// @param keyId the key
  /// @param epoch the epoch
  /// @param slot the keeper's slot
  error ReceiptFaultsNotMember(KeyId keyId, uint64 epoch, uint8 slot);

  /// Proves that the keeper who signed the receipt gave a wrong answer. A wrong witness reverts.
  function prove(Evidence calldata evidence) external;

  /// @return whether this slot's answer to this request was proved wrong.
  function isProved(RequestId requestId, uint8 slot) external view returns (bool);
}
