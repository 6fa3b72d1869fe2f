// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyId, SessionId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {DleqHints, DleqProof} from "../types/Proofs.sol";
import {IDealings} from "./IDealings.sol";

/// Bulletin board and judge of distributed key generation. No keeper, and no t of them together, ever holds a key.
///
/// A session goes through these phases; windows are in blocks as this contract sees them:
///
///   requestKey -> Dealing -> Disputing -> AwaitingShift -> Finalizing -> AwaitingReady -> Active
///                                 \_______________ Overdue -> (fail) -> Failed
///
/// No share goes to a removed keeper: a session that has one among its members is Overdue from the block of the removal on, in whatever phase it
/// was, and no session begins in an epoch that has one. PROTOCOL section 3.
interface IKeyGeneration is IDealings {
  /// What a key may be used for. One key, one purpose. Append-only.
  enum Purpose {
    Decrypt,
    Schnorr,
    Ecdsa,
    Ibe
  }

  /// Unknown: no such session.
  /// Dealing: keepers deal; ends when all have dealt or its window is over.
  /// Disputing: complaints only; always runs its full window.
  /// AwaitingShift: the block that removes the bias is not there yet.
  /// Finalizing: anyone may call `finalize`.
  /// AwaitingReady: keepers confirm that they hold their share durably.
  /// Active: 2t+1 keepers confirmed the same result.
  /// Overdue: it can no longer succeed, because a window is over or a member was removed; anyone may call `fail` to record it.
  /// Failed: recorded; the key may be asked for again.
  /// Time alone moves Dealing, Disputing, AwaitingShift, Finalizing and AwaitingReady on, never Active or Failed.
  enum SessionStatus {
    Unknown,
    Dealing,
    Disputing,
    AwaitingShift,
    Finalizing,
    AwaitingReady,
    Active,
    Overdue,
    Failed
  }

  /// TooFewDealers: |QUAL| < t+1. BadSum: the sum of constants is no usable key. NotFinalized, NotReady: a window ended.
  /// MemberRemoved: a member was removed, so the key can be asked for again when an epoch without it is open. Append-only.
  enum FailureReason {
    None,
    TooFewDealers,
    BadSum,
    NotFinalized,
    NotReady,
    MemberRemoved
  }

  /// Windows of this deployment, in blocks.
  struct Windows {
    uint32 deal;
    uint32 dispute;
    uint32 finalize;
    uint32 ready;
  }

  /// All stored facts of a session. Bitmaps have bit `slot` set.
  struct Session {
    KeyId keyId;
    Purpose purpose;
    uint8 threshold;
    uint8 members;
    uint32 epoch;
    uint64 number;
    uint64 openedAt;
    uint64 dealtAt;
    uint64 shiftBlock;
    uint64 finalizedAt;
    bool active;
    FailureReason failure;
    uint256 committee;
    uint256 dealt;
    uint256 disqualified;
    uint256 ready;
    uint256 qual;
    Point unshifted;
    uint256 shift;
    Point jointKey;
  }

  /// A key as its users see it. `activeEpoch` 0: not active (yet).
  struct Key {
    Purpose purpose;
    uint32 activeEpoch;
    address requester;
    Point publicKey;
    address publicKeyAddress;
    SessionId session;
  }

  /// A key in one epoch.
  struct KeyEpoch {
    uint8 threshold;
    uint8 members;
    uint256 committee;
    bytes32 commitmentsHash;
    bytes32 verifyingRoot;
  }

  /// A key was asked for. @custom:duty packages/keeper/src/sessions/onKeyRequested.ts
  event KeyRequested(
    KeyId indexed keyId,
    SessionId indexed sid,
    address indexed requester,
    Purpose purpose,
    uint8 threshold,
    uint32 epoch,
    uint64 number,
    bytes32 salt
  );

  /// A keeper dealt. `dealing` is the whole of it: PROTOCOL section 3.3.
  /// @custom:duty looked at every head by packages/keeper/src/sessions/sessionLoop.ts
  event Dealt(SessionId indexed sid, uint8 indexed dealer, bytes dealing);

  /// A dealer was proved to have dealt a wrong share. @custom:duty none
  event DealerDisqualified(SessionId indexed sid, uint8 indexed dealer, uint8 indexed recipient, address complainer);

