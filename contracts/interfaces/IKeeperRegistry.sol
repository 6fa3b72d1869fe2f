// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Point} from "../types/Point.sol";
import {SchnorrProof} from "../types/Proofs.sol";
import {IPoints} from "./IPoints.sol";

/// The permissioned keeper set: who the keepers are, epoch by epoch.
///
/// Only governance adds and removes keepers. An epoch's candidates, with their operators and identity keys, are fixed when it is proposed, so
/// that everybody sees for `minEpochDelay` seconds who may hold shares; its members are the candidates that have posted an encryption key when
/// it opens, and from then on it never changes. A keeper's slot (1..255) is its x-coordinate in every polynomial; it is never renumbered and never reused.
///
/// An operator account or identity key is replaced in one of two ways. *Rotation*: the former one still finishes what is open in its epochs.
/// *Theft*: it is revoked, and from that block it can do nothing more. PROTOCOL section 6.
interface IKeeperRegistry is IPoints {
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

  /// Unknown: never proposed. Proposed: keepers post keys; time alone makes it openable. Open: frozen forever. Cancelled: never opens.
  enum EpochStatus {
    Unknown,
    Proposed,
    Open,
    Cancelled
  }

  /// A keeper was admitted. @custom:duty none
  /// @param slot the keeper's slot
  /// @param operator the operator's account
  /// @param identityKey the key that signs receipts and peer messages
  /// @param endpoint where readers reach the keeper by HTTP
  /// @param peerAddress where other keepers reach it
  /// @param name for people
  event KeeperAdded(uint8 indexed slot, address indexed operator, Point identityKey, string endpoint, string peerAddress, string name);

  /// A keeper was removed: it is in no later epoch, it gets and deals no more shares, and its answers on chain count no more. @custom:duty none
  /// @param slot the keeper's slot
  /// @param operator the operator's account
  event KeeperRemoved(uint8 indexed slot, address indexed operator);

  /// A keeper moved its public addresses. @custom:duty none
  /// @param slot the keeper's slot
  /// @param endpoint where readers reach the keeper by HTTP
  /// @param peerAddress where other keepers reach it
  event KeeperMoved(uint8 indexed slot, string endpoint, string peerAddress);

  /// Governance gave a slot another operator address, for epochs proposed from here on. @custom:duty none
  /// @param slot the keeper's slot
  /// @param operator the operator's account
  event KeeperOperatorChanged(uint8 indexed slot, address indexed operator);

  /// Governance gave a slot another identity key, for epochs proposed from here on. @custom:duty none
  /// @param slot the keeper's slot
  /// @param identityKey the key that signs receipts and peer messages
  event KeeperIdentityChanged(uint8 indexed slot, Point identityKey);

  /// An account of a slot's was stolen: it can do nothing more, and its slot is absent from the epochs that froze it. @custom:duty none
  /// @param slot the keeper's slot
  /// @param operator the operator's account
  event KeeperOperatorRevoked(uint8 indexed slot, address indexed operator);

  /// An identity key of a slot's was stolen: what it signs from here on counts for nothing. @custom:duty none
  /// @param slot the keeper's slot
  /// @param identityKey the key that signs receipts and peer messages
  event KeeperIdentityRevoked(uint8 indexed slot, Point identityKey);

  /// An epoch was proposed; every candidate posts an encryption key for it. `candidates` has bit `slot` set.
  /// @custom:duty packages/keeper/src/membership/onEpochProposed.ts
  /// @param epoch the epoch
  /// @param opensAt when it may open, in seconds of block time
  /// @param candidates the keepers that may be in it, as a bitmap with bit `slot` set
  event EpochProposed(uint32 indexed epoch, uint64 opensAt, uint256 candidates);

  /// A keeper posted its encryption key for an epoch. @custom:duty none
  /// @param epoch the epoch
  /// @param slot the keeper's slot
  /// @param encryptionKey what shares of this epoch are encrypted to
  event EpochKeyPosted(uint32 indexed epoch, uint8 indexed slot, Point encryptionKey);

  /// An epoch was opened and is immutable from here on. `members` has bit `slot` set. @custom:duty none
  /// @param epoch the epoch
  /// @param members its members, as a bitmap with bit `slot` set
  /// @param committeeRoot commits to all members: PROTOCOL section 6.3
  event EpochOpened(uint32 indexed epoch, uint256 members, bytes32 committeeRoot);

  /// A proposed epoch was cancelled. @custom:duty none
  /// @param epoch the epoch
  event EpochCancelled(uint32 indexed epoch);

