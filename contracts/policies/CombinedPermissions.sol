// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";
import {ICombinedPermissions} from "../interfaces/ICombinedPermissions.sol";
import {IContextPermissions, IPermissions} from "../interfaces/IPermissions.sol";
import {WordCalls} from "../libraries/WordCalls.sol";
import {TakesContext} from "./TakesContext.sol";

/// Holds the parts of a rule and asks them. The manual is ICombinedPermissions.
abstract contract CombinedPermissions is ICombinedPermissions, TakesContext {
  uint256 private constant _MAX_PARTS = 8;

  /// Written by the constructor only.
  Part[] private _parts;

  constructor(address[] memory parts_) {
    if (parts_.length == 0 || parts_.length > _MAX_PARTS) revert CombinedPermissionsWrongCount(parts_.length, _MAX_PARTS);
    for (uint256 i = 0; i < parts_.length; ++i) {
      if (parts_[i].code.length == 0) revert CombinedPermissionsNoPart(parts_[i]);
      bool takesContext = ERC165Checker.supportsInterface(parts_[i], type(IContextPermissions).interfaceId);
      _parts.push(Part({permissions: parts_[i], takesContext: takesContext}));
    }
  }

  /// @inheritdoc ICombinedPermissions
  function parts() external view returns (Part[] memory) {
    return _parts;
  }

  /// @inheritdoc IPermissions
  function checkPermissions(address user, bytes32 document) external view returns (bool permitted) {
    return _combine(user, document, 0);
  }

  /// @inheritdoc IContextPermissions
  function checkPermissionsFor(address user, bytes32 document, bytes32 contextHash) external view returns (bool permitted) {
    return _combine(user, document, contextHash);
  }

  function _combine(address user, bytes32 document, bytes32 contextHash) internal view virtual returns (bool);

  /// Whether some part gives this answer; parts behind the first that does are not asked.
  function _someSay(bool wanted, address user, bytes32 document, bytes32 contextHash) internal view returns (bool) {
    uint256 count = _parts.length;
    for (uint256 i = 0; i < count; ++i) if (_ask(_parts[i], user, document, contextHash) == wanted) return true;
    return false;
  }

  function _ask(Part memory part, address user, bytes32 document, bytes32 contextHash) private view returns (bool) {
    address permissions = part.permissions;
    bytes memory question =
      part.takesContext
        ? abi.encodeCall(IContextPermissions.checkPermissionsFor, (user, document, contextHash))
        : abi.encodeCall(IPermissions.checkPermissions, (user, document));
    (bool isWord, uint256 answer) = WordCalls.ask(permissions, gasleft(), question);
    if (!isWord || answer > 1) revert CombinedPermissionsBrokenPart(permissions);
    return answer == 1;
  }
}
