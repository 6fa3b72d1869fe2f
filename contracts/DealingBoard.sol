// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IDealingBoard} from "./interfaces/IDealingBoard.sol";
import {IKeeperRegistry} from "./interfaces/IKeeperRegistry.sol";
import {IKeyGeneration} from "./interfaces/IKeyGeneration.sol";
import {DealingJudge} from "./libraries/DealingJudge.sol";
import {Dealings} from "./libraries/Dealings.sol";
import {Slots} from "./libraries/Slots.sol";
import {SessionId} from "./types/Ids.sol";
import {Point} from "./types/Point.sol";

/// What KeyGeneration and KeyResharing have in common: windows, who may take part, dealings, complaints and confirmations. The manual is
/// IDealingBoard. Phases and outcomes are the contracts' own.
abstract contract DealingBoard is IDealingBoard, AccessManaged {
  using Slots for uint256;

  /// Bit 0 is not a slot. It is set in `dealt` from the start, so that the first dealer pays no more than the others.
  uint256 internal constant _NO_SLOT = 1;

  /// More members would make a dealing or a complaint too large for one transaction on some chains.
  uint256 private constant _MAX_MEMBERS = 64;

  IKeeperRegistry internal immutable _registry;
  uint32 internal immutable _dealWindow;
  uint32 internal immutable _disputeWindow;
  uint32 internal immutable _readyWindow;

  /// How many sessions there have been; the newest session's number.
  uint64 internal _lastNumber;
  /// @inheritdoc IDealingBoard
  mapping(SessionId sid => mapping(uint8 dealer => bytes32)) public override dealHashOf;
  /// Equal confirmations by digest.
  mapping(SessionId sid => mapping(bytes32 digest => uint256)) private _confirmations;

  constructor(address authority_, IKeeperRegistry registry, IKeyGeneration.Windows memory windows_) AccessManaged(authority_) {
    _registry = registry;
    _dealWindow = windows_.deal;
    _disputeWindow = windows_.dispute;
    _readyWindow = windows_.ready;
  }

  /// Counts a confirmation. True for the (2t+1)th equal one.
  function _confirm(SessionId sid, bytes32 digest, uint8 threshold) internal returns (bool) {
    return ++_confirmations[sid][digest] == 2 * uint256(threshold) + 1;
  }

  /// The epoch's members and their number, if a key of this threshold may be dealt to them.
  function _requireCommittee(uint32 epoch, uint8 threshold) internal view returns (uint256 committee, uint8 members) {
    committee = _registry.membersOf(epoch);
    uint256 removed = committee & _registry.removedKeepers();
    if (removed != 0) revert DealingMembersRemoved(epoch, removed);
    uint256 count = committee.count();
    uint256 present = count - _registry.absentIn(epoch, committee).count(); // absent ones are of the committee
    if (threshold == 0 || 2 * uint256(threshold) + 1 > present || count > _MAX_MEMBERS) revert DealingBadThreshold(threshold, present);
    members = uint8(count); // at most _MAX_MEMBERS
  }

  /// The caller's slot in the epoch, if it is a member.
  function _requireMember(SessionId sid, uint32 epoch) internal view returns (uint8 slot) {
    slot = _registry.slotIn(epoch, msg.sender);
    if (slot == 0) revert DealingNotMember(sid, msg.sender);
  }

  /// The caller's slot in the epoch, if it may confirm this set of dealers.
  function _requireReady(SessionId sid, uint32 epoch, uint256 ready, uint256 qual, uint256 expected) internal view returns (uint8 slot) {
    slot = _requireMember(sid, epoch);
    if (ready.has(slot)) revert DealingAlreadyReady(sid, slot);
    if (qual != expected) revert DealingForeignQual(sid, qual, expected);
  }

  /// Whether a share of the session is a removed keeper's. A removal is permanent, so such a session never recovers.
  function _hasRemovedMember(uint256 committee) internal view returns (bool) {
    return committee & _registry.removedKeepers() != 0;
  }

  /// Complaints are taken about dealers that have dealt and are not disqualified, for any recipient. Sets have bit `slot` set.
  /// @param dealers who may deal
  /// @param committee the recipients
  function _requireAccusable(
    SessionId sid,
    uint256 dealers,
    uint256 committee,
    uint256 dealt,
    uint256 disqualified,
    Complaint calldata complaint
  ) internal pure {
    (uint8 dealer, uint8 recipient) = (complaint.dealer, complaint.recipient);
    if (!dealers.has(dealer)) revert DealingUnknownSlot(sid, dealer);
    if (!committee.has(recipient)) revert DealingUnknownSlot(sid, recipient);
    if (!dealt.has(dealer)) revert DealingNotDealt(sid, dealer);
    if (disqualified.has(dealer)) revert DealingAlreadyDisqualified(sid, dealer);
  }

  /// The bytes of an accusable complaint must be those that were dealt, so they are well-formed; the shared point must be the recipient's; and the
  /// share that it opens must be wrong.
  /// @param epoch the recipients'
  function _requireWrongShare(
    SessionId sid,
    uint32 epoch,
    uint256 threshold,
    uint256 members,
    uint256 committee,
    Complaint calldata complaint
  ) internal view {
    (uint8 dealer, uint8 recipient) = (complaint.dealer, complaint.recipient);
    bytes calldata dealing = complaint.dealing;
    bool isLong = dealing.length == Dealings.lengthOf(threshold, members);
    if (!isLong || Dealings.hashOf(dealing) != dealHashOf[sid][dealer]) revert DealingForeignBytes(sid, dealer);
    Point memory recipientKey = _registry.epochKeyOf(epoch, recipient); // a member's, so it is the key that the epoch froze
    if (!DealingJudge.isSharedPoint(sid, recipientKey, Dealings.ephemeral(dealing, threshold), complaint)) {
      revert DealingInvalidComplaint(sid, dealer, recipient);
    }
    uint256 place = committee.placeOf(recipient);
    if (DealingJudge.isShareRight(sid, threshold, members, place, complaint)) revert DealingShareIsValid(sid, dealer, recipient);
  }
}
