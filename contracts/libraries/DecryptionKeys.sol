// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDecryptionKeys} from "../interfaces/IDecryptionKeys.sol";
import {IKeyGeneration} from "../interfaces/IKeyGeneration.sol";
import {KeyId} from "../types/Ids.sol";

/// Which keys documents can be encrypted to and read with.
library DecryptionKeys {
  /// The key, if it is active and its purpose is Decrypt. Reverts `UnusableKey` otherwise.
  function requireUsable(IKeyGeneration keyGeneration, KeyId keyId) internal view returns (IKeyGeneration.Key memory key) {
    key = keyGeneration.keyOf(keyId);
    if (key.activeEpoch == 0 || key.purpose != IKeyGeneration.Purpose.Decrypt) revert IDecryptionKeys.UnusableKey(keyId);
  }
}
