// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEntryPoint} from "@openzeppelin/contracts/interfaces/IERC4337.sol";
import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";
import {ISchnorrAccountFactory} from "./interfaces/ISchnorrAccountFactory.sol";
import {Secp256k1} from "./libraries/Secp256k1.sol";
import {SchnorrAccount} from "./SchnorrAccount.sol";
import {Point} from "./types/Point.sol";

/// Makes SchnorrAccounts. The manual is ISchnorrAccountFactory.
contract SchnorrAccountFactory is ISchnorrAccountFactory {
  /// @inheritdoc ISchnorrAccountFactory
  address public immutable override entryPoint;

  constructor(address entryPoint_) {
    entryPoint = entryPoint_;
  }

  /// @inheritdoc ISchnorrAccountFactory
  function make(Point calldata key, bytes32 salt) external returns (address account) {
    account = addressOf(key, salt);
    if (account.code.length != 0) return account;

    new SchnorrAccount{salt: salt}(key, IEntryPoint(entryPoint));
    emit SchnorrAccountMade(account, key, salt);
  }

  /// @inheritdoc ISchnorrAccountFactory
  function addressOf(Point calldata key, bytes32 salt) public view returns (address account) {
    Secp256k1.requireValid(key); // no signature by another would ever verify
    bytes memory code = bytes.concat(type(SchnorrAccount).creationCode, abi.encode(key, entryPoint));
    return Create2.computeAddress(salt, keccak256(code));
  }
}
