// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IContextPermissions, IPermissions} from "./IPermissions.sol";

/// Rules that combine other rules: AllOf, AnyOf, Not. The parts are other permissions contracts, fixed when the rule is deployed.
///
/// Parts are asked in order until the answer is known, and receive the request's context if they declare IContextPermissions. If a part does
/// anything but return a canonical 0 or 1, the whole rule reverts, which means no: so a broken part never becomes a yes, not even under Not.
/// Parts must exist before the rule does, so rules cannot contain themselves. All parts together have PERMISSION_GAS.
/// @dev Warning: a part that reverts to say no makes AnyOf and Not say no. A part sees this contract as its caller, not ShareRequests.
interface ICombinedPermissions is IPermissions, IContextPermissions {
  /// A permissions contract, and whether it declared IContextPermissions when the rule was deployed.
  struct Part {
    address permissions;
    bool takesContext;
  }

  /// A rule has 1 to `maximum` parts and `count` were given; nest rules to combine more.
  /// @param count how many parts were given
  /// @param maximum how many parts are allowed
  error CombinedPermissionsWrongCount(uint256 count, uint256 maximum);

  /// There is no contract at the part `part`; check the address and the chain.
  /// @param part the part's address
  error CombinedPermissionsNoPart(address part);

  /// The rule's part `part` answered neither yes nor no, so the whole rule says no; deploy a rule of parts that answer.
  /// @param part the part's address
  error CombinedPermissionsBrokenPart(address part);

  /// @return the parts, in the order in which they are asked. Immutable.
  function parts() external view returns (Part[] memory);
}
