// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeyGeneration} from "../interfaces/IKeyGeneration.sol";
import {KeyId} from "../types/Ids.sol";

/// Stands in for KeyGeneration where a test needs a key and not its generation: says what the test told it.
contract MockKeyGeneration {
  mapping(KeyId keyId => IKeyGeneration.Key) private _keys;
  mapping(KeyId keyId => mapping(uint32 epoch => IKeyGeneration.KeyEpoch)) private _keyEpochs;

  function setKey(KeyId keyId, IKeyGeneration.Key calldata key) external {
    _keys[keyId] = key;
  }

  function setKeyEpoch(KeyId keyId, uint32 epoch, IKeyGeneration.KeyEpoch calldata keyEpoch) external {
    _keyEpochs[keyId][epoch] = keyEpoch;
  }

  function keyOf(KeyId keyId) external view returns (IKeyGeneration.Key memory) {
    return _keys[keyId];
  }

  function keyEpochOf(KeyId keyId, uint32 epoch) external view returns (IKeyGeneration.KeyEpoch memory) {
    return _keyEpochs[keyId][epoch];
  }
}
