// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IContextPermissions} from "../interfaces/IPermissions.sol";

/// A permissions contract that declares, by ERC-165, that it is asked with the request's context. PROTOCOL section 4.4.
abstract contract TakesContext is IContextPermissions, IERC165 {
  /// @inheritdoc IERC165
  function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
    return interfaceId == type(IERC165).interfaceId || interfaceId == type(IContextPermissions).interfaceId;
  }
}
