// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOwnedRules} from "../interfaces/IOwnedRules.sol";
import {ISigningRequests} from "../interfaces/ISigningRequests.sol";
import {KeyId} from "../types/Ids.sol";

/// What ready-made rules have in common: an owner. The manual is IOwnedRules.
abstract contract OwnedRules is IOwnedRules {
  /// @inheritdoc IOwnedRules
  address public immutable override owner;

  constructor(address owner_) {
    if (owner_ == address(0)) revert OwnedRulesNoOwner();
    owner = owner_;
  }

  modifier onlyOwner() {
    if (msg.sender != owner) revert OwnedRulesNotOwner(msg.sender);
    _;
  }

  /// @inheritdoc IOwnedRules
  function moveKey(ISigningRequests signingRequests, KeyId keyId, address rules) external onlyOwner {
    signingRequests.bindRules(keyId, rules);
  }
}
