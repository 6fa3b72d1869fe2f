// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Point} from "../types/Point.sol";
import {SchnorrProof} from "../types/Proofs.sol";

/// The permissioned keeper set: who the keepers are, epoch by epoch.
///
/// Only governance adds and removes keepers. An epoch's candidates, with their operators and identity keys, are fixed when it is proposed, so
/// that everybody sees for `minEpochDelay` seconds who may hold shares; its members are the candidates that have posted an encryption key when
/// it opens, and from then on it never changes. A keeper's slot (1..255) is its x-coordinate in every polynomial; it is never renumbered and never reused.
///
/// An operator account or identity key is replaced in one of two ways. *Rotation*: the former one still finishes what is open in its epochs.
/// *Theft*: it is revoked, and from that block it can do nothing more. PROTOCOL section 6.
interface IKeeperRegistry {
  /// A keeper's record. `slot` 0 means: no such keeper.
  struct Keeper {
    address operator;
    uint8 slot;
    bool removed;
    Point identityKey;
    string endpoint;
    string peerAddress;
    string name;
  }

  /// A keeper as an epoch froze it.
  struct Member {
    uint8 slot;
    address operator;
    Point encryptionKey;
    Point identityKey;
  }

  /// Unknown: never proposed. Proposed: keepers post keys; time alone makes it openable. Open: frozen for ever. Cancelled: never opens.
  enum EpochStatus {
    Unknown,
    Proposed,
    Open,
    Cancelled
  }

  /// A keeper was admitted. @custom:duty none
  event KeeperAdded(uint8 indexed slot, address indexed operator, Point identityKey, string endpoint, string peerAddress, string name);

  /// A keeper was removed: it is in no later epoch, it gets and deals no more shares, and its answers on chain count no more. @custom:duty none
  event KeeperRemoved(uint8 indexed slot, address indexed operator);

  /// A keeper moved its public addresses. @custom:duty none
  event KeeperMoved(uint8 indexed slot, string endpoint, string peerAddress);

  /// Governance gave a slot another operator address, for epochs proposed from here on. @custom:duty none
  event KeeperOperatorChanged(uint8 indexed slot, address indexed operator);

  /// Governance gave a slot another identity key, for epochs proposed from here on. @custom:duty none
  event KeeperIdentityChanged(uint8 indexed slot, Point identityKey);

  /// An account of a slot's was stolen: it can do nothing more, and its slot is absent from the epochs that froze it. @custom:duty none
  event KeeperOperatorRevoked(uint8 indexed slot, address indexed operator);

  /// An identity key of a slot's was stolen: what it signs from here on counts for nothing. @custom:duty none
  event KeeperIdentityRevoked(uint8 indexed slot, Point identityKey);

  /// An epoch was proposed; every candidate posts an encryption key for it. `candidates` has bit `slot` set.
  /// @custom:duty packages/keeper/src/membership/onEpochProposed.ts
  event EpochProposed(uint32 indexed epoch, uint64 opensAt, uint256 candidates);

  /// A keeper posted its encryption key for an epoch. @custom:duty none
  event EpochKeyPosted(uint32 indexed epoch, uint8 indexed slot, Point encryptionKey);

  /// An epoch was opened and is immutable from here on. `members` has bit `slot` set. @custom:duty none
  event EpochOpened(uint32 indexed epoch, uint256 members, bytes32 committeeRoot);

  /// A proposed epoch was cancelled. @custom:duty none
  event EpochCancelled(uint32 indexed epoch);

