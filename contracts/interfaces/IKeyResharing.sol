// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyId, SessionId} from "../types/Ids.sol";
import {IDealingBoard} from "./IDealingBoard.sol";

/// Bulletin board and judge of resharing: the members of the epoch in which a key is active hand it over to the members of a later one.
/// The public key stays, every share changes, and shares of two epochs never fit together.
///
/// A session's way:
///   Dealing -> Disputing -> AwaitingReady -> Active
///                   |             |
///                   \_____________\_______ Overdue -> (fail) -> Failed: nothing has changed
///
/// No share goes to a removed keeper: a session into an epoch that has one is Overdue from the block of the removal on, in whatever phase it was,
/// and none begins. The epoch that is dealt from may have absent members, removed or with a stolen account: they deal nothing and are not
/// waited for. What one dealt before stands, because it is verified to be its share and Q must follow from facts that nothing changes
/// any more. PROTOCOL section 3.9.
/// @dev Warning: it trusts forever the KeeperRegistry and the KeyGeneration that it was deployed with.
interface IKeyResharing is IDealingBoard {
  /// Unknown: no such session.
  /// Dealing: old members deal their share; ends when all have dealt that are not absent then, or its window is over.
  /// Disputing: complaints only; always runs its full window.
  /// AwaitingReady: Q is fixed; new members confirm that they hold their share durably.
  /// Active: 2t'+1 new members confirmed the same result, and the key is active in the new epoch.
  /// Overdue: it can no longer succeed, because a window is over, a new member was removed, or so many old members are absent that Q cannot
  /// come about; anyone may call `fail` to record it.
  /// Failed: recorded; the key is active where it was and may be reshared again.
  /// Time alone moves Dealing, Disputing and AwaitingReady on, never Active or Failed.
  enum ReshareStatus {
    Unknown,
    Dealing,
    Disputing,
    AwaitingReady,
    Active,
    Overdue,
    Failed
  }

  /// TooFewDealers: fewer than t+1 old members dealt rightly, or can. NotReady: fewer than 2t'+1 new members confirmed in time.
  /// MemberRemoved: a new member was removed, so the key can be reshared when an epoch without it is open. Append-only.
  enum ReshareFailure {
    None,
    TooFewDealers,
    NotReady,
    MemberRemoved
  }

  /// All stored facts of a session. Bitmaps have bit `slot` set.
  struct Reshare {
    KeyId keyId;
    /// The epoch in which the key is active when the session opens, and the one that it moves to.
    uint32 fromEpoch;
    uint32 epoch;
    /// q = t+1 of `fromEpoch`: how many dealers Q has.
    uint8 quorum;
    /// t' and n' of `epoch`.
    uint8 threshold;
    uint8 members;
    uint64 number;
    uint64 openedAt;
    uint64 dealtAt;
    bool active;
    ReshareFailure failure;
    /// Members of `fromEpoch`, and of `epoch`.
    uint256 dealers;
    uint256 committee;
    uint256 dealt;
    uint256 disqualified;
    uint256 ready;
  }

  /// A key is to be reshared. @custom:duty packages/keeper/src/sessions/onReshareRequested.ts
  /// @param keyId the key
  /// @param sid the session
  /// @param epoch the epoch that the key is handed over to
  /// @param fromEpoch the epoch that the key is handed over from
  /// @param threshold t of the key: t+1 shares use it
  /// @param number counts these, from 1
  event ReshareRequested(
    KeyId indexed keyId,
    SessionId indexed sid,
    uint32 indexed epoch,
    uint32 fromEpoch,
    uint8 threshold,
    uint64 number
  );

  /// An old member dealt. `dealing` is the whole of it: PROTOCOL section 3.3.
  /// @custom:duty looked at every head by packages/keeper/src/sessions/sessionLoop.ts
  /// @param sid the session
  /// @param dealer the dealer's slot
  /// @param dealing the whole dealing: PROTOCOL section 3.3
  event ReshareDealt(SessionId indexed sid, uint8 indexed dealer, bytes dealing);

  /// An old member was proved to have dealt a wrong share. @custom:duty none
  /// @param sid the session
  /// @param dealer the dealer's slot
  /// @param recipient the recipient's slot
  /// @param complainer the account that proved it
  event ReshareDealerDisqualified(SessionId indexed sid, uint8 indexed dealer, uint8 indexed recipient, address complainer);

  /// A new member confirmed that it holds its share durably. @custom:duty none
  /// @param sid the session
  /// @param slot the keeper's slot
  /// @param digest what was confirmed: PROTOCOL section 3.9
  event ReshareKeeperReady(SessionId indexed sid, uint8 indexed slot, bytes32 digest);

