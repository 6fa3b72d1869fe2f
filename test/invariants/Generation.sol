// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BlockHashes} from "../../contracts/libraries/BlockHashes.sol";
import {Domains} from "../../contracts/libraries/Domains.sol";
import {Secp256k1} from "../../contracts/libraries/Secp256k1.sol";
import {Slots} from "../../contracts/libraries/Slots.sol";
import {SessionId} from "../../contracts/types/Ids.sol";
import {Point} from "../../contracts/types/Point.sol";
import {SchnorrProof} from "../../contracts/types/Proofs.sol";
import {Curve} from "./Curve.sol";
import {Prover} from "./Prover.sol";

/// Dealings whose polynomials the test knows, and the joint key that they make. PROTOCOL sections 3.3 and 3.5. The shares in them are no
/// shares: nobody complains here.
library Generation {
  /// What `finalize` takes of the dealers, and the sum of their secrets.
  struct Sum {
    uint256 secret;
    Point[] constants;
    bytes32[] restHashes;
  }

  function dealing(Curve curve, SessionId sid, uint8 dealer, uint8 threshold, uint256 recipients) internal view returns (bytes memory) {
    uint256[] memory secrets = new uint256[](uint256(threshold) + 2);
    for (uint256 k = 0; k < secrets.length; ++k) secrets[k] = _secret(sid, dealer, k);
    Point[] memory points = curve.multiples(secrets);
    bytes memory commitments;
    for (uint256 k = 0; k <= threshold; ++k) commitments = bytes.concat(commitments, abi.encode(points[k]));
    Point memory ephemeral = points[uint256(threshold) + 1];
    bytes32 message = keccak256(abi.encode(Domains.DEALING, sid, dealer, keccak256(commitments), ephemeral.x, ephemeral.y));
    SchnorrProof memory first = Prover.possession(curve, secrets[0], message, "constant");
    SchnorrProof memory second = Prover.possession(curve, secrets[secrets.length - 1], message, "ephemeral");
    return bytes.concat(commitments, abi.encode(ephemeral), new bytes(32 * recipients), abi.encode(first, second));
  }

  function sumOf(Curve curve, SessionId sid, uint256 qual, uint8 threshold, uint256 recipients) internal view returns (Sum memory sum) {
    uint256 count = Slots.count(qual);
    (sum.constants, sum.restHashes) = (new Point[](count), new bytes32[](count));
    uint256 next = 0;
    for (uint8 slot = 1; next < count; ++slot) {
      if (!Slots.has(qual, slot)) continue;
      uint256 secret = _secret(sid, slot, 0);
      sum.secret = addmod(sum.secret, secret, Secp256k1.ORDER);
      sum.constants[next] = Prover.multiple(curve, secret);
      sum.restHashes[next++] = _restHash(dealing(curve, sid, slot, threshold, recipients));
    }
  }

  /// S and rho.
  function jointKeyOf(
    Curve curve,
    SessionId sid,
    uint256 secret,
    uint64 shiftBlock
  ) internal view returns (Point memory jointKey, uint256 shift) {
    Point memory unshifted = Prover.multiple(curve, secret);
    bytes32 blockHash = BlockHashes.hashOf(shiftBlock);
    shift = uint256(keccak256(abi.encode(Domains.SHIFT, sid, unshifted.x, unshifted.y, blockHash))) % Secp256k1.ORDER;
    jointKey = Prover.multiple(curve, addmod(secret, shift, Secp256k1.ORDER));
  }

  /// The hash of all but C_0.
  function _restHash(bytes memory dealt) private pure returns (bytes32 hash) {
    assembly ("memory-safe") {
      hash := keccak256(add(dealt, 96), sub(mload(dealt), 64))
    }
  }

  function _secret(SessionId sid, uint8 dealer, uint256 k) private pure returns (uint256) {
    return Prover.scalar(keccak256(abi.encode(sid, dealer, k)), "dealt");
  }
}
