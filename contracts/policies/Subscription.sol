// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDocumentRegistry} from "../interfaces/IDocumentRegistry.sol";
import {IPermissions} from "../interfaces/IPermissions.sol";
import {ISubscription} from "../interfaces/ISubscription.sol";
import {Payments} from "../libraries/Payments.sol";
import {DocumentOwned} from "./DocumentOwned.sol";

/// Permits who has paid, for as long as was paid. The manual is ISubscription.
contract Subscription is ISubscription, DocumentOwned, ReentrancyGuardTransient {
  using SafeERC20 for IERC20;

  mapping(bytes32 document => Terms) private _terms;
  /// @inheritdoc ISubscription
  mapping(bytes32 document => mapping(address reader => uint64 until)) public override paidUntil;
  /// @inheritdoc ISubscription
  mapping(address owner => mapping(IERC20 token => uint256 amount)) public override earningsOf;

  constructor(IDocumentRegistry documents) DocumentOwned(documents) {}

  /// @inheritdoc ISubscription
  function setTerms(bytes32 document, Terms calldata terms) external onlyDocumentOwner(document) {
    if (terms.price == 0 || terms.period == 0) revert SubscriptionInvalidTerms(terms.price, terms.period);
    _terms[document] = terms;
    emit TermsSet(document, terms.token, terms.price, terms.period);
  }

  /// @inheritdoc ISubscription
  function endSale(bytes32 document) external onlyDocumentOwner(document) {
    delete _terms[document];
    emit TermsSet(document, IERC20(address(0)), 0, 0);
  }

  /// @inheritdoc ISubscription
  function subscribe(
    bytes32 document,
    address reader,
    uint32 periods,
    Terms calldata agreed
  ) external payable nonReentrant returns (uint64 until) {
    Terms memory terms = _terms[document];
    if (terms.period == 0) revert SubscriptionNotOnSale(document);
    if (keccak256(abi.encode(terms)) != keccak256(abi.encode(agreed))) revert SubscriptionOtherTerms(document);
    if (reader == address(0) || periods == 0) revert SubscriptionNothingAsked(reader, periods);

    uint64 start = paidUntil[document][reader];
    if (start < block.timestamp) start = uint64(block.timestamp);
    until = start + uint64(terms.period) * periods; // 2^32 * 2^32 fits; the sum is checked
    uint256 cost = uint256(terms.price) * periods;
    paidUntil[document][reader] = until;
    earningsOf[_ownerOf(document)][terms.token] += cost;
    emit Subscribed(document, reader, msg.sender, cost, until);
    _collect(terms.token, cost);
  }

  /// @inheritdoc ISubscription
  function withdraw(IERC20 token, address to) external nonReentrant returns (uint256 amount) {
    amount = earningsOf[msg.sender][token];
    if (amount == 0) revert NothingToWithdraw(msg.sender);

    earningsOf[msg.sender][token] = 0;
    emit EarningsWithdrawn(msg.sender, token, to, amount);
    if (address(token) == address(0)) Payments.pay(to, amount);
    else token.safeTransfer(to, amount);
  }

  /// @inheritdoc ISubscription
  function termsOf(bytes32 document) external view returns (Terms memory) {
    return _terms[document];
  }

  /// @inheritdoc IPermissions
  function checkPermissions(address user, bytes32 document) external view returns (bool permitted) {
    return block.timestamp < paidUntil[document][user];
  }

  /// Takes exactly `cost`. Guarded against reentry, so nothing else moves between the two balances.
  function _collect(IERC20 token, uint256 cost) private {
    bool isCoin = address(token) == address(0);
    if (msg.value != (isCoin ? cost : 0)) revert SubscriptionWrongPayment(msg.value, isCoin ? cost : 0);
    if (isCoin) return;
    uint256 before = token.balanceOf(address(this));
    token.safeTransferFrom(msg.sender, address(this), cost);
    uint256 received = token.balanceOf(address(this)) - before;
    if (received != cost) revert SubscriptionWrongPayment(received, cost);
  }
}