  /// The key is active in the new epoch from here on. `qual` is Q.
  /// @custom:duty looked at every head by packages/keeper/src/sessions/sessionLoop.ts
  /// @param keyId the key
  /// @param sid the session
  /// @param epoch the epoch in which it is active from now on
  /// @param fromEpoch the epoch that the key is handed over from
  /// @param threshold t of the key: t+1 shares use it
  /// @param qual Q: the dealers whose dealings make the new shares, as a bitmap with bit `slot` set
  /// @param commitmentsHash hash of the sum of commitments: PROTOCOL section 3.6
  /// @param verifyingRoot root of the verifying shares: PROTOCOL section 3.6
  event KeyReshared(
    KeyId indexed keyId,
    SessionId indexed sid,
    uint32 indexed epoch,
    uint32 fromEpoch,
    uint8 threshold,
    uint256 qual,
    bytes32 commitmentsHash,
    bytes32 verifyingRoot
  );

  /// A session ended and nothing has changed. Says who did not take part in time, or was absent, and who was at fault; after MemberRemoved
  /// nobody had run out of time.
  /// @custom:duty looked at every head by packages/keeper/src/sessions/sessionLoop.ts
  /// @param keyId the key
  /// @param sid the session
  /// @param reason why it failed
  /// @param notDealt members that did not deal in time, as a bitmap with bit `slot` set
  /// @param disqualified dealers that sent a wrong share, as a bitmap with bit `slot` set
  /// @param notReady members that did not confirm in time, as a bitmap with bit `slot` set
  event ReshareFailed(
    KeyId indexed keyId,
    SessionId indexed sid,
    ReshareFailure reason,
    uint256 notDealt,
    uint256 disqualified,
    uint256 notReady
  );

  /// KeyGeneration expects its resharing contract at `expected`; deploy it there.
  /// @param expected the address that KeyGeneration moves keys for
  error KeyResharingMisplaced(address expected);

  /// Key `keyId` is not active, so there is nothing to reshare; check its status.
  /// @param keyId the key
  error KeyResharingUnusableKey(KeyId keyId);

  /// Key `keyId` is active in epoch `epoch`, and no later one is open; propose an epoch and open it first.
  /// @param keyId the key
  /// @param epoch the epoch
  error KeyResharingNoLaterEpoch(KeyId keyId, uint32 epoch);

  /// Key `keyId` is already being reshared, in session `sid`; wait until that session ends.
  /// @param keyId the key
  /// @param sid the session
  error KeyResharingPending(KeyId keyId, SessionId sid);

  /// Session `sid` is `status`, and this call belongs to another phase; read its status again.
  /// @param sid the session
  /// @param status the status that it has
  error KeyResharingWrongStatus(SessionId sid, ReshareStatus status);

  /// In session `sid`, the keeper at slot `dealer` was removed, or its account was revoked as stolen; it does not deal, and nobody waits
  /// for it.
  /// @param sid the session
  /// @param dealer the dealer's slot
  error KeyResharingAbsentDealer(SessionId sid, uint8 dealer);

  /// In session `sid`, slot `dealer` deals something other than its share; deal its share of the key's epoch.
  /// @param sid the session
  /// @param dealer the dealer's slot
  error KeyResharingForeignShare(SessionId sid, uint8 dealer);

  /// Asks that a key be moved to the newest open epoch. Governance only. That epoch must have no removed member.
  /// @param threshold t' of the new epoch: t' keepers together learn nothing, t'+1 are needed; 1 <= t', 2t'+1 <= members
  /// @return sid the session
  function requestReshare(KeyId keyId, uint8 threshold) external returns (SessionId sid);

  /// Deals an old member's share to the new members. Anyone may send it: the dealing itself proves knowledge of the share.
  /// @param path from the dealer's verifying share, which is C_0, to the key's verifying root
  function deal(SessionId sid, uint8 dealer, bytes calldata dealing, bytes32[] calldata path) external;

  /// @return the status, derived from stored facts and the block number.
  function statusOf(SessionId sid) external view returns (ReshareStatus);

  /// @return stored facts of a session; all zero when there is none.
  function reshareOf(SessionId sid) external view returns (Reshare memory);

  /// @return Q: the first t+1 old members, by slot, that dealt and are not disqualified. It is fixed when DISPUTE is over, or the session
  /// is; 0 before, and where there are fewer.
  function qualOf(SessionId sid) external view returns (uint256);

  /// @return the newest session of a key; 0 when there was none.
  function sessionOf(KeyId keyId) external view returns (SessionId);
}
