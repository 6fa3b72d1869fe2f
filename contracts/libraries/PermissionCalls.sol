// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IContextPermissions, IPermissions} from "../interfaces/IPermissions.sol";
import {IShareRequests} from "../interfaces/IShareRequests.sol";
import {DocumentId} from "../types/Ids.sol";
import {WordCalls} from "./WordCalls.sol";

/// The one way a permissions contract is asked. The contract is hostile input: whatever it does, the result is yes or no.
///
/// Yes is exactly this: the static call returns, within its gas, 32 bytes that are the number 1. PROTOCOL section 4.4.
library PermissionCalls {
  /// What a permissions contract may use; never more, never less.
  uint256 internal constant PERMISSION_GAS = 300_000;
  /// What one ERC-165 question may use.
  uint256 internal constant DETECTION_GAS = 30_000;
  /// Covers account access, encoding and branching around the calls, measured under 10 000.
  uint256 private constant _MARGIN = 20_000;
  /// A call gets at most 63/64 of the gas left (EIP-150). Checked once, before the first call: a caller who could starve the detection
  /// alone would have a contract asked without its context.
  uint256 internal constant GAS_NEEDED = ((PERMISSION_GAS + 3 * DETECTION_GAS + _MARGIN) * 64) / 63 + 1;

  /// Asks `permissions` whether `user` may read `document`.
  /// @param contextHash shown only to a contract that declares IContextPermissions
  /// @dev Reverts ShareRequestsTooLittleGas, and for no other reason.
  function isPermitted(address permissions, address user, DocumentId document, bytes32 contextHash) internal view returns (bool) {
    uint256 left = gasleft();
    if (left < GAS_NEEDED) revert IShareRequests.ShareRequestsTooLittleGas(left, GAS_NEEDED);
    if (permissions.code.length == 0) return false;

    bytes32 id = DocumentId.unwrap(document);
    // The whole of ERC-165: a contract that says yes to everything declares nothing.
    bool takesContext =
      _declares(permissions, type(IERC165).interfaceId) &&
        !_declares(permissions, 0xffffffff) &&
        _declares(permissions, type(IContextPermissions).interfaceId);
    bytes memory question =
      takesContext
        ? abi.encodeCall(IContextPermissions.checkPermissionsFor, (user, id, contextHash))
        : abi.encodeCall(IPermissions.checkPermissions, (user, id));
    (bool isWord, uint256 word) = WordCalls.ask(permissions, PERMISSION_GAS, question);
    return isWord && word == 1;
  }

  function _declares(address permissions, bytes4 interfaceId) private view returns (bool) {
    bytes memory question = abi.encodeCall(IERC165.supportsInterface, (interfaceId));
    (bool isWord, uint256 answer) = WordCalls.ask(permissions, DETECTION_GAS, question);
    return isWord && answer == 1;
  }
}
