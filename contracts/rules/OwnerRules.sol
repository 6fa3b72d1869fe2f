// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISigningRules} from "../interfaces/ISigningRules.sol";
import {SigningStatement} from "../types/Signing.sol";
import {OwnedRules} from "./OwnedRules.sol";

/// Rules by which one account may have its keys sign everything. The manual is IOwnedRules.
/// @dev Warning: everything means blank cheques too: a message of 32 bytes, or a SchnorrAccount's `Signed`, is consent to whatever a contract hides
/// behind a hash. Whoever has the owner's account has the key's addresses, and all that they own.
contract OwnerRules is OwnedRules {
  constructor(address owner_) OwnedRules(owner_) {}

  /// @inheritdoc ISigningRules
  function checkSigning(address requester, SigningStatement calldata) external view returns (bool permitted) {
    return requester == owner;
  }
}
