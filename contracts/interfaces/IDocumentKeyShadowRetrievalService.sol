// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParityService} from "./IParityService.sol";

/// Document keys are read by request on chain. First more than half of the key servers, and threshold + 1 at least, must say which common point and
/// threshold the document key has; then threshold + 1 *participants*, named by a mask, post the decrypted secret and each its own shadow, encrypted to
/// the requester. A request is named by the hash of id and requester.
interface IDocumentKeyShadowRetrievalService is IParityService {
  /// Somebody asks for a document key. @custom:duty none
  /// @param serverKeyId the server key id
  /// @param requester who asked
  event DocumentKeyCommonRetrievalRequested(bytes32 serverKeyId, address requester);

  /// The common point is known; the shadows are wanted. @custom:duty none
  /// @param serverKeyId the server key id
  /// @param requesterPublic what shadows are encrypted to, x and y; the requester's own key
  event DocumentKeyPersonalRetrievalRequested(bytes32 serverKeyId, bytes requesterPublic);

  /// Enough key servers say so. @custom:duty none
  /// @param serverKeyId the server key id
  /// @param requester who asked
  /// @param commonPoint x and y, with the sign that Parity's clients expect
  /// @param threshold its threshold
  event DocumentKeyCommonRetrieved(bytes32 indexed serverKeyId, address indexed requester, bytes commonPoint, uint8 threshold);

  /// One participant's part. Threshold + 1 with the same decrypted secret are the document key, for whoever opens the shadows. @custom:duty none
  /// @param serverKeyId the server key id
  /// @param requester who asked
  /// @param decryptedSecret x and y
  /// @param shadow encrypted to the requester
  event DocumentKeyPersonalRetrieved(bytes32 indexed serverKeyId, address indexed requester, bytes decryptedSecret, bytes shadow);

  /// The document key is not read by this request: there is none, it is not permitted, or the key servers say different things. @custom:duty none
  /// @param serverKeyId the server key id
  /// @param requester who asked
  event DocumentKeyShadowRetrievalError(bytes32 indexed serverKeyId, address indexed requester);

  /// The key given is `owner`'s and not the caller's; give the public key of the account that asks.
  /// @param owner the account of the key given
  error ParityServiceForeignKey(address owner);

  /// The common point of request `key` is known already, or not yet; look at the request.
  /// @param key the hash of server key id and requester
  error ParityServiceWrongPhase(bytes32 key);

  /// The mask `participants` does not name threshold + 1 = `needed` key servers, the caller among them; ask the participants.
  /// @param participants a bit for each place of the set
  /// @param needed how many participants there must be
  error ParityServiceBadParticipants(uint256 participants, uint256 needed);

  /// Asks for a document key. The caller must own the public key.
  function retrieveDocumentKeyShadow(bytes32 serverKeyId, bytes calldata requesterPublic) external payable;

  /// A key server says which common point and threshold it has. Key servers only, each once.
  function documentKeyCommonRetrieved(bytes32 serverKeyId, address requester, bytes calldata commonPoint, uint8 threshold) external;

  /// A participant's part. Each posts once in one set of participants, and in `MOST_SETS` sets at most.
  function documentKeyPersonalRetrieved(
    bytes32 serverKeyId,
    address requester,
    uint256 participants,
    bytes calldata decryptedSecret,
    bytes calldata shadow
  ) external;

  /// A key server says that it gives nothing. Key servers only, each once in each phase.
  function documentKeyShadowRetrievalError(bytes32 serverKeyId, address requester) external;

  /// @return count how many requests wait
  function documentKeyShadowRetrievalRequestsCount() external view returns (uint256 count);

  /// @return serverKeyId its id
  /// @return requesterPublic what shadows are encrypted to
  /// @return isCommonRetrievalCompleted whether the shadows are wanted
  function getDocumentKeyShadowRetrievalRequest(
    uint256 index
  ) external view returns (bytes32 serverKeyId, bytes memory requesterPublic, bool isCommonRetrievalCompleted);

  /// Requester first, as Parity's contract and its nodes have it; its interface named them the other way round.
  /// @return required whether this key server's answer would count
  function isDocumentKeyShadowRetrievalResponseRequired(
    bytes32 serverKeyId,
    address requester,
    address keyServer
  ) external view returns (bool required);
}
