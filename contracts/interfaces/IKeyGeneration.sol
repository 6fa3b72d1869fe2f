// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyId, SessionId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {IDealingBoard} from "./IDealingBoard.sol";

/// Bulletin board and judge of distributed key generation. No keeper, and no t of them together, ever holds a key.
///
/// A session goes through these phases; windows are in blocks as this contract sees them:
///
///   requestKey -> Dealing -> Disputing -> AwaitingShift -> Finalizing -> AwaitingReady -> Active
///                                 \_______________ Overdue -> (fail) -> Failed
///
/// No share goes to a removed keeper: a session that has one among its members is Overdue from the block of the removal on, in whatever phase it
/// was, and no session begins in an epoch that has one. PROTOCOL section 3.
/// @dev Warning: it trusts forever the KeeperRegistry and the resharing contract that it was deployed with.
interface IKeyGeneration is IDealingBoard {
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

  /// TooFewDealers: |QUAL| < t+1. BadSum: the sum of constants is not a usable key. NotFinalized, NotReady: a window ended.
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
  /// @param keyId the key
  /// @param sid the session
  /// @param requester the account that asked, which the key's id names
  /// @param purpose what the key may be used for
  /// @param threshold t of the key: t+1 shares use it
  /// @param epoch the epoch
  /// @param number counts these, from 1
  /// @param salt the salt of the id
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
  /// @param sid the session
  /// @param dealer the dealer's slot
  /// @param dealing the whole dealing: PROTOCOL section 3.3
  event Dealt(SessionId indexed sid, uint8 indexed dealer, bytes dealing);

  /// A dealer was proved to have dealt a wrong share. @custom:duty none
  /// @param sid the session
  /// @param dealer the dealer's slot
  /// @param recipient the recipient's slot
  /// @param complainer the account that proved it
  event DealerDisqualified(SessionId indexed sid, uint8 indexed dealer, uint8 indexed recipient, address complainer);

  /// The shift's block hash was gone; a new block was fixed. @custom:duty none
  /// @param sid the session
  /// @param shiftBlock the block whose hash will be the shift, as `block.number` counts
  event ShiftRearmed(SessionId indexed sid, uint64 shiftBlock);

  /// The joint key is known.
  /// @custom:duty looked at every head by packages/keeper/src/sessions/sessionLoop.ts
  /// @param sid the session
  /// @param keyId the key
  /// @param qual the dealers whose dealings make the key, as a bitmap with bit `slot` set
  /// @param unshifted the sum of their constants
  /// @param shift what removes the bias; public
  /// @param jointKey the public key
  /// @param jointKeyAddress the Ethereum address of the public key
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
  /// @param sid the session
  /// @param slot the keeper's slot
  /// @param digest what was confirmed: PROTOCOL section 3.6
  event KeeperReady(SessionId indexed sid, uint8 indexed slot, bytes32 digest);

  /// The key is in use from here on.
  /// @custom:duty looked at every head by packages/keeper/src/sessions/sessionLoop.ts
  /// @param keyId the key
  /// @param sid the session
  /// @param epoch the epoch
  /// @param threshold t of the key: t+1 shares use it
  /// @param publicKey the public key
  /// @param publicKeyAddress the Ethereum address of the public key
  /// @param commitmentsHash hash of the sum of commitments: PROTOCOL section 3.6
  /// @param verifyingRoot root of the verifying shares: PROTOCOL section 3.6
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
  /// @param keyId the key
  /// @param sid the session
  /// @param reason why it failed
  /// @param notDealt members that did not deal in time, as a bitmap with bit `slot` set
  /// @param disqualified dealers that sent a wrong share, as a bitmap with bit `slot` set
  /// @param notReady members that did not confirm in time, as a bitmap with bit `slot` set
  event KeyFailed(
    KeyId indexed keyId,
    SessionId indexed sid,
    FailureReason reason,
    uint256 notDealt,
    uint256 disqualified,
    uint256 notReady
  );

  /// A key is active in another epoch from here on; requests that pinned the former one are still served in it. @custom:duty none
  /// @param keyId the key
  /// @param epoch the epoch in which it is active from now on
  /// @param previousEpoch the epoch in which it was active until now
  event KeyMoved(KeyId indexed keyId, uint32 indexed epoch, uint32 indexed previousEpoch);

  /// A window of `window` blocks is shorter than its minimum of `minimum`; deploy with longer windows.
  /// @param window blocks given
  /// @param minimum blocks that are allowed at least
  error KeyGenerationWindowTooShort(uint256 window, uint256 minimum);

  /// No epoch of keepers is open yet; admit keepers, propose an epoch and open it first.
  error KeyGenerationNoEpoch();

  /// Key `keyId` is already being generated or active, in session `sid`; use it, or ask with another salt.
  /// @param keyId the key
  /// @param sid the session
  error KeyGenerationKeyExists(KeyId keyId, SessionId sid);

