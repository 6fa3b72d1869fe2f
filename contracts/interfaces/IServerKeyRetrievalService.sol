// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParityService} from "./IParityService.sol";

/// Server keys are shown by request on chain, to anybody. More than half of the key servers, and threshold + 1 at least, must say the same.
interface IServerKeyRetrievalService is IParityService {
  /// Somebody asks for a server key. @custom:duty none
  /// @param serverKeyId the server key id
  event ServerKeyRetrievalRequested(bytes32 serverKeyId);

  /// Enough key servers say so: the form that Parity's contract emits. @custom:duty none
  /// @param serverKeyId the server key id
  /// @param serverKeyPublic the public key, x and y
  event ServerKeyRetrieved(bytes32 indexed serverKeyId, bytes serverKeyPublic);

  /// The same once more, in the form that Parity's interface declares. @custom:duty none
  /// @param serverKeyId the server key id
  /// @param serverKeyPublic the public key, x and y
  /// @param threshold its threshold
  event ServerKeyRetrieved(bytes32 indexed serverKeyId, bytes serverKeyPublic, uint256 threshold);

  /// The key servers have no such key, or say different things. @custom:duty none
  /// @param serverKeyId the server key id
  event ServerKeyRetrievalError(bytes32 indexed serverKeyId);

  /// Asks for a server key.
  function retrieveServerKey(bytes32 serverKeyId) external payable;

  /// A key server's answer. Key servers only, each once.
  function serverKeyRetrieved(bytes32 serverKeyId, bytes calldata serverKeyPublic, uint8 threshold) external;

  /// A key server says that it has no such key. Key servers only, each once.
  function serverKeyRetrievalError(bytes32 serverKeyId) external;

  /// @return count how many requests wait
  function serverKeyRetrievalRequestsCount() external view returns (uint256 count);

  /// @return serverKeyId its id
  function getServerKeyRetrievalRequest(uint256 index) external view returns (bytes32 serverKeyId);

  /// @return required whether this key server's answer would count
  function isServerKeyRetrievalResponseRequired(bytes32 serverKeyId, address keyServer) external view returns (bool required);
}