  /// The shift's block hash was gone; a new block was fixed. @custom:duty none
  event ShiftRearmed(SessionId indexed sid, uint64 shiftBlock);

  /// The joint key is known.
  /// @custom:duty looked at every head by packages/keeper/src/sessions/sessionLoop.ts
  event KeyFinalized(
    SessionId indexed sid,
    KeyId indexed keyId,
    uint256 qual,
    Point unshifted,
    uint256 shift,
    Point jointKey,
    address jointKeyAddress
  );

  /// A keeper confirmed that it holds its share durably. @custom:duty none
  event KeeperReady(SessionId indexed sid, uint8 indexed slot, bytes32 digest);

  /// The key is in use from here on.
  /// @custom:duty looked at every head by packages/keeper/src/sessions/sessionLoop.ts
  event KeyReady(
    KeyId indexed keyId,
    SessionId indexed sid,
    uint32 indexed epoch,
    uint8 threshold,
    Point publicKey,
    address publicKeyAddress,
    bytes32 commitmentsHash,
    bytes32 verifyingRoot
  );

  /// A session ended without a key. Says who did not take part in time and who was at fault; after MemberRemoved nobody had run out of time.
  /// @custom:duty looked at every head by packages/keeper/src/sessions/sessionLoop.ts
  event KeyFailed(
    KeyId indexed keyId,
    SessionId indexed sid,
    FailureReason reason,
    uint256 notDealt,
    uint256 disqualified,
    uint256 notReady
  );

  /// A key is active in another epoch from here on; requests that pinned the former one are still served in it. @custom:duty none
  event KeyMoved(KeyId indexed keyId, uint32 indexed epoch, uint32 indexed previousEpoch);

  /// A window is shorter than its minimum.
  error KeyGenerationWindowTooShort(uint256 window, uint256 minimum);
  /// There is no open epoch yet.
  error KeyGenerationNoEpoch();
  /// Members of the newest epoch were removed: no key begins before an epoch without them is open. `slots` has bit `slot` set.
  error KeyGenerationMembersRemoved(uint32 epoch, uint256 slots);
  /// t must be at least 1 and 2t+1 at most the number of the epoch's members that are not absent.
  error KeyGenerationBadThreshold(uint8 threshold, uint256 members);
  /// The key is being generated, or is active, already.
  error KeyGenerationKeyExists(KeyId keyId, SessionId sid);
  /// The session is in another phase than the call needs.
  error KeyGenerationWrongStatus(SessionId sid, SessionStatus status);
  /// The caller is no member of the session's epoch, or was revoked as stolen.
  error KeyGenerationNotMember(SessionId sid, address caller);
  /// The slot is no member of the session's epoch.
  error KeyGenerationUnknownSlot(SessionId sid, uint8 slot);
  /// This keeper has dealt already.
  error KeyGenerationAlreadyDealt(SessionId sid, uint8 dealer);
  /// This dealer has not dealt.
  error KeyGenerationNotDealt(SessionId sid, uint8 dealer);
  /// This dealer is disqualified already.
  error KeyGenerationAlreadyDisqualified(SessionId sid, uint8 dealer);
  /// These are not the bytes that were dealt.
  error KeyGenerationForeignDealing(SessionId sid, uint8 dealer);
  /// The complaint's proof does not verify.
  error KeyGenerationInvalidComplaint(SessionId sid, uint8 dealer, uint8 recipient);
  /// The share is right: the complaint is refused.
  error KeyGenerationShareIsValid(SessionId sid, uint8 dealer, uint8 recipient);
  /// The number of constants or rest hashes differs from |QUAL|.
  error KeyGenerationBadQual(uint256 given, uint256 expected);
  /// The joint key is not the sum of the constants plus the shift.
  error KeyGenerationWrongJointKey(SessionId sid);
  /// READY speaks of another QUAL.
  error KeyGenerationForeignQual(SessionId sid, uint256 given, uint256 expected);
  /// This keeper has confirmed already.
  error KeyGenerationAlreadyReady(SessionId sid, uint8 slot);
  /// Only the contract KeyResharing moves keys.
  error KeyGenerationNotResharing(address caller);
  /// Fewer keepers that are not absent would be left in an epoch than its keys need: t+1 of the highest threshold.
  error KeyGenerationQuorumInDanger(uint32 epoch, uint256 left, uint256 needed);

