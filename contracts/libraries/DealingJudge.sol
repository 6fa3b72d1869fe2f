// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDealingBoard} from "../interfaces/IDealingBoard.sol";
import {SessionId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {Dealings} from "./Dealings.sol";
import {Dleq} from "./Dleq.sol";
import {Domains} from "./Domains.sol";
import {Polynomial} from "./Polynomial.sol";
import {Possession} from "./Possession.sol";
import {Secp256k1} from "./Secp256k1.sol";

/// Whether a dealing is one, and whether a recipient's share in it is right. PROTOCOL sections 3.3 and 3.4.
library DealingJudge {
  /// Checks length, every point and every encrypted share.
  function requireWellFormed(bytes calldata dealing, uint256 threshold, uint256 members) internal pure {
    uint256 expected = Dealings.lengthOf(threshold, members);
    if (dealing.length != expected) revert IDealingBoard.DealingBadLength(dealing.length, expected);

    Point[] calldata commitments = Dealings.commitments(dealing, threshold);
    Point calldata ephemeral = Dealings.ephemeral(dealing, threshold);
    for (uint256 k = 0; k < commitments.length; ++k) {
      if (!Secp256k1.isValid(commitments[k].x, commitments[k].y)) revert IDealingBoard.DealingInvalidPoint(k);
    }
    if (!Secp256k1.isValid(ephemeral.x, ephemeral.y)) revert IDealingBoard.DealingInvalidPoint(threshold + 1);
    uint256[] calldata shares = Dealings.encryptedShares(dealing, threshold, members);
    for (uint256 place = 0; place < shares.length; ++place) {
      if (shares[place] >= Secp256k1.ORDER) revert IDealingBoard.DealingShareOutOfRange(place);
    }
  }

  /// Checks both possessions of a well-formed dealing.
  /// @param message what they are proved over
  function requirePossessions(bytes32 message, bytes calldata dealing, uint256 threshold, uint256 members) internal view {
    Point[] calldata commitments = Dealings.commitments(dealing, threshold);
    Point calldata ephemeral = Dealings.ephemeral(dealing, threshold);
    if (!Possession.verify(commitments[0], message, Dealings.possession(dealing, threshold, members, 0))) {
      revert IDealingBoard.DealingInvalidPossession(0);
    }
    if (!Possession.verify(ephemeral, message, Dealings.possession(dealing, threshold, members, 1))) {
      revert IDealingBoard.DealingInvalidPossession(1);
    }
  }

  /// Whether the complaint's shared point is the recipient's encryption secret times E.
  /// @param recipientKey the recipient's encryption key
  /// @param ephemeral E of the dealing
  function isSharedPoint(
    SessionId sid,
    Point memory recipientKey,
    Point calldata ephemeral,
    IDealingBoard.Complaint calldata complaint
  ) internal view returns (bool) {
    bytes32 context = keccak256(abi.encode(Domains.COMPLAINT, sid, complaint.dealer, complaint.recipient));
    return Dleq.verify(recipientKey, ephemeral, complaint.shared, context, complaint.proof, complaint.hints);
  }

  /// Decrypts the recipient's share and compares it with the commitments.
  /// @param complaint its dealing is well-formed
  /// @param place how many recipients have a lower slot
  function isShareRight(
    SessionId sid,
    uint256 threshold,
    uint256 members,
    uint256 place,
    IDealingBoard.Complaint calldata complaint
  ) internal view returns (bool) {
    bytes calldata dealing = complaint.dealing;
    uint256 encrypted = Dealings.encryptedShares(dealing, threshold, members)[place];
    uint256 share = Dealings.openShare(encrypted, Dealings.padOf(sid, complaint.dealer, complaint.recipient, complaint.shared));
    return Polynomial.isShare(Dealings.commitments(dealing, threshold), complaint.recipient, share);
  }
}
