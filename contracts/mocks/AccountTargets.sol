// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISchnorrAccount} from "../interfaces/ISchnorrAccount.sol";
import {AccountCall} from "../types/Signing.sol";

/// What an account calls in tests: remembers its calls, reverts on demand, looks at its gas, calls the account back.
contract AccountTarget {
  struct Seen {
    address caller;
    uint256 value;
    bytes data;
  }

  Seen[] private _seen;
  uint256 public gasSeen;

  error TargetSays(uint256 number);

  function record(bytes calldata data) external payable {
    _seen.push(Seen(msg.sender, msg.value, data));
  }

  function fail(uint256 number) external payable {
    revert TargetSays(number);
  }

  function failSilently() external payable {
    // solhint-disable-next-line gas-custom-errors, reason-string
    revert();
  }

  function lookAtGas() external payable {
    gasSeen = gasleft();
  }

  /// Calls the account that calls it, with calls that were signed for its next nonce.
  function callBack(AccountCall[] calldata calls, uint256 nonce, uint64 deadline, uint64 gas_, bytes calldata signature) external payable {
    ISchnorrAccount(msg.sender).execute(calls, nonce, deadline, gas_, signature);
  }

  function seen() external view returns (Seen[] memory) {
    return _seen;
  }
}
