// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SessionId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {DleqHints, DleqProof} from "../types/Proofs.sol";

/// What KeyGeneration and KeyResharing have in common: dealers deal to members, members complain and confirm. Both refuse for the same
/// reasons with the same errors. PROTOCOL sections 3.3, 3.4 and 3.9.
interface IDealingBoard {
  /// Proves that a dealer sent a recipient a wrong share. `dealing` is the whole dealing, as it was sent. `shared` is e_i PK_j, the shared point
  /// that opens this one encrypted share; `proof` shows that it is the recipient's: DLEQ(G, PK_j; E_i, shared).
  struct Complaint {
    uint8 dealer;
    uint8 recipient;
    bytes dealing;
    Point shared;
    DleqProof proof;
    DleqHints hints;
  }

  /// The dealing has `length` bytes instead of `expected`; deal for this session's threshold and members.
  /// @param length bytes given
  /// @param expected bytes that it must have
  error DealingBadLength(uint256 length, uint256 expected);

  /// Point `index` of the dealing is off the curve, infinite, or has x >= n; deal again.
  /// @param index commitments from 0; t+1: the ephemeral key
  error DealingInvalidPoint(uint256 index);

  /// Encrypted share `index` of the dealing is not below the curve's order; deal again.
  /// @param index recipients from 0
  error DealingShareOutOfRange(uint256 index);

  /// The dealing's proof of possession `which` (0: constant term, 1: ephemeral key) does not verify; make it for this session and dealer.
  /// @param which 0: constant term; 1: ephemeral key
  error DealingInvalidPossession(uint8 which);

  /// Members of epoch `epoch` were removed (bitmap of slots: `slots`), and a removed keeper gets no share; propose and open an epoch without them.
  /// @param epoch the epoch
  /// @param slots the keepers concerned, as a bitmap with bit `slot` set
  error DealingMembersRemoved(uint32 epoch, uint256 slots);

  /// Threshold `threshold` does not fit `members` members that are not absent: it needs 1 <= t and 2t+1 <= members.
  /// @param threshold t, as it was asked for
  /// @param members members that are not absent
  error DealingBadThreshold(uint8 threshold, uint256 members);

  /// `caller` operates no member of session `sid`, or its account was revoked as stolen; only members may do this.
  /// @param sid the session
  /// @param caller the account that called
  error DealingNotMember(SessionId sid, address caller);

  /// Slot `slot` has no such part in session `sid`: dealers and recipients are members of its epochs.
  /// @param sid the session
  /// @param slot the slot given
  error DealingUnknownSlot(SessionId sid, uint8 slot);

  /// The keeper at slot `dealer` has already dealt in session `sid`; nothing is left to do.
  /// @param sid the session
  /// @param dealer the dealer's slot
  error DealingAlreadyDealt(SessionId sid, uint8 dealer);

  /// The keeper at slot `dealer` has not dealt in session `sid`; there is nothing to complain about.
  /// @param sid the session
  /// @param dealer the dealer's slot
  error DealingNotDealt(SessionId sid, uint8 dealer);

  /// The dealer at slot `dealer` is already disqualified in session `sid`; nothing is left to do.
  /// @param sid the session
  /// @param dealer the dealer's slot
  error DealingAlreadyDisqualified(SessionId sid, uint8 dealer);

  /// These are not the bytes that slot `dealer` dealt in session `sid`; take them from the event of its dealing.
  /// @param sid the session
  /// @param dealer the dealer's slot
  error DealingForeignBytes(SessionId sid, uint8 dealer);

  /// The complaint in session `sid` of recipient `recipient` about dealer `dealer` does not verify; prove it with the recipient's epoch key.
  /// @param sid the session
  /// @param dealer the dealer's slot
  /// @param recipient the recipient's slot
  error DealingInvalidComplaint(SessionId sid, uint8 dealer, uint8 recipient);

  /// In session `sid`, dealer `dealer` sent recipient `recipient` a correct share, so the complaint is refused.
  /// @param sid the session
  /// @param dealer the dealer's slot
  /// @param recipient the recipient's slot
  error DealingShareIsValid(SessionId sid, uint8 dealer, uint8 recipient);

  /// The confirmation names the dealers `given`, but session `sid` has `expected` (bitmaps of slots); compute the share from those.
  /// @param sid the session
  /// @param given the dealers that the confirmation names
  /// @param expected the dealers that the session has
  error DealingForeignQual(SessionId sid, uint256 given, uint256 expected);

  /// The keeper at slot `slot` has already confirmed in session `sid`; nothing is left to do.
  /// @param sid the session
  /// @param slot the keeper's slot
  error DealingAlreadyReady(SessionId sid, uint8 slot);

  /// Reports a dealer that sent a wrong share. Anyone may call it while the session is Dealing or Disputing; a proved complaint disqualifies
  /// the dealer.
  /// @param sid the session
  /// @param complaint the evidence
  function complain(SessionId sid, Complaint calldata complaint) external;

  /// Confirms that the caller, a member of the session's epoch, holds its share durably. The (2t+1)th equal confirmation makes the key active in
  /// that epoch; it reverts `KeyGenerationQuorumInDanger` where so many accounts were revoked meanwhile that fewer than t+1 members are not absent.
  /// @param sid the session
  /// @param qual the dealers whose dealings make the share, as a bitmap with bit `slot` set
  /// @param commitmentsHash hash of the sum of commitments: PROTOCOL section 3.6
  /// @param verifyingRoot root of the verifying shares: PROTOCOL section 3.6
  function ready(SessionId sid, uint256 qual, bytes32 commitmentsHash, bytes32 verifyingRoot) external;

  /// Records that an overdue session has failed. Anyone may call it, in the block of a removal already.
  /// @param sid the session
  function fail(SessionId sid) external;

  /// @param sid the session
  /// @return the last block of the phase that the session is in, as `block.number` counts; 0 when no block ends it.
  function phaseEndOf(SessionId sid) external view returns (uint64);

  /// @param sid the session
  /// @param dealer the dealer's slot
  /// @return the hash of what the dealer dealt; zero if it has not dealt
  function dealHashOf(SessionId sid, uint8 dealer) external view returns (bytes32);
}
