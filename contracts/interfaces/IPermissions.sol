// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Answers one question: may this user read this document? Any contract with this function can be a document's permissions contract.
/// @dev Warning: it is called with 300 000 gas and must return exactly 32 bytes; anything but the canonical 1 means no. PROTOCOL section 4.4.
interface IPermissions {
  /// @return permitted true if `user` may read `document` now
  function checkPermissions(address user, bytes32 document) external view returns (bool permitted);
}

/// A permissions contract that declares this interface by ERC-165 is asked with the request's context instead.
interface IContextPermissions {
  /// @param contextHash keccak of what the request is for (a module and its runner, for one); zero when there is none
  /// @return permitted true if `user` may read `document` now, for that purpose
  function checkPermissionsFor(address user, bytes32 document, bytes32 contextHash) external view returns (bool permitted);
}
