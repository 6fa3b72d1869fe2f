// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParityService} from "./IParityService.sol";

/// Document keys are stored by request on chain. More than half of the key servers must say that it is stored, or that it is not.
interface IDocumentKeyStoreService is IParityService {
  /// An author stores a document key. @custom:duty none
  /// @param serverKeyId the server key id
  /// @param author who asked; key servers know whether the server key is its own
  /// @param commonPoint x and y
  /// @param encryptedPoint x and y
  event DocumentKeyStoreRequested(bytes32 serverKeyId, address author, bytes commonPoint, bytes encryptedPoint);

  /// Enough key servers have it. @custom:duty none
  /// @param serverKeyId the server key id
  event DocumentKeyStored(bytes32 indexed serverKeyId);

  /// It is not stored by this request. @custom:duty none
  /// @param serverKeyId the server key id
  event DocumentKeyStoreError(bytes32 indexed serverKeyId);

  /// Stores a document key under a server key of the caller's.
  function storeDocumentKey(bytes32 serverKeyId, bytes calldata commonPoint, bytes calldata encryptedPoint) external payable;

  /// A key server says that the document key is stored. Key servers only, each once.
  function documentKeyStored(bytes32 serverKeyId) external;

  /// A key server says that it will not be. Key servers only, each once.
  function documentKeyStoreError(bytes32 serverKeyId) external;

  /// @return count how many requests wait
  function documentKeyStoreRequestsCount() external view returns (uint256 count);

  /// @return serverKeyId its id
  /// @return author who asked
  /// @return commonPoint x and y
  /// @return encryptedPoint x and y
  function getDocumentKeyStoreRequest(
    uint256 index
  ) external view returns (bytes32 serverKeyId, address author, bytes memory commonPoint, bytes memory encryptedPoint);

  /// @return required whether this key server's answer would count
  function isDocumentKeyStoreResponseRequired(bytes32 serverKeyId, address keyServer) external view returns (bool required);
}
