// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDocumentRegistry} from "../interfaces/IDocumentRegistry.sol";
import {IPermissions} from "../interfaces/IPermissions.sol";
import {IServiceAgreement} from "../interfaces/IServiceAgreement.sol";
import {IShareRequests} from "../interfaces/IShareRequests.sol";
import {Payments} from "../libraries/Payments.sol";
import {DocumentId, RequestId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {DocumentOwned} from "./DocumentOwned.sol";

/// Sells readings against answers. The manual is IServiceAgreement.
contract ServiceAgreement is IServiceAgreement, DocumentOwned, ReentrancyGuardTransient {
  using Payments for mapping(address => uint256);

  IShareRequests private immutable _requests;
  /// @inheritdoc IServiceAgreement
  address public immutable override seller;

  mapping(bytes32 document => Offer) private _offers;
  mapping(RequestId agreement => Agreement) private _agreements;
  /// @inheritdoc IServiceAgreement
  mapping(address account => uint256 wei_) public override creditOf;

  /// `documents` must be the registry that `requests` asks.
  constructor(IShareRequests requests, IDocumentRegistry documents, address seller_) DocumentOwned(documents) {
    _requests = requests;
    seller = seller_;
  }

  /// Takes refunds; which agreement they belong to is computed, because anyone may make ShareRequests pay them.
  receive() external payable {
    if (msg.sender != address(_requests)) revert ServiceAgreementForeignPayment(msg.sender);
  }

  /// @inheritdoc IServiceAgreement
  function offer(bytes32 document, uint96 price) external onlyDocumentOwner(document) {
    if (msg.sender != seller) revert ServiceAgreementNotSeller(msg.sender);
    _offers[document].price = price;
    _offers[document].isOpen = true;
    emit OfferMade(document, price);
  }

  /// @inheritdoc IServiceAgreement
  function endOffer(bytes32 document) external onlyDocumentOwner(document) {
    _offers[document].isOpen = false;
    emit OfferEnded(document);
  }

  /// @inheritdoc IServiceAgreement
  function open(
    bytes32 document,
    bytes32 headerHash,
    Point calldata readerKey
  ) external payable nonReentrant returns (RequestId agreement) {
    Offer memory offered = _offers[document];
    if (!offered.isOpen) revert ServiceAgreementNotOnOffer(document);
    if (msg.value < offered.price) revert ServiceAgreementTooLittle(msg.value, offered.price);

    _offers[document].agreements = offered.agreements + 1;
    // Reverts unless the rest is exactly the keepers' fees.
    agreement = _requests.request{value: msg.value - offered.price}(DocumentId.wrap(document), headerHash, readerKey, 0);
    _agreements[agreement] = Agreement({consumer: msg.sender, price: offered.price, document: document});
    emit AgreementOpened(agreement, document, msg.sender, offered.price);
  }

  /// @inheritdoc IServiceAgreement
  function release(RequestId agreement) external nonReentrant {
    Agreement memory settled = _settle(agreement, IShareRequests.RequestStatus.Served);
    creditOf[seller] += settled.price;
    emit AgreementReleased(agreement, settled.document, settled.price);
  }

  /// @inheritdoc IServiceAgreement
  function refund(RequestId agreement, IShareRequests.Statement calldata statement) external nonReentrant {
    Agreement memory settled = _settle(agreement, IShareRequests.RequestStatus.Expired);
    IShareRequests.Request memory request = _requests.requestOf(agreement);
    uint256 amount = settled.price + uint256(request.quorum - request.answers) * request.fee;
    creditOf[settled.consumer] += amount;
    emit AgreementRefunded(agreement, settled.consumer, amount);
    if (request.fee != 0 && !request.refunded) _requests.refund(agreement, statement); // anybody may have had it paid back before
  }

  /// @inheritdoc IServiceAgreement
  function withdraw(address to) external nonReentrant returns (uint256 amount) {
    amount = creditOf.take(msg.sender);
    emit CreditWithdrawn(msg.sender, to, amount);
    Payments.pay(to, amount);
  }

  /// @inheritdoc IServiceAgreement
  function offerOf(bytes32 document) external view returns (Offer memory) {
    return _offers[document];
  }

  /// @inheritdoc IServiceAgreement
  function agreementOf(RequestId agreement) external view returns (Agreement memory) {
    return _agreements[agreement];
  }

  /// @inheritdoc IPermissions
  /// @dev An ended offer does not deny what was opened before: keepers ask again before every answer.
  function checkPermissions(address user, bytes32 document) external view returns (bool permitted) {
    Offer memory offered = _offers[document];
    return user == address(this) && (offered.isOpen || offered.agreements != 0);
  }

  /// Takes the agreement off the books, once and for all: Served and Expired are for good.
  function _settle(RequestId agreement, IShareRequests.RequestStatus wanted) private returns (Agreement memory settled) {
    settled = _agreements[agreement];
    if (settled.consumer == address(0)) revert ServiceAgreementNotOpen(agreement);
    IShareRequests.RequestStatus status = _requests.statusOf(agreement);
    if (status != wanted) revert ServiceAgreementWrongStatus(agreement, status);

    delete _agreements[agreement];
    _offers[settled.document].agreements -= 1;
  }
}
