// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {WordCalls} from "./libraries/WordCalls.sol";

/// Asks whether a contract account takes a signature. It is never deployed: keepers run its constructor by `eth_call` without a recipient, at a
/// block that they name, and the state that it leaves is thrown away. PROTOCOL section 5.1.
///
/// The account and the factory are hostile input: whatever they do, the result is one byte, and it is about `account` alone.
contract SimulatedSignature {
  /// What `isValidSignature` may use; never more, never less.
  uint256 private constant _SIGNATURE_GAS = 1_000_000;
  /// What making an account that is not deployed may use.
  uint256 private constant _FACTORY_GAS = 3_000_000;
  /// Covers account access, encoding and branching around the calls.
  uint256 private constant _MARGIN = 50_000;

  /// There was less gas than the calls are promised: the caller's fault, and no verdict.
  error SimulatedSignatureTooLittleGas(uint256 left, uint256 needed);

  /// Returns one byte. 0: no. 1: the account takes the signature. 2: the account has no code, and no factory was to make it.
  /// @param factory zero, or what makes the account by `factoryCall`: then it must have no code before. Whoever asks this contract has checked that
  /// the call runs no code of the signer's choice: what it leaves behind is what the account is asked in
  /// @param madeCodeHash hash of the code that the factory must have put there
  constructor(address account, bytes32 digest, bytes memory signature, address factory, bytes memory factoryCall, bytes32 madeCodeHash) {
    uint8 verdict;
    if (factory == address(0)) {
      verdict = account.code.length == 0 ? 2 : _takes(account, digest, signature);
    } else if (account.code.length == 0) {
      _run(factory, factoryCall);
      if (account.codehash == madeCodeHash) verdict = _takes(account, digest, signature);
    }
    // Memory-safe: writes to scratch space. The byte becomes the code of a contract that nobody keeps.
    assembly ("memory-safe") {
      mstore8(0, verdict)
      return(0, 1)
    }
  }

  /// Calls the factory. Whether it did what it should is seen by the account's code alone: a call that fails leaves none.
  function _run(address factory, bytes memory factoryCall) private {
    _requireGas(_FACTORY_GAS);
    // Memory-safe: reads `factoryCall`, copies no return data.
    assembly ("memory-safe") {
      pop(call(_FACTORY_GAS, factory, 0, add(factoryCall, 32), mload(factoryCall), 0, 0))
    }
  }

  /// 1 if the static call returns, within its gas, exactly one word that is ERC-1271's magic value; else 0.
  function _takes(address account, bytes32 digest, bytes memory signature) private view returns (uint8) {
    bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
    _requireGas(_SIGNATURE_GAS);
    (bool isWord, uint256 word) = WordCalls.ask(account, _SIGNATURE_GAS, question);
    return isWord && bytes32(word) == IERC1271.isValidSignature.selector ? 1 : 0;
  }

  /// A call gets at most 63/64 of the gas left (EIP-150).
  function _requireGas(uint256 callGas) private view {
    uint256 needed = ((callGas + _MARGIN) * 64) / 63 + 1;
    if (gasleft() < needed) revert SimulatedSignatureTooLittleGas(gasleft(), needed);
  }
}
