// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Point} from "../types/Point.sol";
import {IPoints} from "./IPoints.sol";

/// Makes SchnorrAccounts at addresses that are known before (CREATE2): they follow from this factory, the key and a salt.
interface ISchnorrAccountFactory is IPoints {
  /// An account was made. @custom:duty none
  /// @param account its address
  /// @param key its key
  /// @param salt the salt of its address
  event SchnorrAccountMade(address indexed account, Point key, bytes32 salt);

  /// Makes an account, where it is not there yet. Anyone may call it.
  /// @return account its address
  function make(Point calldata key, bytes32 salt) external returns (address account);

  /// @return account the address at which `make` makes it.
  function addressOf(Point calldata key, bytes32 salt) external view returns (address account);

  /// @return the ERC-4337 entry point of its accounts. Immutable.
  function entryPoint() external view returns (address);
}
