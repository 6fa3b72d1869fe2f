// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DealingBoard} from "./DealingBoard.sol";
import {IDealingBoard} from "./interfaces/IDealingBoard.sol";
import {IKeeperRegistry} from "./interfaces/IKeeperRegistry.sol";
import {IKeyGeneration} from "./interfaces/IKeyGeneration.sol";
import {IKeyResharing} from "./interfaces/IKeyResharing.sol";
import {DealingJudge} from "./libraries/DealingJudge.sol";
import {Dealings} from "./libraries/Dealings.sol";
import {Domains} from "./libraries/Domains.sol";
import {Slots} from "./libraries/Slots.sol";
import {VerifyingShares} from "./libraries/VerifyingShares.sol";
import {KeyId, SessionId} from "./types/Ids.sol";
import {Point} from "./types/Point.sol";

/// Bulletin board and judge of resharing. The manual is IKeyResharing. It stores facts only; every status, and Q, follows from them and the
/// block number. Windows are those of key generation.
///
/// Nothing on chain adds up Q's dealings: each C_0 is the dealer's verifying share, so any t+1 of them interpolate to the key.
contract KeyResharing is IKeyResharing, DealingBoard {
  using Slots for uint256;

  IKeyGeneration private immutable _keyGeneration;

  mapping(SessionId sid => Reshare) private _reshares;
  /// @inheritdoc IKeyResharing
  mapping(KeyId keyId => SessionId) public override sessionOf;

  /// @param authority_ the access manager: who may ask that keys be moved
  constructor(
    address authority_,
    IKeeperRegistry registry,
    IKeyGeneration keyGeneration
  ) DealingBoard(authority_, registry, keyGeneration.windows()) {
    address expected = keyGeneration.resharing();
    if (expected != address(this)) revert KeyResharingMisplaced(expected);
    _keyGeneration = keyGeneration;
  }

  /// @inheritdoc IKeyResharing
  function requestReshare(KeyId keyId, uint8 threshold) external restricted returns (SessionId sid) {
    uint32 fromEpoch = _keyGeneration.keyOf(keyId).activeEpoch;
    if (fromEpoch == 0) revert KeyResharingUnusableKey(keyId);
    uint32 epoch = _registry.currentEpoch();
    if (epoch <= fromEpoch) revert KeyResharingNoLaterEpoch(keyId, fromEpoch);
    (uint256 committee, uint8 members) = _requireCommittee(epoch, threshold);
    SessionId newest = sessionOf[keyId];
    Reshare storage last = _reshares[newest];
    bool isPending = last.openedAt != 0 && !last.active && last.failure == ReshareFailure.None;
    if (isPending) revert KeyResharingPending(keyId, newest);

    IKeyGeneration.KeyEpoch memory held = _keyGeneration.keyEpochOf(keyId, fromEpoch);
    Reshare memory opened;
    opened.keyId = keyId;
    opened.fromEpoch = fromEpoch;
    opened.epoch = epoch;
    opened.quorum = held.threshold + 1; // 2t+1 <= 64
    opened.threshold = threshold;
    opened.members = members;
    opened.number = ++_lastNumber;
    opened.openedAt = uint64(block.number);
    opened.dealers = held.committee;
    opened.committee = committee;
    opened.dealt = _NO_SLOT;
    sid = _sessionIdOf(opened, held.verifyingRoot);
    _reshares[sid] = opened;
    sessionOf[keyId] = sid;
    emit ReshareRequested(keyId, sid, epoch, fromEpoch, threshold, opened.number);
  }

  /// @inheritdoc IKeyResharing
  function deal(SessionId sid, uint8 dealer, bytes calldata dealing, bytes32[] calldata path) external {
    Reshare storage reshare = _reshares[sid];
    _requireStatus(sid, reshare, ReshareStatus.Dealing);
    uint256 dealers = reshare.dealers;
    if (!dealers.has(dealer)) revert DealingUnknownSlot(sid, dealer);
    uint256 absent = _registry.absentIn(reshare.fromEpoch, dealers);
    if (absent.has(dealer)) revert KeyResharingAbsentDealer(sid, dealer);
    uint256 dealt = reshare.dealt;
    if (dealt.has(dealer)) revert DealingAlreadyDealt(sid, dealer);
    DealingJudge.requireWellFormed(dealing, reshare.threshold, reshare.members);
    bytes32 message = Dealings.resharePossessionMessage(sid, dealer, dealing);
    DealingJudge.requirePossessions(message, dealing, reshare.threshold, reshare.members);
    Point memory constant_ = Dealings.commitments(dealing, 0)[0];
    (bool isOwnShare, ) = VerifyingShares.find(_keyGeneration, reshare.keyId, reshare.fromEpoch, dealer, constant_, path);
    if (!isOwnShare) revert KeyResharingForeignShare(sid, dealer);

    dealt |= Slots.only(dealer);
    reshare.dealt = dealt;
    if (dealers & ~absent & ~dealt == 0) reshare.dealtAt = uint64(block.number);
    dealHashOf[sid][dealer] = Dealings.hashOf(dealing);
    emit ReshareDealt(sid, dealer, dealing);
  }

  /// @inheritdoc IDealingBoard
  function complain(SessionId sid, Complaint calldata complaint) external {
    Reshare storage reshare = _reshares[sid];
    (ReshareStatus status, ) = _phaseOf(reshare);
    if (status != ReshareStatus.Dealing && status != ReshareStatus.Disputing) revert KeyResharingWrongStatus(sid, status);
    (uint256 committee, uint256 disqualified) = (reshare.committee, reshare.disqualified);
    _requireAccusable(sid, reshare.dealers, committee, reshare.dealt, disqualified, complaint);
    _requireWrongShare(sid, reshare.epoch, reshare.threshold, reshare.members, committee, complaint);

    reshare.disqualified = disqualified | Slots.only(complaint.dealer);
    emit ReshareDealerDisqualified(sid, complaint.dealer, complaint.recipient, msg.sender);
  }

  /// @inheritdoc IDealingBoard
  function ready(SessionId sid, uint256 qual, bytes32 commitmentsHash, bytes32 verifyingRoot) external {
    Reshare storage reshare = _reshares[sid];
    _requireStatus(sid, reshare, ReshareStatus.AwaitingReady);
    uint256 confirmed = reshare.ready;
    uint8 slot = _requireReady(sid, reshare.epoch, confirmed, qual, _qualOf(reshare));

    bytes32 digest = keccak256(abi.encode(Domains.RESHARE_READY, sid, qual, commitmentsHash, verifyingRoot));
    reshare.ready = confirmed | Slots.only(slot);
    emit ReshareKeeperReady(sid, slot, digest);
    if (_confirm(sid, digest, reshare.threshold)) _activate(sid, reshare, qual, commitmentsHash, verifyingRoot);
  }

  /// @inheritdoc IDealingBoard
  function fail(SessionId sid) external {
    Reshare storage reshare = _reshares[sid];
    _requireStatus(sid, reshare, ReshareStatus.Overdue);
    ReshareFailure reason = ReshareFailure.TooFewDealers;
    if (_hasRemovedMember(reshare.committee)) reason = ReshareFailure.MemberRemoved;
    else if (_qualOf(reshare) != 0) reason = ReshareFailure.NotReady;

    reshare.failure = reason;
    // Nobody is named who still had time, nor anybody who was not asked: to confirm where Q never was.
    uint256 notDealt = reason == ReshareFailure.MemberRemoved ? 0 : reshare.dealers & ~reshare.dealt;
    if (_isDealing(reshare)) notDealt &= _registry.absentIn(reshare.fromEpoch, reshare.dealers);
    uint256 notReady = reason == ReshareFailure.NotReady ? reshare.committee & ~reshare.ready : 0;
    emit ReshareFailed(reshare.keyId, sid, reason, notDealt, reshare.disqualified, notReady);
  }

  /// @inheritdoc IKeyResharing
  function statusOf(SessionId sid) external view returns (ReshareStatus status) {
    (status, ) = _phaseOf(_reshares[sid]);
  }

  /// @inheritdoc IDealingBoard
  function phaseEndOf(SessionId sid) external view returns (uint64 end) {
    (, end) = _phaseOf(_reshares[sid]);
  }

  /// @inheritdoc IKeyResharing
  function reshareOf(SessionId sid) external view returns (Reshare memory reshare) {
    reshare = _reshares[sid];
    reshare.dealt &= ~_NO_SLOT;
  }

  /// @inheritdoc IKeyResharing
  function qualOf(SessionId sid) external view returns (uint256) {
    Reshare storage reshare = _reshares[sid];
    (ReshareStatus status, ) = _phaseOf(reshare);
    bool isOpen = status == ReshareStatus.Unknown || status == ReshareStatus.Dealing || status == ReshareStatus.Disputing;
    return isOpen ? 0 : _qualOf(reshare);
  }

  /// The phase and its last block; 0 where no block ends it.
  function _phaseOf(Reshare storage reshare) private view returns (ReshareStatus, uint64) {
    if (reshare.openedAt == 0) return (ReshareStatus.Unknown, 0);
    if (reshare.active) return (ReshareStatus.Active, 0);
    if (reshare.failure != ReshareFailure.None) return (ReshareStatus.Failed, 0);
    if (_hasRemovedMember(reshare.committee)) return (ReshareStatus.Overdue, 0);
    (uint64 end, uint64 dealtAt) = (reshare.openedAt + _dealWindow, reshare.dealtAt);
    bool isDealing = dealtAt == 0 && block.number <= end;
    if (isDealing) return _canReachQuorum(reshare) ? (ReshareStatus.Dealing, end) : (ReshareStatus.Overdue, uint64(0));

    end = (dealtAt == 0 ? end : dealtAt) + _disputeWindow;
    bool hasQual = _qualOf(reshare) != 0;
    // What absence ended while dealing stays over when the window of DEAL has passed: `fail` need not wait for the end of DISPUTE.
    bool isLost = !hasQual && _registry.absentIn(reshare.fromEpoch, reshare.dealers) != 0;
    if (block.number <= end) return isLost ? (ReshareStatus.Overdue, uint64(0)) : (ReshareStatus.Disputing, end);
    end += _readyWindow;
    bool isAwaiting = hasQual && block.number <= end;
    return isAwaiting ? (ReshareStatus.AwaitingReady, end) : (ReshareStatus.Overdue, 0);
  }

  /// Whether old members still deal, as far as the clock says.
  function _isDealing(Reshare storage reshare) private view returns (bool) {
    return reshare.dealtAt == 0 && block.number <= reshare.openedAt + _dealWindow;
  }

  /// Whether Q can still come about while dealing, where old members are absent. Those that dealt before they were count; who is absent and
  /// who is disqualified stays so, so a session for which this is false never gets well. Where nobody is absent, DISPUTE runs in any case.
  function _canReachQuorum(Reshare storage reshare) private view returns (bool) {
    uint256 dealers = reshare.dealers;
    uint256 absent = _registry.absentIn(reshare.fromEpoch, dealers);
    return absent == 0 || (dealers & ~reshare.disqualified & (reshare.dealt | ~absent)).count() >= reshare.quorum;
  }

  /// The first `quorum` dealers that are not disqualified; 0 where there are fewer.
  function _qualOf(Reshare storage reshare) private view returns (uint256 qual) {
    uint256 rest = reshare.dealt & ~reshare.disqualified & ~_NO_SLOT;
    for (uint256 missing = reshare.quorum; missing > 0; --missing) {
      if (rest == 0) return 0;
      uint256 others = rest & (rest - 1);
      qual |= rest ^ others;
      rest = others;
    }
  }

  /// PROTOCOL section 3.9.
  function _sessionIdOf(Reshare memory opened, bytes32 heldRoot) private view returns (SessionId) {
    bytes32 committeeRoot = _registry.committeeRootOf(opened.epoch);
    bytes32 previous = blockhash(block.number - 1);
    return
      SessionId.wrap(
        keccak256(
          abi.encode(
            Domains.RESHARE,
            block.chainid,
            address(this),
            opened.number,
            opened.keyId,
            opened.fromEpoch,
            heldRoot,
            opened.epoch,
            opened.threshold,
            committeeRoot,
            previous
          )
        )
      );
  }

  function _activate(SessionId sid, Reshare storage reshare, uint256 qual, bytes32 commitmentsHash, bytes32 verifyingRoot) private {
    (KeyId keyId, uint32 epoch, uint8 threshold) = (reshare.keyId, reshare.epoch, reshare.threshold);
    reshare.active = true;
    IKeyGeneration.KeyEpoch memory moved = IKeyGeneration.KeyEpoch({
      threshold: threshold,
      members: reshare.members,
      committee: reshare.committee,
      commitmentsHash: commitmentsHash,
      verifyingRoot: verifyingRoot
    });
    _keyGeneration.moveKey(keyId, epoch, moved);
    emit KeyReshared(keyId, sid, epoch, reshare.fromEpoch, threshold, qual, commitmentsHash, verifyingRoot);
  }

  function _requireStatus(SessionId sid, Reshare storage reshare, ReshareStatus needed) private view {
    (ReshareStatus status, ) = _phaseOf(reshare);
    if (status != needed) revert KeyResharingWrongStatus(sid, status);
  }
}