  /// Asks for a key. Restricted to the role KEY_REQUESTER. The newest epoch must have no removed member.
  /// @param threshold t: t keepers together learn nothing, t+1 are needed to use the key; 1 <= t, 2t+1 <= members
  /// @param salt makes the key id; the same salt again after a failure retries the same key
  function requestKey(Purpose purpose, uint8 threshold, bytes32 salt) external returns (KeyId keyId, SessionId sid);

  /// Deals. Operators of the session's members only, once each.
  function deal(SessionId sid, bytes calldata dealing) external;

  /// Proves that a dealer sent recipient `recipient` a wrong share. Anyone may send it while dealing or disputing.
  /// @param shared e_i PK_j, the shared point that opens the one encrypted share
  /// @param proof that `shared` is the recipient's: DLEQ(G, PK_j; E_i, shared)
  function complain(
    SessionId sid,
    uint8 dealer,
    uint8 recipient,
    bytes calldata dealing,
    Point calldata shared,
    DleqProof calldata proof,
    DleqHints calldata hints
  ) external;

  /// Fixes QUAL and the joint key. Anyone may call it.
  /// @param constants C_0 of every dealer in QUAL, by ascending slot
  /// @param restHashes keccak of the rest of each dealing
  /// @param jointKey sum of the constants + shift G; checked
  /// @dev Where the shift's block hash is gone, it fixes a new block, emits `ShiftRearmed` and returns.
  function finalize(SessionId sid, Point[] calldata constants, bytes32[] calldata restHashes, Point calldata jointKey) external;

  /// Confirms that the caller holds its share durably. The (2t+1)th equal confirmation activates the key; it reverts
  /// `KeyGenerationQuorumInDanger` where so many accounts were revoked meanwhile that fewer than t+1 members are not absent.
  function ready(SessionId sid, uint256 qual, bytes32 commitmentsHash, bytes32 verifyingRoot) external;

  /// Records that an overdue session has failed. Anyone may call it, in the block of a removal already.
  function fail(SessionId sid) external;

  /// Makes a later epoch the one in which a key is active. The contract KeyResharing only, when enough keepers of that epoch have confirmed.
  function moveKey(KeyId keyId, uint32 epoch, KeyEpoch calldata moved) external;

  /// The contract that moves keys to later epochs. Immutable.
  function resharing() external view returns (address);

  /// Reverts `KeyGenerationQuorumInDanger` where an epoch would lose a keeper by the removal of these and a key then have fewer than t+1 left
  /// that are not absent.
  /// @param removed a bitmap with bit `slot` set
  function requireQuorums(uint256 removed) external view;

  /// t+1 of the highest threshold among the keys that are active in an epoch; 0 when none is.
  function quorumIn(uint32 epoch) external view returns (uint256);

  /// When a key left an epoch for a later one, in seconds of block time; 0 while it is active in it, or never was.
  function retiredAtOf(KeyId keyId, uint32 epoch) external view returns (uint64);

  /// Windows of this deployment.
  function windows() external view returns (Windows memory);

  /// Derived from stored facts and the block number.
  function statusOf(SessionId sid) external view returns (SessionStatus);

  /// The last block of the phase that the session is in, as `block.number` counts; 0 when no block ends it.
  function phaseEndOf(SessionId sid) external view returns (uint64);

  /// Stored facts of a session; all zero when there is none.
  function sessionOf(SessionId sid) external view returns (Session memory);

  /// The hash of the block that the shift comes from, as `finalize` takes it; zero while it is not there yet, and where it is gone: then
  /// `finalize` fixes a new block.
  /// @dev Warning: ask here and no node for it. `shiftBlock` counts as `block.number` does, and some chains' nodes count other blocks.
  function shiftHashOf(SessionId sid) external view returns (bytes32);

  /// The hash of what a dealer dealt; zero when it has not.
  function dealHashOf(SessionId sid, uint8 dealer) external view returns (bytes32);

  /// keccak(abi.encode(DOM_KEY, chainId, this, requester, salt)).
  function keyIdOf(address requester, bytes32 salt) external view returns (KeyId);

  /// A key; all zero when it was never asked for.
  function keyOf(KeyId keyId) external view returns (Key memory);

  /// A key in one epoch, the active one or an earlier one; all zero when it was never active in it.
  function keyEpochOf(KeyId keyId, uint32 epoch) external view returns (KeyEpoch memory);
}
