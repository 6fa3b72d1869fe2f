// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPayments} from "../interfaces/IPayments.sol";

/// Pays wei out. The receiver is hostile input: callers change their books first and guard against reentry.
library Payments {
  /// Takes all that `account` may withdraw off the books; the caller then pays it. Reverts `NothingToWithdraw` where that is nothing.
  /// @param credits what each account may withdraw, in wei
  function take(mapping(address account => uint256 wei_) storage credits, address account) internal returns (uint256 amount) {
    amount = credits[account];
    if (amount == 0) revert IPayments.NothingToWithdraw(account);
    credits[account] = 0;
  }

  /// Pays `amount` wei. Reverts `PaymentRefused` where the receiver does not take it, or is zero.
  function pay(address receiver, uint256 amount) internal {
    (bool isPaid, ) = receiver.call{value: amount}("");
    if (!isPaid || receiver == address(0)) revert IPayments.PaymentRefused(receiver, amount);
  }
}
