// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SessionId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {SchnorrProof} from "../types/Proofs.sol";
import {Domains} from "./Domains.sol";
import {Secp256k1} from "./Secp256k1.sol";

/// The bytes of a dealing, read where they lie in calldata. All words are 32 bytes:
///
///   C_0 .. C_t (x, y each) | E (x, y) | c_j per member | c, z for C_0 | c, z for E
///
/// PROTOCOL section 3.3.
/// @dev Offsets are in range when the dealing's length is `lengthOf(t, members)`, which callers check first. With t < 256 nothing overflows.
library Dealings {
  /// 64(t+1) + 64 + 32 members + 128.
  function lengthOf(uint256 threshold, uint256 members) internal pure returns (uint256) {
    return 64 * (threshold + 1) + 64 + 32 * members + 128;
  }

  /// C_0 .. C_t.
  function commitments(bytes calldata dealing, uint256 threshold) internal pure returns (Point[] calldata points) {
    assembly ("memory-safe") {
      points.offset := dealing.offset
      points.length := add(threshold, 1)
    }
  }

  /// E, the dealer's key for this dealing alone.
  function ephemeral(bytes calldata dealing, uint256 threshold) internal pure returns (Point calldata point) {
    assembly ("memory-safe") {
      point := add(dealing.offset, mul(64, add(threshold, 1)))
    }
  }

  /// c_j of every member, by ascending slot.
  function encryptedShares(bytes calldata dealing, uint256 threshold, uint256 members) internal pure returns (uint256[] calldata shares) {
    assembly ("memory-safe") {
      shares.offset := add(dealing.offset, mul(64, add(threshold, 2)))
      shares.length := members
    }
  }

  /// Possession of C_0's secret (0) or of E's (1).
  function possession(
    bytes calldata dealing,
    uint256 threshold,
    uint256 members,
    uint256 which
  ) internal pure returns (SchnorrProof calldata proof) {
    assembly ("memory-safe") {
      proof := add(add(dealing.offset, mul(64, add(threshold, 2))), add(mul(32, members), mul(64, which)))
    }
  }

  /// keccak(C_0.x, C_0.y, keccak(the rest)): what the contract stores. C_0 and the rest's hash open it.
  function hashOf(bytes calldata dealing) internal pure returns (bytes32) {
    Point calldata constant_ = commitments(dealing, 0)[0];
    return hashOf(constant_, keccak256(dealing[64:]));
  }

  /// `hashOf` from its two parts.
  function hashOf(Point calldata constant_, bytes32 restHash) internal pure returns (bytes32) {
    return keccak256(abi.encode(constant_.x, constant_.y, restHash));
  }

  /// What both possessions are proved over: it binds session, dealer, commitments and E.
  function possessionMessage(SessionId sid, uint8 dealer, bytes calldata dealing, uint256 threshold) internal pure returns (bytes32) {
    bytes32 commitmentsHash = keccak256(dealing[:64 * (threshold + 1)]);
    Point calldata e = ephemeral(dealing, threshold);
    return keccak256(abi.encode(Domains.DEALING, sid, dealer, commitmentsHash, e.x, e.y));
  }

  /// `possessionMessage` of a reshare: it binds every encrypted share, too. Anyone may send such a dealing, and a copy with another share in it
  /// would make an honest recipient open, by its complaint, the share that the dealer really sent. PROTOCOL section 3.9.
  function resharePossessionMessage(SessionId sid, uint8 dealer, bytes calldata dealing) internal pure returns (bytes32) {
    return keccak256(abi.encode(Domains.RESHARE_DEALING, sid, dealer, keccak256(dealing[:dealing.length - 128])));
  }

  /// What blinds recipient j's share of dealer i: keccak(PAD, sid, i, j, shared.x, shared.y) mod n.
  function padOf(SessionId sid, uint8 dealer, uint8 recipient, Point calldata shared) internal pure returns (uint256) {
    return uint256(keccak256(abi.encode(Domains.PAD, sid, dealer, recipient, shared.x, shared.y))) % Secp256k1.ORDER;
  }

  /// The share behind an encrypted one: c_j - pad mod n. Both are below n.
  function openShare(uint256 encrypted, uint256 pad) internal pure returns (uint256) {
    return addmod(encrypted, Secp256k1.ORDER - pad, Secp256k1.ORDER);
  }
}
