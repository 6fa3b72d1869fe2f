// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyId, SessionId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {DleqHints, DleqProof} from "../types/Proofs.sol";
import {IDealings} from "./IDealings.sol";

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
interface IKeyResharing is IDealings {
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
  event ReshareDealt(SessionId indexed sid, uint8 indexed dealer, bytes dealing);

  /// An old member was proved to have dealt a wrong share. @custom:duty none
  event ReshareDealerDisqualified(SessionId indexed sid, uint8 indexed dealer, uint8 indexed recipient, address complainer);

  /// A new member confirmed that it holds its share durably. @custom:duty none
  event ReshareKeeperReady(SessionId indexed sid, uint8 indexed slot, bytes32 digest);

  /// The key is active in the new epoch from here on. `qual` is Q.
  /// @custom:duty looked at every head by packages/keeper/src/sessions/sessionLoop.ts
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
  event ReshareFailed(
    KeyId indexed keyId,
    SessionId indexed sid,
    ReshareFailure reason,
    uint256 notDealt,
    uint256 disqualified,
    uint256 notReady
  );

  /// KeyGeneration expects its resharing contract at another address.
  error KeyResharingMisplaced(address expected);
  /// The key is not active, so there is nothing to reshare.
  error KeyResharingUnusableKey(KeyId keyId);
  /// The key is active in the newest open epoch already.
  error KeyResharingNoLaterEpoch(KeyId keyId, uint32 epoch);
  /// Members of the newest epoch were removed: nothing is reshared to it. Open an epoch without them. `slots` has bit `slot` set.
  error KeyResharingMembersRemoved(uint32 epoch, uint256 slots);
  /// t' must be at least 1 and 2t'+1 at most the number of the new epoch's members that are not absent.
  error KeyResharingBadThreshold(uint8 threshold, uint256 members);
  /// The key is being reshared already.
  error KeyResharingPending(KeyId keyId, SessionId sid);
  /// The session is in another phase than the call needs.
  error KeyResharingWrongStatus(SessionId sid, ReshareStatus status);
  /// The slot is no member of the epoch that the call is about: dealers are old members, recipients new ones.
  error KeyResharingUnknownSlot(SessionId sid, uint8 slot);
  /// The caller is no operator of a new member, or was revoked as stolen.
  error KeyResharingNotMember(SessionId sid, address caller);
  /// This old member was removed, or its account in that epoch was revoked as stolen: it deals nothing.
  error KeyResharingAbsentDealer(SessionId sid, uint8 dealer);
  /// This old member has dealt already.
  error KeyResharingAlreadyDealt(SessionId sid, uint8 dealer);
  /// What is dealt is not the dealer's share: C_0 is not its verifying share in the key's epoch.
  error KeyResharingForeignShare(SessionId sid, uint8 dealer);
  /// This old member has not dealt.
  error KeyResharingNotDealt(SessionId sid, uint8 dealer);
  /// This dealer is disqualified already.
  error KeyResharingAlreadyDisqualified(SessionId sid, uint8 dealer);
  /// These are not the bytes that were dealt.
  error KeyResharingForeignDealing(SessionId sid, uint8 dealer);
  /// The complaint's proof does not verify.
  error KeyResharingInvalidComplaint(SessionId sid, uint8 dealer, uint8 recipient);
  /// The share is right: the complaint is refused.
  error KeyResharingShareIsValid(SessionId sid, uint8 dealer, uint8 recipient);
  /// READY speaks of another Q.
  error KeyResharingForeignQual(SessionId sid, uint256 given, uint256 expected);
  /// This new member has confirmed already.
  error KeyResharingAlreadyReady(SessionId sid, uint8 slot);

  /// Asks that a key be moved to the newest open epoch. Governance only. That epoch must have no removed member.
  /// @param threshold t' of the new epoch: t' keepers together learn nothing, t'+1 are needed; 1 <= t', 2t'+1 <= members
  function requestReshare(KeyId keyId, uint8 threshold) external returns (SessionId sid);

  /// Deals an old member's share to the new members. Anyone may send it: the dealing itself proves knowledge of the share.
  /// @param path from the dealer's verifying share, which is C_0, to the key's verifying root
  function deal(SessionId sid, uint8 dealer, bytes calldata dealing, bytes32[] calldata path) external;

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

  /// Confirms that the caller holds its new share durably. The (2t'+1)th equal confirmation moves the key; it reverts
  /// `KeyGenerationQuorumInDanger` where so many accounts were revoked meanwhile that fewer than t'+1 new members are not absent.
  function ready(SessionId sid, uint256 qual, bytes32 commitmentsHash, bytes32 verifyingRoot) external;

  /// Records that an overdue session has failed. Anyone may call it, in the block of a removal already.
  function fail(SessionId sid) external;

  /// Derived from stored facts and the block number.
  function statusOf(SessionId sid) external view returns (ReshareStatus);

  /// The last block of the phase that the session is in, as `block.number` counts; 0 when no block ends it.
  function phaseEndOf(SessionId sid) external view returns (uint64);

  /// Stored facts of a session; all zero when there is none.
  function reshareOf(SessionId sid) external view returns (Reshare memory);

  /// Q: the first t+1 old members, by slot, that dealt and are not disqualified. It is fixed when DISPUTE is over, or the session is; 0
  /// before, and where there are fewer.
  function qualOf(SessionId sid) external view returns (uint256);

  /// The newest session of a key; 0 when there was none.
  function sessionOf(KeyId keyId) external view returns (SessionId);

  /// The hash of what a dealer dealt; zero when it has not.
  function dealHashOf(SessionId sid, uint8 dealer) external view returns (bytes32);
}