  /// `operator` is zero, operates a keeper already, or was revoked as stolen; give an address that no keeper ever used. To revoke a former
  /// operator, name one that is not in use and not revoked yet.
  /// @param operator the account given
  error KeeperRegistryInvalidOperator(address operator);

  /// The identity key belongs to another keeper or was revoked as stolen; give a fresh one. To revoke a former identity, name one that is
  /// not in use and not revoked yet.
  /// @param x its x-coordinate
  /// @param y its y-coordinate
  error KeeperRegistryInvalidIdentity(uint256 x, uint256 y);

  /// There is no keeper at slot `slot`, or it was removed; list the keepers to see the slots.
  /// @param slot the slot given
  error KeeperRegistryUnknownKeeper(uint8 slot);

  /// All 255 slots have been given out, and slots are never reused; another keeper needs another registry.
  error KeeperRegistryFull();

  /// The endpoint, peer address or name has `length` bytes but at most `limit` are allowed; shorten it.
  /// @param length bytes given
  /// @param limit bytes allowed
  error KeeperRegistryTextTooLong(uint256 length, uint256 limit);

  /// `caller` operates no keeper, or no candidate of this epoch; send this from the account that the registry names for the slot.
  /// @param caller the account that called
  error KeeperRegistryNotKeeper(address caller);

  /// Epoch `epoch` is `status`, not Proposed; propose an epoch, or name the proposed one.
  /// @param epoch the epoch
  /// @param status the status that it has
  error KeeperRegistryEpochNotProposed(uint32 epoch, EpochStatus status);

  /// Epoch `epoch` is still proposed; open or cancel it before proposing another.
  /// @param epoch the epoch
  error KeeperRegistryEpochPending(uint32 epoch);

  /// Epoch `epoch` may not open before `opensAt`; try again then.
  /// @param epoch the epoch
  /// @param opensAt when it may open, in seconds of block time
  error KeeperRegistryTooEarly(uint32 epoch, uint64 opensAt);

  /// Since epoch `epoch` was proposed, candidates were removed, or their account or identity key was revoked as stolen (slots as a bitmap:
  /// `slots`); cancel it and propose another.
  /// @param epoch the epoch
  /// @param slots the keepers concerned, as a bitmap with bit `slot` set
  error KeeperRegistryCandidatesGone(uint32 epoch, uint256 slots);

  /// The keeper at slot `slot` has already posted its key for epoch `epoch`; nothing is left to do.
  /// @param epoch the epoch
  /// @param slot the keeper's slot
  error KeeperRegistryKeyAlreadyPosted(uint32 epoch, uint8 slot);

  /// The proof of possession does not verify for slot `slot` and epoch `epoch`; make it for this chain, registry, epoch, slot and operator.
  /// @param epoch the epoch
  /// @param slot the keeper's slot
  error KeeperRegistryInvalidProof(uint32 epoch, uint8 slot);

  /// An epoch needs 3 to 64 keepers, and as many posted keys, but there are `members`; wait for more keepers.
  /// @param members how many there are
  error KeeperRegistryBadMemberCount(uint256 members);

  /// Slot `slot` is not a member of epoch `epoch`, or the epoch is not open; check both.
  /// @param epoch the epoch
  /// @param slot the keeper's slot
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

  /// Rotation: gives a slot another operator address, seen by epochs proposed later; in earlier ones the former account continues. Governance only.
  function setOperator(uint8 slot, address operator) external;

  /// Theft: gives a slot, a removed one too, another operator address and revokes the present one. From this block on the former account
  /// deals, confirms, answers, asks for repairs, posts keys, moves addresses and withdraws nothing; what it earned and has not withdrawn is
  /// its successor's. The slot is absent from every epoch that froze the account. Never refused for a quorum's sake. Governance only.
  /// @dev Warning: what the account did before stands. Where it posted an encryption key of its own for an epoch that is open, the slot's shares
  /// of that epoch are the thief's: remove the keeper instead, and admit it again.
  /// @dev Warning: a key whose epoch has fewer than t+1 old members that are not absent can never be reshared. If the thief can be tolerated
  /// meanwhile, rotate, reshare, then call `revokeFormerOperator`.
  function replaceStolenOperator(uint8 slot, address operator) external;

  /// Theft of an account that was rotated away before: revokes it, as `replaceStolenOperator` does. Governance only.
  function revokeFormerOperator(address operator) external;

  /// Rotation: gives a slot another identity key, seen by epochs proposed later; in earlier ones the former key continues. Governance only.
  function setIdentityKey(uint8 slot, Point calldata identityKey) external;