  /// Session `sid` is `status`, and this call belongs to another phase; read its status again.
  /// @param sid the session
  /// @param status the status that it has
  error KeyGenerationWrongStatus(SessionId sid, SessionStatus status);

  /// `given` dealers were given but `expected` are qualified; give exactly those, by ascending slot.
  /// @param given constants or rest hashes given
  /// @param expected how many are qualified
  error KeyGenerationBadQual(uint256 given, uint256 expected);

  /// The joint key of session `sid` is not the sum of the constants plus the shift; compute it again.
  /// @param sid the session
  error KeyGenerationWrongJointKey(SessionId sid);

  /// `caller` is not the contract KeyResharing, which alone moves keys to later epochs; call `requestReshare` there.
  /// @param caller the account that called
  error KeyGenerationNotResharing(address caller);

  /// Only `left` of the `needed` keepers that the keys of epoch `epoch` need would be left; reshare those keys to a later epoch without
  /// this keeper first.
  /// @param epoch the epoch
  /// @param left keepers that would be left
  /// @param needed keepers that its keys need: t+1 of the highest threshold
  error KeyGenerationQuorumInDanger(uint32 epoch, uint256 left, uint256 needed);

  /// Asks for a key. Restricted to the role KEY_REQUESTER. The newest epoch must have no removed member.
  /// @param threshold t: t keepers together learn nothing, t+1 are needed to use the key; 1 <= t, 2t+1 <= members
  /// @param salt makes the key id; the same salt again after a failure retries the same key
  /// @return keyId names the key: `keyIdOf`
  /// @return sid the session that makes it
  function requestKey(Purpose purpose, uint8 threshold, bytes32 salt) external returns (KeyId keyId, SessionId sid);

  /// Deals. Operators of the session's members only, once each.
  function deal(SessionId sid, bytes calldata dealing) external;

  /// Fixes QUAL and the joint key. Anyone may call it.
  /// @param constants C_0 of every dealer in QUAL, by ascending slot
  /// @param restHashes keccak of the rest of each dealing
  /// @param jointKey sum of the constants + shift G; checked
  /// @dev Warning: it may return without having finalized. Where the shift's block hash is gone, it fixes a new block and emits `ShiftRearmed`:
  /// call it again after that block. Where the sum is not a usable key, it records the failure and emits `KeyFailed`. Only `KeyFinalized` means
  /// that the joint key is fixed.
  function finalize(SessionId sid, Point[] calldata constants, bytes32[] calldata restHashes, Point calldata jointKey) external;

  /// Makes a later epoch the one in which a key is active. The contract KeyResharing only, when enough keepers of that epoch have confirmed.
  function moveKey(KeyId keyId, uint32 epoch, KeyEpoch calldata moved) external;

  /// @return the contract that moves keys to later epochs. Immutable.
  /// @dev Warning: it is trusted forever to say which keepers hold a key; no governance can replace it.
  function resharing() external view returns (address);

  /// Reverts `KeyGenerationQuorumInDanger` where an epoch would lose a keeper by the removal of these and a key then have fewer than t+1 left
  /// that are not absent.
  /// @param removed a bitmap with bit `slot` set
  function requireQuorums(uint256 removed) external view;

  /// @return t+1 of the highest threshold among the keys that are active in an epoch; 0 when none is.
  function quorumIn(uint32 epoch) external view returns (uint256);

  /// @return when a key left an epoch for a later one, in seconds of block time; 0 while it is active in it, or never was.
  function retiredAtOf(KeyId keyId, uint32 epoch) external view returns (uint64);

  /// @return windows of this deployment.
  function windows() external view returns (Windows memory);

  /// @return the status, derived from stored facts and the block number.
  function statusOf(SessionId sid) external view returns (SessionStatus);

  /// @return stored facts of a session; all zero when there is none.
  function sessionOf(SessionId sid) external view returns (Session memory);

  /// @return the hash of the block that the shift comes from, as `finalize` takes it; zero while it is not there yet, and where it is gone:
  /// then `finalize` fixes a new block.
  /// @dev Warning: ask here and no node for it. `shiftBlock` counts as `block.number` does, and some chains' nodes count other blocks.
  function shiftHashOf(SessionId sid) external view returns (bytes32);

  /// @return keccak(abi.encode(DOM_KEY, chainId, this, requester, salt)).
  function keyIdOf(address requester, bytes32 salt) external view returns (KeyId);

  /// @return A key; all zero when it was never asked for.
  function keyOf(KeyId keyId) external view returns (Key memory);

  /// @return A key in one epoch, the active one or an earlier one; all zero when it was never active in it.
  function keyEpochOf(KeyId keyId, uint32 epoch) external view returns (KeyEpoch memory);
}
