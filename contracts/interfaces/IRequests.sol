// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DocumentId, KeyId, RequestId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {VesAnswer} from "../types/Proofs.sol";
import {IDecryptionKeys} from "./IDecryptionKeys.sol";
import {IPayments} from "./IPayments.sol";
import {IPoints} from "./IPoints.sol";

/// What ShareRequests and OptimisticRequests have in common: a reader asks for shares of a document's key and pays for the answers; keepers earn
/// the fees. PROTOCOL sections 5.1 and 5.7.
/// @dev Warning: it trusts forever the KeeperRegistry, KeyGeneration and DocumentRegistry that it was deployed with.
interface IRequests is IDecryptionKeys, IPayments, IPoints {
  /// What a request id commits to; callers show it again and it is checked against the id.
  struct Statement {
    uint64 number;
    DocumentId document;
    bytes32 headerHash;
    address requester;
    Point readerKey;
    bytes32 contextHash;
  }

  /// Shares of a document's key were asked for. @custom:duty packages/keeper/src/answering/onSharesRequested.ts
  /// @param requestId the request
  /// @param document the document's id
  /// @param requester the account that asked
  /// @param number counts these, from 1
  /// @param keyId the key
  /// @param epoch the epoch
  /// @param headerHash the hash of the version's header
  /// @param readerKey what answers are encrypted to
  /// @param contextHash keccak of what the request is for; zero: without context
  /// @param deadline the last second of block time in which answers are taken
  event SharesRequested(
    RequestId indexed requestId,
    DocumentId indexed document,
    address indexed requester,
    uint64 number,
    KeyId keyId,
    uint32 epoch,
    bytes32 headerHash,
    Point readerKey,
    bytes32 contextHash,
    uint64 deadline
  );

  /// A keeper's answer was taken: by ShareRequests after it was verified, by OptimisticRequests unverified. @custom:duty none
  /// @param requestId the request
  /// @param slot the keeper's slot
  /// @param verifyingShare the public point of the keeper's share
  /// @param share the encrypted share with its proof
  event ShareAnswered(RequestId indexed requestId, uint8 indexed slot, Point verifyingShare, VesAnswer share);

  /// Governance changed what an answer costs, for requests made after this. @custom:duty none
  /// @param price wei per answer
  event PriceChanged(uint96 price);

  /// What a request had paid for answers that did not come, or did not stand, was refunded to the requester. @custom:duty none
  /// @param requestId the request
  /// @param requester the account that asked
  /// @param amount how much, in wei
  event FeeRefunded(RequestId indexed requestId, address indexed requester, uint256 amount);

  /// What an operator earned was paid: to itself, or to its successor where it was revoked as stolen. @custom:duty none
  /// @param operator the operator's account
  /// @param payee the account that was paid
  /// @param amount how much, in wei
  event FeesWithdrawn(address indexed operator, address indexed payee, uint256 amount);

  /// A duration of `given` s is shorter than its minimum of `minimum` s; deploy with a longer one.
  /// @param given seconds given
  /// @param minimum seconds that are allowed at least
  error RequestTooShort(uint64 given, uint64 minimum);

  /// Document `document` is not published, or its version `headerHash` is unknown or withdrawn; ask for a published version.
  /// @param document the document's id
  /// @param headerHash the hash of the version's header
  error RequestUnknownDocument(DocumentId document, bytes32 headerHash);

  /// `requester` may not read document `document`: its permissions contract did not say yes; ask the owner for access.
  /// @param document the document's id
  /// @param requester the account that asked
  error RequestDenied(DocumentId document, address requester);

  /// `sent` wei were sent but the answers cost `expected` wei; send exactly that.
  /// @param sent wei sent
  /// @param expected wei that the answers cost
  error RequestWrongFee(uint256 sent, uint256 expected);

  /// The statement does not hash to request `requestId`; repeat what its SharesRequested event says.
  /// @param requestId the request
  error RequestForeignStatement(RequestId requestId);

  /// The header's parts do not hash to the header of request `requestId`; take them from that header.
  /// @param requestId the request
  error RequestForeignHeader(RequestId requestId);

  /// The keeper at slot `slot` has already answered request `requestId`; nothing is left to do.
  /// @param requestId the request
  /// @param slot the keeper's slot
  error RequestAlreadyAnswered(RequestId requestId, uint8 slot);

  /// Slot `slot` is not a member of the epoch of request `requestId`, or the verifying share is not its own; answer with the slot's own share.
  /// @param requestId the request
  /// @param slot the keeper's slot
  error RequestNotMember(RequestId requestId, uint8 slot);

  /// Request `requestId` owes its requester nothing now: it may still be open, was answered in full, was free, or was refunded already.
  /// @param requestId the request
  error RequestNothingToRefund(RequestId requestId);

  /// Asks the keepers for the caller's shares of a published document's version. Send quorum times price, exactly: PROTOCOL section 5.7.
  /// @dev Warning: a contract that asks and pays must take plain transfers, or what it did not use stays here for good.
  /// @param readerKey X, a fresh public key of the reader's; answers are encrypted to it
  /// @param contextHash zero, or what the request is for: PROTOCOL section 4.4
  /// @return requestId names the request: `requestIdOf`
  function request(
    DocumentId document,
    bytes32 headerHash,
    Point calldata readerKey,
    bytes32 contextHash
  ) external payable returns (RequestId requestId);

  /// Refunds, to the requester, what the request paid for answers that did not come or did not stand, once none can come any more. Anyone may
  /// call it.
  function refund(RequestId requestId, Statement calldata statement) external;

  /// Pays what an account earned as the operator of its slot in the requests' epochs: to that account, also after a rotation or a removal; of an
  /// account that was revoked as stolen, to the operator that its slot has now. Anyone may call it.
  /// @dev Warning: governance says what was stolen, and names the successor. An operator that does not trust it withdraws often.
  /// @return amount what was paid, in wei
  function withdrawFees(address operator) external returns (uint256 amount);

  /// Sets what an answer costs, for requests made after this. Governance only.
  function setPrice(uint96 price_) external;

  /// @return what an account earned and has not withdrawn, in wei.
  function creditOf(address operator) external view returns (uint256);

  /// @return wei per answer, fixed for a request when it is made.
  function price() external view returns (uint96);

  /// @return seconds from a request to its deadline. Immutable.
  function requestLifetime() external view returns (uint64);

  /// @return how many requests there have been.
  function requestCount() external view returns (uint64);

  /// @return keccak over the statement, this contract and the chain. PROTOCOL section 5.1.
  function requestIdOf(Statement calldata statement) external view returns (RequestId);
}