  /// Theft: gives a slot, a removed one too, another identity key and revokes the present one: receipts that it signs for later blocks count
  /// for nothing, and no contract takes any more what it signed. Governance only.
  function replaceStolenIdentity(uint8 slot, Point calldata identityKey) external;

  /// Theft of an identity key that was rotated away before: revokes it, as `replaceStolenIdentity` does. Governance only.
  function revokeFormerIdentity(Point calldata identityKey) external;

  /// Proposes the next epoch. Governance only. It can open after `minEpochDelay` seconds.
  /// @param slots the keepers that may be in it, as a bitmap with bit `slot` set; 0: all that are not removed
  /// @return epoch its number
  function proposeEpoch(uint256 slots) external returns (uint32 epoch);

  /// Posts the caller's encryption key for a proposed epoch.
  /// @param proof knowledge of the secret key, bound to chain, registry, epoch, slot and operator: PROTOCOL section 6.2
  function postEpochKey(uint32 epoch, Point calldata encryptionKey, SchnorrProof calldata proof) external;

  /// Opens a proposed epoch with the candidates that have posted a key. Governance only.
  function openEpoch(uint32 epoch) external;

  /// Cancels a proposed epoch. Governance only.
  function cancelEpoch(uint32 epoch) external;

  /// @return seconds between proposing and opening an epoch. Immutable.
  function minEpochDelay() external view returns (uint64);

  /// @return the newest open epoch; 0 while there is none.
  function currentEpoch() external view returns (uint32);

  /// @return the newest proposed, open or cancelled epoch.
  function lastEpoch() external view returns (uint32);

  /// @return the status, derived from stored facts. Time alone never changes it.
  function statusOf(uint32 epoch) external view returns (EpochStatus);

  /// @return when a proposed epoch may open, in seconds of block time.
  function opensAt(uint32 epoch) external view returns (uint64);

  /// @return bitmap bit `slot` is set for each keeper that was removed.
  function removedKeepers() external view returns (uint256 bitmap);

  /// @return all keepers ever admitted, removed ones included, by ascending slot.
  function keepers() external view returns (Keeper[] memory);

  /// @return one keeper's record; all zero when there is none.
  function keeperAt(uint8 slot) external view returns (Keeper memory);

  /// @return the slot of an operator; 0 when it never was a keeper's.
  /// @dev Warning: an address stays with its slot forever, also after a removal or a change of operator, so that it can finish what it
  /// began in an open epoch. Who acts for a slot in an epoch is `memberOf(epoch, slot).operator`.
  function slotOf(address operator) external view returns (uint8);

  /// @return the encryption key posted for an epoch; zero when there is none.
  function epochKeyOf(uint32 epoch, uint8 slot) external view returns (Point memory);

  /// @return bitmap bit `slot` is set for each keeper that may be in an epoch.
  function candidatesOf(uint32 epoch) external view returns (uint256 bitmap);

  /// @return bitmap bit `slot` is set for each member of an open epoch.
  function membersOf(uint32 epoch) external view returns (uint256 bitmap);

  /// @return members of an open epoch by ascending slot.
  function committeeOf(uint32 epoch) external view returns (Member[] memory);

  /// @return one member of an open epoch. Reverts `KeeperRegistryNotMember` otherwise.
  function memberOf(uint32 epoch, uint8 slot) external view returns (Member memory);

  /// @return the slot that `operator` has in an open epoch; 0 when it is not a member, or was revoked as stolen. Rotation does not change it.
  function slotIn(uint32 epoch, address operator) external view returns (uint8);

  /// @return the operator of a member of an open epoch, revoked ones included; zero when the slot is not a member.
  function operatorIn(uint32 epoch, uint8 slot) external view returns (address);

  /// @return bitmap which of `slots` take no part in an epoch any more: removed, or with an operator there that was revoked as stolen. Who
  /// is absent once stays so.
  function absentIn(uint32 epoch, uint256 slots) external view returns (uint256 bitmap);

  /// @return whether an account was revoked as stolen. It never is again what it was.
  function isRevoked(address operator) external view returns (bool);

  /// @return when an identity key was revoked as stolen, in seconds of block time; 0 when it was not. A key and its negative are one.
  function identityRevokedAt(Point calldata identityKey) external view returns (uint64);

  /// @return who is paid what an account earned: the account itself, or, where it was revoked as stolen, the operator that its slot has
  /// now.
  function payeeOf(address operator) external view returns (address);

  /// @return commits to all members of an open epoch. PROTOCOL section 6.3.
  function committeeRootOf(uint32 epoch) external view returns (bytes32);
}
