// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What goes wrong when a contract pays out what it holds for others.
interface IPayments {
  /// `receiver` did not take `amount` wei; name a receiver that accepts plain transfers.
  /// @param receiver the account that was to be paid
  /// @param amount how much, in wei
  error PaymentRefused(address receiver, uint256 amount);

  /// `account` has nothing here that is not withdrawn yet; nothing is left to do.
  /// @param account the account
  error NothingToWithdraw(address account);
}