  /// The address is zero, is or was another keeper's, is this keeper's already, or was revoked as stolen; or, where a former operator is to be
  /// revoked, it is none.
  error KeeperRegistryInvalidOperator(address operator);
  /// The key is or was another keeper's, or was revoked as stolen; or, where a former identity is to be revoked, it is none.
  error KeeperRegistryInvalidIdentity(uint256 x, uint256 y);
  /// The key is off the curve, infinite, or has x >= n.
  error KeeperRegistryInvalidPoint(uint256 x, uint256 y);
  /// No keeper was ever admitted at that slot, or it was removed.
  error KeeperRegistryUnknownKeeper(uint8 slot);
  /// All 255 slots have been given out.
  error KeeperRegistryFull();
  /// The endpoint, peer address or name is longer than allowed.
  error KeeperRegistryTextTooLong(uint256 length, uint256 limit);
  /// The caller is not a keeper's operator, or not the one of a candidate of this epoch.
  error KeeperRegistryNotKeeper(address caller);
  /// The epoch is not in the status that the call needs.
  error KeeperRegistryEpochNotProposed(uint32 epoch, EpochStatus status);
  /// An earlier proposal is still open for keys.
  error KeeperRegistryEpochPending(uint32 epoch);
  /// The epoch may not open yet.
  error KeeperRegistryTooEarly(uint32 epoch, uint64 opensAt);
  /// Since the proposal candidates were removed, or their operator or identity was revoked as stolen: cancel the epoch and propose another.
  /// `slots` has bit `slot` set.
  error KeeperRegistryCandidatesGone(uint32 epoch, uint256 slots);
  /// The keeper has posted a key for this epoch already.
  error KeeperRegistryKeyAlreadyPosted(uint32 epoch, uint8 slot);
  /// The proof of possession does not verify for this key, keeper and epoch.
  error KeeperRegistryInvalidProof(uint32 epoch, uint8 slot);
  /// An epoch needs between 3 and 64 candidates, and as many members with keys.
  error KeeperRegistryBadMemberCount(uint256 members);
  /// The slot is not a member of that epoch.
  error KeeperRegistryNotMember(uint32 epoch, uint8 slot);

  /// Admits a keeper. Governance only.
  /// @param identityKey signs receipts and peer messages; apart from the operator account
  /// @return slot the lowest slot never used before
  function addKeeper(
    address operator,
    Point calldata identityKey,
    string calldata endpoint,
    string calldata peerAddress,
    string calldata name
  ) external returns (uint8 slot);

  /// Removes a keeper from all later epochs; its answers on chain count no more. Governance only. Sessions that would give it a share are over
  /// at once, and no other begins before an epoch without it opens.
  /// Reverts `KeyGenerationQuorumInDanger` where a key would have fewer than t+1 keepers left: reshare it to an epoch without this keeper first.
  /// @dev Warning: the keeper's shares of existing keys are not taken away. They are worth nothing once these keys are reshared.
  function removeKeeper(uint8 slot) external;

  /// Moves a keeper's public addresses. Its operator only.
  function moveKeeper(string calldata endpoint, string calldata peerAddress) external;

  /// Rotation: gives a slot another operator address, seen by epochs proposed later; in earlier ones the former account goes on. Governance only.
  function setOperator(uint8 slot, address operator) external;

  /// Theft: gives a slot, a removed one too, another operator address and revokes the present one. From this block on the former account
  /// deals, confirms, answers, asks for repairs, posts keys, moves addresses and withdraws nothing; what it earned and has not withdrawn is
  /// its successor's. The slot is absent from every epoch that froze the account. Never refused for a quorum's sake. Governance only.
  /// @dev Warning: what the account did before stands. Where it posted an encryption key of its own for an epoch that is open, the slot's shares
  /// of that epoch are the thief's: remove the keeper instead, and admit it anew.
  /// @dev Warning: a key whose epoch has fewer than t+1 old members left that are not absent can never be reshared. Rotate, reshare, then
  /// `revokeFormerOperator`, where the thief can be borne that long.
  function replaceStolenOperator(uint8 slot, address operator) external;

  /// Theft of an account that was rotated away before: revokes it, as `replaceStolenOperator` does. Governance only.
  function revokeFormerOperator(address operator) external;

  /// Rotation: gives a slot another identity key, seen by epochs proposed later; in earlier ones the former key goes on. Governance only.
  function setIdentityKey(uint8 slot, Point calldata identityKey) external;

  /// Theft: gives a slot, a removed one too, another identity key and revokes the present one: receipts that it signs for later blocks count
  /// for nothing, and no contract takes any more what it signed. Governance only.
  function replaceStolenIdentity(uint8 slot, Point calldata identityKey) external;

