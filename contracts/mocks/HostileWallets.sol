// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OwnerWallet} from "./Wallets.sol";

/// Returns the same bytes, of any length, to whatever it is asked.
contract RawWallet {
  bytes private _data;

  constructor(bytes memory data) {
    _data = data;
  }

  fallback(bytes calldata) external returns (bytes memory) {
    return _data;
  }
}

/// Returns or reverts with bytes, of any number, whose first word is ERC-1271's magic value.
contract BombWallet {
  uint256 private immutable _length;
  bool private immutable _reverts;

  constructor(uint256 length, bool reverts) {
    _length = length;
    _reverts = reverts;
  }

  fallback() external {
    (uint256 length, bool reverts) = (_length, _reverts);
    assembly {
      mstore(0, shl(224, 0x1626ba7e))
      if reverts {
        revert(0, length)
      }
      return(0, length)
    }
  }
}

/// Burns all gas it gets.
contract BurningWallet {
  fallback() external {
    while (true) {}
  }
}

/// Needs a given amount of gas to say yes.
contract HungryWallet {
  uint256 private immutable _appetite;

  constructor(uint256 appetite) {
    _appetite = appetite;
  }

  function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
    uint256 start = gasleft();
    while (start - gasleft() < _appetite) {}
    return this.isValidSignature.selector;
  }
}

/// Says yes after it has written to its storage.
contract WritingWallet {
  uint256 public calls;

  function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
    ++calls;
    return this.isValidSignature.selector;
  }
}

/// Says what it was last told to say.
contract FickleWallet {
  bool public mood = true;

  function set(bool mood_) external {
    mood = mood_;
  }

  function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
    return mood ? this.isValidSignature.selector : bytes4(0);
  }
}

/// Makes accounts badly.
contract HostileFactory {
  /// Makes the account, then reverts.
  function makeAndRevert(address owner, bytes32 salt) external {
    new OwnerWallet{salt: salt}(owner);
    revert("no");
  }

  /// Makes the account and burns what gas is left.
  function makeAndBurn(address owner, bytes32 salt) external {
    new OwnerWallet{salt: salt}(owner);
    while (true) {}
  }

  /// Makes the account and needs a given amount of gas on top.
  function makeHungrily(address owner, bytes32 salt, uint256 appetite) external {
    uint256 start = gasleft();
    new OwnerWallet{salt: salt}(owner);
    while (start - gasleft() < appetite) {}
  }

  /// Makes an account that says yes to everything.
  function makeYes(bytes32 salt) external {
    new FickleWallet{salt: salt}();
  }

  /// Makes the account and returns much.
  function makeAndBomb(address owner, bytes32 salt) external {
    new OwnerWallet{salt: salt}(owner);
    assembly {
      return(0, 262144)
    }
  }

  /// Changes another contract's mood.
  function set(FickleWallet other) external {
    other.set(true);
  }
}
