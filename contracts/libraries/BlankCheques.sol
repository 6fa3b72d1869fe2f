// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {StatementKind} from "../types/Signing.sol";
import {AccountHashes} from "./AccountHashes.sol";

/// Statements that hide what they consent to: raw hashes in disguise, and Keyquorum's own consents. The list is in ISigningGrants.
library BlankCheques {
  bytes32 private constant _SHARE_REQUEST = keccak256(
    "ShareRequest(bytes32 document,bytes32 headerHash,address requester,bytes readerKey,bytes32 contextHash,bytes32 nonce,uint64 deadline)"
  );
  bytes32 private constant _SIGNING_REQUEST = keccak256(
    "SigningRequest(bytes32 keyId,bytes32 derivation,uint8 kind,bytes payload,address requester,bytes32 nonce,uint64 deadline)"
  );

  /// @param payload a payload of its kind; of any other bytes it says something, and never reverts
  function isOne(StatementKind kind, bytes calldata payload) internal pure returns (bool) {
    if (kind == StatementKind.TypedData) return _isTyped(payload, 64);
    if (kind == StatementKind.AccountTyped) return _isTyped(payload, 96);
    return kind == StatementKind.Message && (payload.length == 32 || !_isText(payload));
  }

  /// By its type's hash. `position`: where the struct's length is; the struct is behind it.
  function _isTyped(bytes calldata payload, uint256 position) private pure returns (bool) {
    if (payload.length < position + 64 || uint256(bytes32(payload[position:])) < 32) return true;
    bytes32 typeHash = bytes32(payload[position + 32:]);
    return
      typeHash == AccountHashes.SIGNED ||
      typeHash == AccountHashes.USER_OPERATION ||
      typeHash == AccountHashes.EXECUTE ||
      typeHash == _SHARE_REQUEST ||
      typeHash == _SIGNING_REQUEST;
  }

  /// Printable ASCII and line feeds only.
  function _isText(bytes calldata payload) private pure returns (bool) {
    for (uint256 i = 0; i < payload.length; ++i) {
      bytes1 one = payload[i];
      if ((one < 0x20 || one > 0x7e) && one != 0x0a) return false;
    }
    return true;
  }
}
