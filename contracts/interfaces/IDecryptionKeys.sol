// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyId} from "../types/Ids.sol";

/// Keys that documents are encrypted to.
interface IDecryptionKeys {
  /// Key `keyId` is not active, or its purpose is not Decrypt; use a key for decryption whose status is Active.
  /// @param keyId the key
  error UnusableKey(KeyId keyId);
}
