// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyId} from "../types/Ids.sol";
import {ISigningRequests} from "./ISigningRequests.sol";
import {ISigningRules} from "./ISigningRules.sol";

/// Rules that have an owner, who can give a key other rules.
/// @dev Warning: the owner is fixed. An owner that is lost keeps its keys under these rules for ever.
interface IOwnedRules is ISigningRules {
  /// The owner of the rules is the zero address; name an account.
  error OwnedRulesNoOwner();

  /// `caller` does not own these rules; call from the owner's account.
  /// @param caller the account that called
  error OwnedRulesNotOwner(address caller);

  /// Gives a key that is bound to these rules other ones. Owner only.
  function moveKey(ISigningRequests signingRequests, KeyId keyId, address rules) external;

  /// @return the account that owns these rules. Immutable.
  function owner() external view returns (address);
}
