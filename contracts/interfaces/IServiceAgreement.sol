// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RequestId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {IPayments} from "./IPayments.sol";
import {IPermissions} from "./IPermissions.sol";
import {IShareRequests} from "./IShareRequests.sol";

/// Sells one reading: the consumer pays into escrow, q accepted answers of keepers release the payment to the document's owner, and a request
/// that expires is refunded, together with the keepers' fees for missing answers.
///
/// The agreement itself is the requester, so the only way to request the document in its name is to pay; it signs nothing, not even as an
/// ERC-1271 wallet, so nobody can request by HTTP in its name. Answers are encrypted to the consumer's reader key, on chain; fewer than q
/// reveal nothing. An agreement's id is its request's id.
///
/// A deployment sells one owner's documents. Keepers answer on chain within a budget per requester and day, and the requester is this contract:
/// if it were open to all owners, anyone could use up the budget with their own document at no cost.
/// @dev Warning: rules about the reader that AllOf combines with this one see this contract and not the consumer.
/// @dev Warning: whoever sees all answers in transit and can keep them out of blocks until the deadline can read and is refunded.
interface IServiceAgreement is IPermissions, IPayments {
  /// What the owner offers. `agreements` counts those not settled: while there is one, the document stays readable for this contract.
  struct Offer {
    uint96 price;
    bool isOpen;
    uint64 agreements;
  }

  /// An agreement that is not settled; all zero when there is none, or it is settled.
  struct Agreement {
    address consumer;
    uint96 price;
    bytes32 document;
  }

  /// The owner offers readings of a document. @custom:duty none
  /// @param document the document's id
  /// @param price wei per reading
  event OfferMade(bytes32 indexed document, uint96 price);

  /// The owner offers no more; agreements made before continue. @custom:duty none
  /// @param document the document's id
  event OfferEnded(bytes32 indexed document);

  /// A consumer paid into escrow and the keepers were asked. @custom:duty none
  /// @param agreement the agreement, which is its request's id
  /// @param document the document's id
  /// @param consumer the account that pays and reads
  /// @param price wei in escrow
  event AgreementOpened(RequestId indexed agreement, bytes32 indexed document, address indexed consumer, uint96 price);

  /// The keepers answered: the payment is the seller's. @custom:duty none
  /// @param agreement the agreement, which is its request's id
  /// @param document the document's id
  /// @param amount how much, in wei
  event AgreementReleased(RequestId indexed agreement, bytes32 indexed document, uint256 amount);

  /// They did not: the payment is the consumer's again. @custom:duty none
  /// @param agreement the agreement, which is its request's id
  /// @param consumer the account that pays and reads
  /// @param amount how much, in wei
  event AgreementRefunded(RequestId indexed agreement, address indexed consumer, uint256 amount);

  /// What an account had here was paid out. @custom:duty none
  /// @param account the account
  /// @param to where it goes
  /// @param amount how much, in wei
  event CreditWithdrawn(address indexed account, address to, uint256 amount);

  /// `caller` is not the seller of this agreement contract; deploy one of your own.
  /// @param caller the account that called
  error ServiceAgreementNotSeller(address caller);

  /// Document `document` is not on offer; ask its owner to offer it.
  /// @param document the document's id
  error ServiceAgreementNotOnOffer(bytes32 document);

  /// `sent` wei were sent and the price alone is `price` wei; send the price and the keepers' fees.
  /// @param sent wei sent
  /// @param price wei that the reading costs, without the keepers' fees
  error ServiceAgreementTooLittle(uint256 sent, uint256 price);

  /// Agreement `agreement` does not exist or is already settled; nothing is left to do.
  /// @param agreement the agreement, which is its request's id
  error ServiceAgreementNotOpen(RequestId agreement);

  /// The request of agreement `agreement` is `status`; it is released when Served and refunded when Expired.
  /// @param agreement the agreement, which is its request's id
  /// @param status the status of its request
  error ServiceAgreementWrongStatus(RequestId agreement, IShareRequests.RequestStatus status);

  /// `sender` sent coin to the agreement contract, which takes only refunds; open an agreement instead.
  /// @param sender the account that sent it
  error ServiceAgreementForeignPayment(address sender);

  /// Offers readings of a document at `price` wei each, or changes the price. Agreements made before keep theirs. Its owner only, the seller.
  function offer(bytes32 document, uint96 price) external;

  /// Ends the offer. Owner only.
  function endOffer(bytes32 document) external;

  /// Pays for one reading and asks the keepers. Send the price and q times the keepers' price, exactly.
  /// @param readerKey a fresh public key of the consumer's; answers are encrypted to it
  /// @return agreement names the agreement: its request's id
  function open(bytes32 document, bytes32 headerHash, Point calldata readerKey) external payable returns (RequestId agreement);

  /// Gives the payment to the seller when the request is served. Anyone may call it.
  function release(RequestId agreement) external;

  /// Gives the payment and the fees of missing answers back to the consumer when the request has expired. Anyone may call it.
  /// @param statement the request's, for ShareRequests
  function refund(RequestId agreement, IShareRequests.Statement calldata statement) external;

  /// Pays what the caller has here to `to`.
  /// @return amount what was paid, in the smallest unit
  function withdraw(address to) external returns (uint256 amount);

  /// @return whose documents are sold here. Immutable.
  function seller() external view returns (address);

  /// @return A document's offer.
  function offerOf(bytes32 document) external view returns (Offer memory);

  /// @return an agreement.
  function agreementOf(RequestId agreement) external view returns (Agreement memory);

  /// @return what an account may withdraw, in wei.
  function creditOf(address account) external view returns (uint256);
}
