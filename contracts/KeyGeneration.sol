// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {DealingBoard} from "./DealingBoard.sol";
import {IDealingBoard} from "./interfaces/IDealingBoard.sol";
import {IKeeperRegistry} from "./interfaces/IKeeperRegistry.sol";
import {IKeyGeneration} from "./interfaces/IKeyGeneration.sol";
import {BlockHashes} from "./libraries/BlockHashes.sol";
import {DealingJudge} from "./libraries/DealingJudge.sol";
import {Dealings} from "./libraries/Dealings.sol";
import {Domains} from "./libraries/Domains.sol";
import {Jacobian, JacobianPoint} from "./libraries/Jacobian.sol";
import {Secp256k1} from "./libraries/Secp256k1.sol";
import {Slots} from "./libraries/Slots.sol";
import {KeyId, SessionId} from "./types/Ids.sol";
import {Point} from "./types/Point.sol";

/// Bulletin board and judge of distributed key generation. It stores facts only; every status follows from them and the block number.
///
/// DISPUTE always runs its full window, so that every wrong dealing can be proved, also where too few dealers are left already.
/// Minimum windows, in blocks: deal 2 (a dealing needs one block to arrive and one to be sent again), dispute 4 (a complaint answers what
/// was seen a block late), finalize 8 and ready 4 (keepers act staged, and READY waits for finality). They keep a session from being
/// impossible, they do not make it safe: deployments choose windows far above what their chain needs to include a transaction.
contract KeyGeneration is IKeyGeneration, DealingBoard {
  using BitMaps for BitMaps.BitMap;
  using Jacobian for JacobianPoint;
  using Slots for uint256;

  uint32 private constant _MIN_DEAL = 2;
  uint32 private constant _MIN_DISPUTE = 4;
  uint32 private constant _MIN_FINALIZE = 8;
  uint32 private constant _MIN_READY = 4;

  /// Blocks from the end of DISPUTE, or from a re-arming, to the block whose hash is the shift.
  uint64 private constant _SHIFT_DELAY = 2;

  /// @inheritdoc IKeyGeneration
  address public immutable override resharing;

  uint32 private immutable _finalizeWindow;

  mapping(SessionId sid => Session) private _sessions;
  mapping(KeyId keyId => Key) private _keys;
  mapping(KeyId keyId => mapping(uint32 epoch => KeyEpoch)) private _keyEpochs;
  /// @inheritdoc IKeyGeneration
  mapping(KeyId keyId => mapping(uint32 epoch => uint64)) public override retiredAtOf;

  /// Epochs in which a key is active, and how many keys of each threshold: what may not lose its quorum.
  BitMaps.BitMap private _epochsInUse;
  mapping(uint32 epoch => mapping(uint8 threshold => uint256)) private _keysInUse;
  /// Bit t is set while a key of threshold t is active in the epoch.
  mapping(uint32 epoch => uint256) private _thresholdsInUse;

  /// @param authority_ the access manager: who may ask for keys
  /// @param registry the keepers
  /// @param resharing_ moves keys to later epochs; it may be deployed later, at this address
  /// @param windows_ in blocks, none below its minimum
  constructor(
    address authority_,
    IKeeperRegistry registry,
    address resharing_,
    Windows memory windows_
  ) DealingBoard(authority_, registry, windows_) {
    _requireWindow(windows_.deal, _MIN_DEAL);
    _requireWindow(windows_.dispute, _MIN_DISPUTE);
    _requireWindow(windows_.finalize, _MIN_FINALIZE);
    _requireWindow(windows_.ready, _MIN_READY);
    resharing = resharing_;
    _finalizeWindow = windows_.finalize;
  }

  /// @inheritdoc IKeyGeneration
  /// @dev Every purpose may be asked for: what a key of it is good for is decided by the contracts that use keys. After a failure the same
  /// salt may name another purpose or threshold: the session id binds both.
  function requestKey(Purpose purpose, uint8 threshold, bytes32 salt) external restricted returns (KeyId keyId, SessionId sid) {
    uint32 epoch = _registry.currentEpoch();
    if (epoch == 0) revert KeyGenerationNoEpoch();
    (uint256 committee, uint8 members) = _requireCommittee(epoch, threshold);
    keyId = keyIdOf(msg.sender, salt);
    SessionId previous = _keys[keyId].session;
    if (SessionId.unwrap(previous) != 0 && _sessions[previous].failure == FailureReason.None) {
      revert KeyGenerationKeyExists(keyId, previous);
    }

    sid = _openSession(keyId, purpose, threshold, epoch, members, committee);
    Key storage key = _keys[keyId];
    key.purpose = purpose;
    key.requester = msg.sender;
    key.session = sid;
    emit KeyRequested(keyId, sid, msg.sender, purpose, threshold, epoch, _lastNumber, salt);
  }

  /// @inheritdoc IKeyGeneration
  function deal(SessionId sid, bytes calldata dealing) external {
    Session storage session = _sessions[sid];
    _requireStatus(sid, session, SessionStatus.Dealing);
    uint8 dealer = _requireMember(sid, session.epoch);
    uint256 dealt = session.dealt;
    if (dealt.has(dealer)) revert DealingAlreadyDealt(sid, dealer);
    (uint256 threshold, uint256 members) = (session.threshold, session.members);
    DealingJudge.requireWellFormed(dealing, threshold, members);
    bytes32 message = Dealings.possessionMessage(sid, dealer, dealing, threshold);
    DealingJudge.requirePossessions(message, dealing, threshold, members);

    dealt |= Slots.only(dealer);
    session.dealt = dealt;
    if (dealt == session.committee | _NO_SLOT) session.dealtAt = uint64(block.number);
    dealHashOf[sid][dealer] = Dealings.hashOf(dealing);
    emit Dealt(sid, dealer, dealing);
  }

  /// @inheritdoc IDealingBoard
  function complain(SessionId sid, Complaint calldata complaint) external {
    Session storage session = _sessions[sid];
    (SessionStatus status, ) = _phaseOf(session);
    if (status != SessionStatus.Dealing && status != SessionStatus.Disputing) revert KeyGenerationWrongStatus(sid, status);
    (uint256 committee, uint256 disqualified) = (session.committee, session.disqualified);
    _requireAccusable(sid, committee, committee, session.dealt, disqualified, complaint);
    _requireWrongShare(sid, session.epoch, session.threshold, session.members, committee, complaint);

    session.disqualified = disqualified | Slots.only(complaint.dealer);
    emit DealerDisqualified(sid, complaint.dealer, complaint.recipient, msg.sender);
  }

  /// @inheritdoc IKeyGeneration
  function finalize(SessionId sid, Point[] calldata constants, bytes32[] calldata restHashes, Point calldata jointKey) external {
    Session storage session = _sessions[sid];
    _requireStatus(sid, session, SessionStatus.Finalizing);
    bytes32 blockHash = _shiftHashOf(session);
    if (blockHash == 0) return _rearmShift(sid, session);

    uint256 qual = _qualOf(session);
    Point memory unshifted = _sumOfConstants(sid, qual, constants, restHashes);
    uint256 shift = uint256(keccak256(abi.encode(Domains.SHIFT, sid, unshifted.x, unshifted.y, blockHash))) % Secp256k1.ORDER;
    // Zero where Y is infinite or has x >= n, and where S is infinite.
    address jointKeyAddress = Secp256k1.linear(shift, unshifted.x, unshifted.y, 1);
    if (jointKeyAddress == address(0)) return _fail(sid, session, FailureReason.BadSum);
    if (Secp256k1.addressOf(jointKey) != jointKeyAddress) revert KeyGenerationWrongJointKey(sid);
    if (!Secp256k1.isValid(jointKey.x, jointKey.y)) return _fail(sid, session, FailureReason.BadSum);

    session.qual = qual;
    session.unshifted = unshifted;
    session.shift = shift;
    session.jointKey = jointKey;
    session.finalizedAt = uint64(block.number);
    emit KeyFinalized(sid, session.keyId, qual, unshifted, shift, jointKey, jointKeyAddress);
  }

  /// @inheritdoc IDealingBoard
  function ready(SessionId sid, uint256 qual, bytes32 commitmentsHash, bytes32 verifyingRoot) external {
    Session storage session = _sessions[sid];
    _requireStatus(sid, session, SessionStatus.AwaitingReady);
    uint256 confirmed = session.ready;
    uint8 slot = _requireReady(sid, session.epoch, confirmed, qual, session.qual);

    Point memory jointKey = session.jointKey;
    bytes32 digest = keccak256(abi.encode(Domains.READY, sid, jointKey.x, jointKey.y, qual, commitmentsHash, verifyingRoot));
    session.ready = confirmed | Slots.only(slot);
    emit KeeperReady(sid, slot, digest);
    if (_confirm(sid, digest, session.threshold)) _activate(sid, session, jointKey, commitmentsHash, verifyingRoot);
  }

  /// @inheritdoc IDealingBoard
  function fail(SessionId sid) external {
    Session storage session = _sessions[sid];
    _requireStatus(sid, session, SessionStatus.Overdue);
    if (_hasRemovedMember(session.committee)) return _fail(sid, session, FailureReason.MemberRemoved);
    if (session.finalizedAt != 0) return _fail(sid, session, FailureReason.NotReady);
    if (!_hasQuorum(session)) return _fail(sid, session, FailureReason.TooFewDealers);
    _fail(sid, session, FailureReason.NotFinalized);
  }

  /// @inheritdoc IKeyGeneration
  function moveKey(KeyId keyId, uint32 epoch, KeyEpoch calldata moved) external {
    if (msg.sender != resharing) revert KeyGenerationNotResharing(msg.sender);
    uint32 previous = _keys[keyId].activeEpoch;
    _leave(previous, _keyEpochs[keyId][previous].threshold);
    _enter(epoch, moved.threshold);
    retiredAtOf[keyId][previous] = uint64(block.timestamp);
    _keyEpochs[keyId][epoch] = moved;
    _keys[keyId].activeEpoch = epoch;
    emit KeyMoved(keyId, epoch, previous);
  }

  /// @inheritdoc IKeyGeneration
  function windows() external view returns (Windows memory) {
    return Windows({deal: _dealWindow, dispute: _disputeWindow, finalize: _finalizeWindow, ready: _readyWindow});
  }

  /// @inheritdoc IKeyGeneration
  function statusOf(SessionId sid) external view returns (SessionStatus status) {
    (status, ) = _phaseOf(_sessions[sid]);
  }

  /// @inheritdoc IDealingBoard
  function phaseEndOf(SessionId sid) external view returns (uint64 end) {
    (, end) = _phaseOf(_sessions[sid]);
  }

  /// @inheritdoc IKeyGeneration
  /// @dev `shiftBlock` is 0 while it depends on when the last member deals.
  function sessionOf(SessionId sid) external view returns (Session memory session) {
    session = _sessions[sid];
    session.dealt &= ~_NO_SLOT;
    (SessionStatus status, ) = _phaseOf(_sessions[sid]);
    if (status != SessionStatus.Unknown && status != SessionStatus.Dealing) session.shiftBlock = _shiftBlockOf(_sessions[sid]);
  }

  /// @inheritdoc IKeyGeneration
  function shiftHashOf(SessionId sid) external view returns (bytes32) {
    Session storage session = _sessions[sid];
    (SessionStatus status, ) = _phaseOf(session);
    return status == SessionStatus.Unknown || status == SessionStatus.Dealing ? bytes32(0) : _shiftHashOf(session);
  }

  /// @inheritdoc IKeyGeneration
  function keyOf(KeyId keyId) external view returns (Key memory) {
    return _keys[keyId];
  }

  /// @inheritdoc IKeyGeneration
  function keyEpochOf(KeyId keyId, uint32 epoch) external view returns (KeyEpoch memory) {
    return _keyEpochs[keyId][epoch];
  }

  /// @inheritdoc IKeyGeneration
  function requireQuorums(uint256 removed) external view {
    uint256 lastWord = _registry.currentEpoch() / 256;
    for (uint256 word = 0; word <= lastWord; ++word) {
      for (uint256 rest = _epochsInUse._data[word]; rest != 0; rest &= rest - 1) {
        uint32 epoch = uint32(256 * word + rest.lowest()); // at most currentEpoch
        uint256 present = _presentIn(epoch);
        uint256 left = present & ~removed;
        if (left != present) _requireLeft(epoch, left, quorumIn(epoch));
      }
    }
  }

  /// @inheritdoc IKeyGeneration
  function quorumIn(uint32 epoch) public view returns (uint256) {
    uint256 thresholds = _thresholdsInUse[epoch];
    return thresholds == 0 ? 0 : Math.log2(thresholds) + 1; // t of the highest bit, and one more
  }

  /// @inheritdoc IKeyGeneration
  function keyIdOf(address requester, bytes32 salt) public view returns (KeyId) {
    return KeyId.wrap(keccak256(abi.encode(Domains.KEY, block.chainid, address(this), requester, salt)));
  }

  /// The phase and its last block; 0 where no block ends it.
  function _phaseOf(Session storage session) private view returns (SessionStatus, uint64) {
    if (session.openedAt == 0) return (SessionStatus.Unknown, 0);
    bool isHit = _hasRemovedMember(session.committee);
    uint64 end = session.openedAt + _dealWindow;
    // While dealing, nothing but a removal ends a session: so who deals need not read whether it is over.
    if (!isHit && session.dealtAt == 0 && block.number <= end) return (SessionStatus.Dealing, end);
    if (session.active) return (SessionStatus.Active, 0);
    if (session.failure != FailureReason.None) return (SessionStatus.Failed, 0);
    if (isHit) return (SessionStatus.Overdue, 0);
    if (session.finalizedAt != 0) {
      end = session.finalizedAt + _readyWindow;
      return block.number <= end ? (SessionStatus.AwaitingReady, end) : (SessionStatus.Overdue, 0);
    }

    end = _disputeEndOf(session);
    if (block.number <= end) return (SessionStatus.Disputing, end);
    if (!_hasQuorum(session)) return (SessionStatus.Overdue, 0);
    end = _shiftBlockOf(session);
    if (block.number <= end) return (SessionStatus.AwaitingShift, end);
    end += _finalizeWindow;
    return block.number <= end ? (SessionStatus.Finalizing, end) : (SessionStatus.Overdue, 0);
  }

  /// The last block of DISPUTE, once DEAL is over.
  function _disputeEndOf(Session storage session) private view returns (uint64) {
    uint64 dealEnd = session.dealtAt == 0 ? session.openedAt + _dealWindow : session.dealtAt;
    return dealEnd + _disputeWindow;
  }

  /// The block whose hash is the shift, once DEAL is over.
  function _shiftBlockOf(Session storage session) private view returns (uint64) {
    return session.shiftBlock == 0 ? _disputeEndOf(session) + _SHIFT_DELAY : session.shiftBlock;
  }

  /// The hash that is the shift, once DEAL is over; zero where it is not there yet, or gone.
  function _shiftHashOf(Session storage session) private view returns (bytes32) {
    return BlockHashes.hashOf(_shiftBlockOf(session));
  }

  /// Dealers that have dealt and are not disqualified.
  function _qualOf(Session storage session) private view returns (uint256) {
    return session.dealt & ~session.disqualified & ~_NO_SLOT;
  }

  /// Whether |QUAL| >= t+1.
  function _hasQuorum(Session storage session) private view returns (bool) {
    return _qualOf(session).count() > session.threshold;
  }

  function _openSession(
    KeyId keyId,
    Purpose purpose,
    uint8 threshold,
    uint32 epoch,
    uint8 members,
    uint256 committee
  ) private returns (SessionId sid) {
    uint64 number = ++_lastNumber;
    sid = _sessionIdOf(number, keyId, purpose, epoch, members, threshold);
    Session storage session = _sessions[sid];
    session.keyId = keyId;
    session.purpose = purpose;
    session.threshold = threshold;
    session.members = members;
    session.epoch = epoch;
    session.number = number;
    session.openedAt = uint64(block.number);
    session.committee = committee;
    session.dealt = _NO_SLOT;
  }

  /// PROTOCOL section 3.2.
  function _sessionIdOf(
    uint64 number,
    KeyId keyId,
    Purpose purpose,
    uint32 epoch,
    uint8 members,
    uint8 threshold
  ) private view returns (SessionId) {
    bytes32 root = _registry.committeeRootOf(epoch);
    bytes32 previous = blockhash(block.number - 1);
    return
      SessionId.wrap(
        keccak256(abi.encode(Domains.DKG, block.chainid, address(this), number, keyId, purpose, epoch, members, threshold, root, previous))
      );
  }

  /// The sum of C_0 over QUAL, neither fewer nor more; (0, 0) when it is infinite.
  function _sumOfConstants(
    SessionId sid,
    uint256 qual,
    Point[] calldata constants,
    bytes32[] calldata restHashes
  ) private view returns (Point memory) {
    uint256 expected = qual.count();
    if (constants.length != expected) revert KeyGenerationBadQual(constants.length, expected);
    if (restHashes.length != expected) revert KeyGenerationBadQual(restHashes.length, expected);

    JacobianPoint memory sum;
    uint8 slot = 0;
    for (uint256 i = 0; i < expected; ++i) {
      // Fewer than `expected` slots have been passed, so there is a further one in QUAL.
      do ++slot; while (!qual.has(slot));
      Point calldata constant_ = constants[i];
      if (Dealings.hashOf(constant_, restHashes[i]) != dealHashOf[sid][slot]) revert DealingForeignBytes(sid, slot);
      sum.addAffine(constant_.x, constant_.y);
    }
    return sum.toAffine();
  }

  function _rearmShift(SessionId sid, Session storage session) private {
    session.shiftBlock = uint64(block.number) + _SHIFT_DELAY;
    emit ShiftRearmed(sid, session.shiftBlock);
  }

  function _activate(
    SessionId sid,
    Session storage session,
    Point memory jointKey,
    bytes32 commitmentsHash,
    bytes32 verifyingRoot
  ) private {
    (KeyId keyId, uint32 epoch) = (session.keyId, session.epoch);
    address jointKeyAddress = Secp256k1.addressOf(jointKey);
    session.active = true;
    _enter(epoch, session.threshold);
    Key storage key = _keys[keyId];
    key.activeEpoch = epoch;
    key.publicKey = jointKey;
    key.publicKeyAddress = jointKeyAddress;
    _keyEpochs[keyId][epoch] = KeyEpoch({
      threshold: session.threshold,
      members: session.members,
      committee: session.committee,
      commitmentsHash: commitmentsHash,
      verifyingRoot: verifyingRoot
    });
    emit KeyReady(keyId, sid, epoch, session.threshold, jointKey, jointKeyAddress, commitmentsHash, verifyingRoot);
  }

  /// A key of this threshold becomes active in the epoch, if enough of its members are not absent.
  function _enter(uint32 epoch, uint8 threshold) private {
    _requireLeft(epoch, _presentIn(epoch), uint256(threshold) + 1);
    if (_keysInUse[epoch][threshold]++ != 0) return;
    _thresholdsInUse[epoch] |= uint256(1) << threshold;
    _epochsInUse.set(epoch);
  }

  /// The members of an epoch that are not absent.
  function _presentIn(uint32 epoch) private view returns (uint256) {
    uint256 members = _registry.membersOf(epoch);
    return members & ~_registry.absentIn(epoch, members);
  }

  function _requireLeft(uint32 epoch, uint256 left, uint256 needed) private pure {
    uint256 count = left.count();
    if (count < needed) revert KeyGenerationQuorumInDanger(epoch, count, needed);
  }

  /// A key of this threshold is active in another epoch from here on.
  function _leave(uint32 epoch, uint8 threshold) private {
    if (--_keysInUse[epoch][threshold] != 0) return;
    _thresholdsInUse[epoch] &= ~(uint256(1) << threshold);
    if (_thresholdsInUse[epoch] == 0) _epochsInUse.unset(epoch);
  }

  /// Nobody was asked to confirm before the joint key was known, so nobody is named for it; nor is anybody who still had time when a removal
  /// ended the session.
  function _fail(SessionId sid, Session storage session, FailureReason reason) private {
    session.failure = reason;
    uint256 committee = session.committee;
    uint256 notDealt = reason == FailureReason.MemberRemoved ? 0 : committee & ~session.dealt;
    uint256 notReady = reason == FailureReason.NotReady ? committee & ~session.ready : 0;
    emit KeyFailed(session.keyId, sid, reason, notDealt, session.disqualified, notReady);
  }

  function _requireStatus(SessionId sid, Session storage session, SessionStatus needed) private view {
    (SessionStatus status, ) = _phaseOf(session);
    if (status != needed) revert KeyGenerationWrongStatus(sid, status);
  }

  function _requireWindow(uint256 window, uint256 minimum) private pure {
    if (window < minimum) revert KeyGenerationWindowTooShort(window, minimum);
  }
}
