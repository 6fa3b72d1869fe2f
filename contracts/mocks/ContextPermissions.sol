// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IContextPermissions, IPermissions} from "../interfaces/IPermissions.sol";

/// Permits one context and nothing without it. An honest user of PROTOCOL section 4.4.
contract ContextPermissions is IContextPermissions, IPermissions, IERC165 {
  bytes32 private immutable _contextHash;

  constructor(bytes32 contextHash) {
    _contextHash = contextHash;
  }

  function checkPermissionsFor(address, bytes32, bytes32 contextHash) external view returns (bool) {
    return contextHash == _contextHash;
  }

  /// Yes to everybody: a test sees from the result which question was asked.
  function checkPermissions(address, bytes32) external pure returns (bool) {
    return true;
  }

  function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
    return interfaceId == type(IERC165).interfaceId || interfaceId == type(IContextPermissions).interfaceId;
  }
}

/// Declares IContextPermissions and does not have it. Says yes to the question without context.
contract BrokenContextPermissions is IPermissions, IERC165 {
  function checkPermissions(address, bytes32) external pure returns (bool) {
    return true;
  }

  function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
    return interfaceId == type(IERC165).interfaceId || interfaceId == type(IContextPermissions).interfaceId;
  }
}

/// Speaks ERC-165 and declares nothing by it but that. Says yes to the question without context.
contract PlainPermissions is IPermissions, IERC165 {
  function checkPermissions(address, bytes32) external pure returns (bool) {
    return true;
  }

  function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
    return interfaceId == type(IERC165).interfaceId;
  }
}

/// Says no to the question without context, and yes to whatever it does not know: a careless fallback, not a declaration.
contract CarelessPermissions is IPermissions {
  function checkPermissions(address, bytes32) external pure returns (bool) {
    return false;
  }

  fallback(bytes calldata) external returns (bytes memory) {
    return abi.encode(true);
  }
}

/// Declares IContextPermissions with an answer of its maker's choice, after burning gas of its maker's choice.
/// Says yes with context, for `appetite` gas, and no without.
contract DetectablePermissions {
  bytes private _declaration;
  uint256 private immutable _burn;
  uint256 private immutable _appetite;

  constructor(bytes memory declaration, uint256 burn, uint256 appetite) {
    _declaration = declaration;
    _burn = burn;
    _appetite = appetite;
  }

  function checkPermissionsFor(address, bytes32, bytes32) external view returns (bool) {
    uint256 start = gasleft();
    while (start - gasleft() < _appetite) {}
    return true;
  }

  function checkPermissions(address, bytes32) external pure returns (bool) {
    return false;
  }

  function supportsInterface(bytes4 interfaceId) external view {
    uint256 start = gasleft();
    while (start - gasleft() < _burn) {}
    bytes memory data = interfaceId == 0xffffffff ? abi.encode(false) : _declaration;
    assembly ("memory-safe") {
      return(add(data, 32), mload(data))
    }
  }
}
