// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeyGeneration} from "../interfaces/IKeyGeneration.sol";
import {ISigningRequests} from "../interfaces/ISigningRequests.sol";
import {KeyId} from "../types/Ids.sol";
import {StatementKind} from "../types/Signing.sol";
import {Domains} from "./Domains.sol";
import {Secp256k1} from "./Secp256k1.sol";

/// Which keys sign, and the keys that are derived from them: S' = S + eG. PROTOCOL section 9.4.
library SigningKeys {
  /// Whether a key of this purpose can sign.
  function canSign(IKeyGeneration.Purpose purpose) internal pure returns (bool) {
    return purpose == IKeyGeneration.Purpose.Schnorr || purpose == IKeyGeneration.Purpose.Ecdsa;
  }

  /// Whether a key of this purpose signs this kind: Ethereum takes transactions and messages from ECDSA keys only, and a SchnorrAccount has a Schnorr key.
  function signsKind(IKeyGeneration.Purpose purpose, StatementKind kind) internal pure returns (bool) {
    if (kind == StatementKind.TypedData) return canSign(purpose);
    if (kind == StatementKind.Transaction || kind == StatementKind.Message) return purpose == IKeyGeneration.Purpose.Ecdsa;
    return purpose == IKeyGeneration.Purpose.Schnorr;
  }

  /// The address of the key that signs. Reverts `SigningRequestsNoDerivedKey` where the derivation gives none.
  /// @param x of the key S, which is valid, as are all keys that are active
  /// @param derivation zero: the key itself, whose address is `own`
  function addressOf(KeyId keyId, uint256 x, uint256 y, address own, bytes32 derivation) internal view returns (address derived) {
    if (derivation == 0) return own;
    uint256 offset =
      uint256(keccak256(abi.encode(Domains.DERIVATION, block.chainid, address(this), keyId, x, y, derivation))) % Secp256k1.ORDER;
    derived = shifted(x, y, offset);
    if (derived == address(0)) revert ISigningRequests.SigningRequestsNoDerivedKey(keyId, derivation);
  }

  /// The address of S + eG; zero where that is infinite, and for e = 0, where it would be no other key.
  /// @dev A derived key with x >= n has an address too. No Schnorr signature by it verifies, so none is ever taken.
  function shifted(uint256 x, uint256 y, uint256 offset) internal view returns (address) {
    return offset == 0 ? address(0) : Secp256k1.linear(offset, x, y, 1);
  }
}
