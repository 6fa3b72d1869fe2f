// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {AccountCall} from "../types/Signing.sol";
import {Point} from "../types/Point.sol";

/// A contract account on any chain that is owned by a Schnorr key. PROTOCOL section 9.6.
///
/// All that it takes is EIP-712 under its own domain ("Keyquorum account", 1, the chain, the account), so two accounts of one key share no signature:
/// `Execute` of calls, which anybody relays; `Signed` of a hash (ERC-1271); `UserOperation` (ERC-4337). There is no other owner, no upgrade and no
/// delegatecall: a reshare changes the keepers, not the account.
/// @dev Warning: it trusts forever the entry point that it was deployed with. `Signed` and `UserOperation` are consent to a hash, whatever it hides.
interface ISchnorrAccount is IERC1271 {
  /// The calls were signed for nonce `given`, and the account is at nonce `expected`; have them signed for that one.
  /// @param given the nonce given
  /// @param expected the account's next nonce
  error SchnorrAccountWrongNonce(uint256 given, uint256 expected);

  /// The calls were signed until `deadline`, and that is over; have them signed with a later deadline.
  /// @param deadline until when they could be made, in seconds of block time
  error SchnorrAccountExpired(uint64 deadline);

  /// The signature is not the account's key's over these calls, nonce, deadline and gas; take all of them as they were signed.
  error SchnorrAccountInvalidSignature();

  /// `left` gas is left, but `needed` is needed for the call at index `index` to get the gas that was signed; send with a higher gas limit.
  /// @param index of the call
  /// @param left gas that is left
  /// @param needed gas that is needed
  error SchnorrAccountTooLittleGas(uint256 index, uint256 left, uint256 needed);

  /// Makes calls that the key signed: all, in order, or none. Anyone may send them. Reverts with what the first call reverted with that did.
  /// @param nonce_ `nonce`; each is used once
  /// @param deadline the last second of block time at which they may be made
  /// @param gas_ what each call gets at least, so that who sends them cannot starve one
  /// @param signature c, z over `Execute(calls, nonce, deadline, gas)`
  function execute(AccountCall[] calldata calls, uint256 nonce_, uint64 deadline, uint64 gas_, bytes calldata signature) external;

  /// Makes calls for a user operation. The entry point only, which has asked `validateUserOp` before.
  function executeUserOperation(AccountCall[] calldata calls) external;

  /// @return the nonce of the next `execute`. User operations have nonces of their own, at the entry point.
  function nonce() external view returns (uint256);

  /// @return the key, which may be a derived one.
  function key() external view returns (Point memory);

  /// @return the separator of the account's own domain: a part of what its key signs.
  function domainSeparator() external view returns (bytes32);
}