  /// Theft of an identity key that was rotated away before: revokes it, as `replaceStolenIdentity` does. Governance only.
  function revokeFormerIdentity(Point calldata identityKey) external;

  /// Proposes the next epoch. Governance only. It can open after `minEpochDelay` seconds.
  /// @param slots the keepers that may be in it, as a bitmap with bit `slot` set; 0: all that are not removed
  function proposeEpoch(uint256 slots) external returns (uint32 epoch);

  /// Posts the caller's encryption key for a proposed epoch.
  /// @param proof knowledge of the secret key, bound to chain, registry, epoch, slot and operator: PROTOCOL section 6.2
  function postEpochKey(uint32 epoch, Point calldata encryptionKey, SchnorrProof calldata proof) external;

  /// Opens a proposed epoch with the candidates that have posted a key. Governance only.
  function openEpoch(uint32 epoch) external;

  /// Cancels a proposed epoch. Governance only.
  function cancelEpoch(uint32 epoch) external;

  /// Seconds between proposing and opening an epoch. Immutable.
  function minEpochDelay() external view returns (uint64);

  /// The newest open epoch; 0 while there is none.
  function currentEpoch() external view returns (uint32);

  /// The newest proposed, open or cancelled epoch.
  function lastEpoch() external view returns (uint32);

  /// Derived from stored facts. Time alone never changes it.
  function statusOf(uint32 epoch) external view returns (EpochStatus);

  /// When a proposed epoch may open, in seconds of block time.
  function opensAt(uint32 epoch) external view returns (uint64);

  /// Bit `slot` is set for each keeper that was removed.
  function removedKeepers() external view returns (uint256 bitmap);

  /// All keepers ever admitted, removed ones included, by ascending slot.
  function keepers() external view returns (Keeper[] memory);

  /// One keeper's record; all zero when there is none.
  function keeperAt(uint8 slot) external view returns (Keeper memory);

  /// The slot of an operator; 0 when it never was a keeper's.
  /// @dev Warning: an address stays with its slot for ever, also after a removal or a change of operator, so that it can finish what it
  /// began in an open epoch. Who acts for a slot in an epoch is `memberOf(epoch, slot).operator`.
  function slotOf(address operator) external view returns (uint8);

  /// The encryption key posted for an epoch; zero when there is none.
  function epochKeyOf(uint32 epoch, uint8 slot) external view returns (Point memory);

  /// Bit `slot` is set for each keeper that may be in an epoch.
  function candidatesOf(uint32 epoch) external view returns (uint256 bitmap);

  /// Bit `slot` is set for each member of an open epoch.
  function membersOf(uint32 epoch) external view returns (uint256 bitmap);

  /// Members of an open epoch by ascending slot.
  function committeeOf(uint32 epoch) external view returns (Member[] memory);

  /// One member of an open epoch. Reverts `KeeperRegistryNotMember` otherwise.
  function memberOf(uint32 epoch, uint8 slot) external view returns (Member memory);

  /// The slot that `operator` has in an open epoch; 0 when it is no member, or was revoked as stolen. Rotation does not change it.
  function slotIn(uint32 epoch, address operator) external view returns (uint8);

  /// The operator of a member of an open epoch, revoked ones included; zero when the slot is no member.
  function operatorIn(uint32 epoch, uint8 slot) external view returns (address);

  /// Which of `slots` take no part in an epoch any more: removed, or with an operator there that was revoked as stolen. Who is absent once
  /// stays so.
  function absentIn(uint32 epoch, uint256 slots) external view returns (uint256 bitmap);

  /// Whether an account was revoked as stolen. It never is again what it was.
  function isRevoked(address operator) external view returns (bool);

  /// When an identity key was revoked as stolen, in seconds of block time; 0 when it was not. A key and its negative are one.
  function identityRevokedAt(Point calldata identityKey) external view returns (uint64);

  /// Who is paid what an account earned: the account itself, or, where it was revoked as stolen, the operator that its slot has now.
  function payeeOf(address operator) external view returns (address);

  /// Commits to all members of an open epoch. PROTOCOL section 6.3.
  function committeeRootOf(uint32 epoch) external view returns (bytes32);
}
