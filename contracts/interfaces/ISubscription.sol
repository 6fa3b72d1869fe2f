// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IPermissions} from "./IPermissions.sol";

/// Permits who has paid, for as long as was paid. The document's owner sets price and period; earnings wait here until they are withdrawn.
///
/// A subscriber shows the terms it agreed to, so they cannot change under its transaction; what is paid stays paid when they change.
/// @dev Warning: it protects from the price, not from the owner, who may still withdraw versions or move the document to another contract.
interface ISubscription is IPermissions {
  /// What a document costs. `token` zero: the chain's own coin. `price` per period in the token's smallest unit; `period` in seconds.
  /// All zero: not on sale.
  struct Terms {
    IERC20 token;
    uint96 price;
    uint32 period;
  }

  /// The owner set the terms for subscriptions from now on; all zero: not on sale any more. @custom:duty none
  event TermsSet(bytes32 indexed document, IERC20 token, uint96 price, uint32 period);

  /// A subscription was paid or renewed: `reader` may read until `until`. @custom:duty none
  event Subscribed(bytes32 indexed document, address indexed reader, address indexed payer, uint256 cost, uint64 until);

  /// Earnings were paid out. @custom:duty none
  event EarningsWithdrawn(address indexed owner, IERC20 indexed token, address to, uint256 amount);

  /// Price or period is 0: a document that costs nothing needs no subscription.
  error SubscriptionInvalidTerms(uint96 price, uint32 period);
  /// The document is not on sale.
  error SubscriptionNotOnSale(bytes32 document);
  /// The terms are not those that the subscriber agreed to.
  error SubscriptionOtherTerms(bytes32 document);
  /// The reader is the zero address, or no period is asked for.
  error SubscriptionNothingAsked(address reader, uint32 periods);
  /// The coin sent, or the tokens that arrived, are not what it costs. Tokens that take a fee of a transfer are refused by this.
  error SubscriptionWrongPayment(uint256 paid, uint256 cost);
  /// The caller has no earnings in this token.
  error SubscriptionNothingToWithdraw(address owner, IERC20 token);
  /// The receiver did not take the payment.
  error SubscriptionPaymentRefused(address to, uint256 amount);

  /// Puts a document on sale, or changes its terms. Owner only.
  function setTerms(bytes32 document, Terms calldata terms) external;

  /// Takes a document off sale; who has paid may read on. Owner only.
  function endSale(bytes32 document) external;

  /// Pays `periods` periods for `reader`, from now or from the end of what it has. Anyone may pay for anyone.
  /// Coin: send exactly `price * periods`. Token: approve it to this contract first.
  function subscribe(bytes32 document, address reader, uint32 periods, Terms calldata agreed) external payable returns (uint64 until);

  /// Pays the caller's earnings in one token (zero: the coin) to `to`.
  function withdraw(IERC20 token, address to) external returns (uint256 amount);

  /// A document's terms.
  function termsOf(bytes32 document) external view returns (Terms memory);

  /// The second of block time from which `reader` may no longer read; 0 when it never subscribed.
  function paidUntil(bytes32 document, address reader) external view returns (uint64);

  /// What an owner has earned in one token and not withdrawn.
  function earningsOf(address owner, IERC20 token) external view returns (uint256);
}
