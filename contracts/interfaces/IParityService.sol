// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What Parity's four services have in common: a request is paid for and waits; key servers answer it from their accounts; it ends with enough equal
/// answers, or with an error. The set of key servers is another contract's.
///
/// An answer counts in the set that it was given in: when the set changes, what was answered before counts no more, and all may answer again. A request
/// that is not answered for `requestBlocks` is ended by anybody. The fee goes to the key servers when it is paid, in equal parts, the remainder to the
/// last; it stays theirs, whatever becomes of the request.
interface IParityService {
  /// What a request costs from now on. @custom:duty none
  /// @param fee in wei
  event FeeSet(uint256 fee);

  /// How many requests may wait from now on. @custom:duty none
  /// @param maxPending the number
  event MaxPendingSet(uint256 maxPending);

  /// `sent` wei arrived but a request costs `fee`; send exactly that.
  /// @param sent what arrived, in wei
  /// @param fee what it costs, in wei
  error ParityServiceWrongFee(uint256 sent, uint256 fee);

  /// `maxPending` requests wait already; ask again when one has ended.
  /// @param maxPending how many may wait
  error ParityServiceFull(uint256 maxPending);

  /// Request `key` waits already; wait for its answer.
  /// @param key the server key id, of a shadow retrieval the hash of id and requester
  error ParityServicePending(bytes32 key);

  /// No request `key` waits; it was answered, ended, or never made.
  /// @param key the server key id, of a shadow retrieval the hash of id and requester
  error ParityServiceNotPending(bytes32 key);

  /// `keyServer` has answered request `key` in the present set; nothing is left to do.
  /// @param key the server key id, of a shadow retrieval the hash of id and requester
  /// @param keyServer the account that answered
  error ParityServiceAnswered(bytes32 key, address keyServer);

  /// Request `key` may be answered until block `until`; wait for it.
  /// @param key the server key id, of a shadow retrieval the hash of id and requester
  /// @param until the last block in which it waits for its answers
  error ParityServiceNotExpired(bytes32 key, uint256 until);

  /// Threshold `threshold` needs more key servers than the `count` that there are; ask for a lower one.
  /// @param threshold the threshold asked for
  /// @param count how many key servers there are
  error ParityServiceBadThreshold(uint256 threshold, uint256 count);

  /// A point has 64 bytes, and `length` were given; give x and y, 32 bytes each.
  /// @param length bytes given
  error ParityServiceBadPoint(uint256 length);

  /// There are no key servers; ask when the set has some.
  error ParityServiceNoKeyServers();

  /// Pays the caller what it has earned here.
  function drain() external;

  /// Sets what a request costs. Governance only.
  function setFee(uint256 fee_) external;

  /// Sets how many requests may wait. Governance only.
  function setMaxPending(uint256 maxPending_) external;

  /// Ends a request with its error event. Governance only.
  function deleteRequest(bytes32 key) external;

  /// Ends a request that was not answered in its time, with its error event. Anybody.
  function endExpired(bytes32 key) external;

  /// Reverts for strangers.
  /// @return index the place of a key server
  function requireKeyServer(address keyServer) external view returns (uint8 index);

  /// @return count how many key servers there are
  function keyServersCount() external view returns (uint8 count);

  /// @return fee what a request costs, in wei
  function fee() external view returns (uint256 fee);

  /// @return maxPending how many requests may wait
  function maxPending() external view returns (uint256 maxPending);

  /// @return requestBlocks blocks for which a request waits for its answers
  function requestBlocks() external view returns (uint256 requestBlocks);

  /// @return amount what a key server has earned and not collected, in wei
  function balanceOf(address keyServer) external view returns (uint256 amount);
}
