// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeyGeneration} from "../interfaces/IKeyGeneration.sol";
import {KeyId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {Secp256k1} from "./Secp256k1.sol";
import {Slots} from "./Slots.sol";
import {VerifyingTree} from "./VerifyingTree.sol";

/// Whose verifying share a point is. PROTOCOL section 3.6.
library VerifyingShares {
  /// True if `slot` is a member of the key's epoch and `share` is a valid point and the one that the key's verifying root holds for it.
  function isAuthentic(
    IKeyGeneration keyGeneration,
    KeyId keyId,
    uint32 epoch,
    uint8 slot,
    Point memory share,
    bytes32[] calldata path
  ) internal view returns (bool) {
    IKeyGeneration.KeyEpoch memory keyEpoch = keyGeneration.keyEpochOf(keyId, epoch);
    if (!Slots.has(keyEpoch.committee, slot) || !Secp256k1.isValid(share)) return false;
    bytes32 leaf = VerifyingTree.leaf(keyId, epoch, slot, share);
    return VerifyingTree.verify(keyEpoch.verifyingRoot, leaf, Slots.placeOf(keyEpoch.committee, slot), keyEpoch.members, path);
  }
}
