// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IPayments} from "./IPayments.sol";
import {IPermissions} from "./IPermissions.sol";

/// Permits who has paid, for as long as was paid. The document's owner sets price and period; earnings wait here until they are withdrawn.
///
/// A subscriber shows the terms it agreed to, so they cannot change under its transaction; what is paid stays paid when they change.
/// @dev Warning: it protects from the price, not from the owner, who may still withdraw versions or move the document to another contract.
interface ISubscription is IPermissions, IPayments {
  /// What a document costs. `token` zero: the chain's own coin. `price` per period in the token's smallest unit; `period` in seconds.
  /// All zero: not on sale.
  struct Terms {
    IERC20 token;
    uint96 price;
    uint32 period;
  }

  /// The owner set the terms for subscriptions from now on; all zero: not on sale any more. @custom:duty none
  /// @param document the document's id
  /// @param token the token; zero: the coin
  /// @param price per period, in the token's smallest unit
  /// @param period seconds that one price buys
  event TermsSet(bytes32 indexed document, IERC20 token, uint96 price, uint32 period);

  /// A subscription was paid or renewed: `reader` may read until `until`. @custom:duty none
  /// @param document the document's id
  /// @param reader the account that reads
  /// @param payer the account that paid
  /// @param cost what was paid, in the token's smallest unit
  /// @param until what is paid for ends then, in seconds of block time
  event Subscribed(bytes32 indexed document, address indexed reader, address indexed payer, uint256 cost, uint64 until);

  /// Earnings were paid out. @custom:duty none
  /// @param owner the account that had earned it
  /// @param token the token; zero: the coin
  /// @param to where it goes
  /// @param amount how much, in the token's smallest unit
  event EarningsWithdrawn(address indexed owner, IERC20 indexed token, address to, uint256 amount);

  /// A price of `price` for `period` s cannot be sold; give a price and a period above 0.
  /// @param price per period, in the token's smallest unit
  /// @param period seconds that one price buys
  error SubscriptionInvalidTerms(uint96 price, uint32 period);

  /// Document `document` is not on sale; ask its owner to set terms.
  /// @param document the document's id
  error SubscriptionNotOnSale(bytes32 document);

  /// The terms of document `document` are not those that were agreed to; look at them and agree again.
  /// @param document the document's id
  error SubscriptionOtherTerms(bytes32 document);

  /// `periods` periods for `reader` is nothing; name a reader and at least one period.
  /// @param reader the account that reads
  /// @param periods how many periods were asked for
  error SubscriptionNothingAsked(address reader, uint32 periods);

  /// `paid` arrived but it costs `cost`; send exactly that, in a token that takes no fee on transfers.
  /// @param paid what arrived
  /// @param cost what it costs
  error SubscriptionWrongPayment(uint256 paid, uint256 cost);

  /// Puts a document on sale, or changes its terms. Owner only.
  function setTerms(bytes32 document, Terms calldata terms) external;

  /// Takes a document off sale; who has paid may read on. Owner only.
  function endSale(bytes32 document) external;

  /// Pays `periods` periods for `reader`, from now or from the end of what it has. Anyone may pay for anyone.
  /// Coin: send exactly `price * periods`. Token: approve it to this contract first.
  /// @return until when the reader's permission ends, in seconds of block time
  function subscribe(bytes32 document, address reader, uint32 periods, Terms calldata agreed) external payable returns (uint64 until);

  /// Pays the caller's earnings in one token (zero: the coin) to `to`.
  /// @return amount what was paid, in the smallest unit
  function withdraw(IERC20 token, address to) external returns (uint256 amount);

  /// @return A document's terms.
  function termsOf(bytes32 document) external view returns (Terms memory);

  /// @return the second of block time from which `reader` may no longer read; 0 when it never subscribed.
  function paidUntil(bytes32 document, address reader) external view returns (uint64);

  /// @return what an owner has earned in one token and not withdrawn.
  function earningsOf(address owner, IERC20 token) external view returns (uint256);
}
