// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Account as ERC4337Account} from "@openzeppelin/contracts/account/Account.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IEntryPoint, PackedUserOperation} from "@openzeppelin/contracts/interfaces/IERC4337.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {ERC721Holder} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Holder.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ISchnorrAccount} from "./interfaces/ISchnorrAccount.sol";
import {AccountHashes} from "./libraries/AccountHashes.sol";
import {SchnorrSignature} from "./libraries/SchnorrSignature.sol";
import {Point} from "./types/Point.sol";
import {AccountCall} from "./types/Signing.sol";

/// A contract account that is owned by a Schnorr key. The manual is ISchnorrAccount.
contract SchnorrAccount is ISchnorrAccount, ERC4337Account, EIP712, ERC721Holder, ERC1155Holder {
  /// Covers what a call costs beside the gas that it gets: value, a new account, what is cold.
  uint256 private constant _CALL_COST = 40_000;

  uint256 private immutable _x;
  uint256 private immutable _y;
  IEntryPoint private immutable _entryPoint;

  /// @inheritdoc ISchnorrAccount
  uint256 public override nonce;

  constructor(Point memory key_, IEntryPoint entryPoint_) EIP712("Keyquorum account", "1") {
    (_x, _y, _entryPoint) = (key_.x, key_.y, entryPoint_);
  }

  /// @inheritdoc ISchnorrAccount
  function execute(AccountCall[] calldata calls, uint256 nonce_, uint64 deadline, uint64 gas_, bytes calldata signature) external {
    if (block.timestamp > deadline) revert SchnorrAccountExpired(deadline);
    uint256 expected = nonce;
    if (nonce_ != expected) revert SchnorrAccountWrongNonce(nonce_, expected);
    unchecked {
      nonce = expected + 1;
    }
    bytes32[] memory hashes = new bytes32[](calls.length);
    for (uint256 i = 0; i < calls.length; ++i) {
      AccountCall calldata call = calls[i];
      hashes[i] = AccountHashes.ofCall(call.to, call.value, call.data);
    }
    bytes32 digest = _hashTypedDataV4(AccountHashes.ofExecute(hashes, nonce_, deadline, gas_));
    if (!_rawSignatureValidation(digest, signature)) revert SchnorrAccountInvalidSignature();

    _make(calls, gas_);
  }

  /// @inheritdoc ISchnorrAccount
  function executeUserOperation(AccountCall[] calldata calls) external onlyEntryPoint {
    _make(calls, 0);
  }

  /// @inheritdoc IERC1271
  function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4 magicValue) {
    bool verifies = _rawSignatureValidation(_hashTypedDataV4(AccountHashes.ofSigned(hash)), signature);
    return verifies ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
  }

  /// @inheritdoc ISchnorrAccount
  function key() external view returns (Point memory) {
    return Point(_x, _y);
  }

  /// @inheritdoc ISchnorrAccount
  function domainSeparator() external view returns (bytes32) {
    return _domainSeparatorV4();
  }

  /// @return the entry point that user operations come from. Immutable.
  function entryPoint() public view override returns (IEntryPoint) {
    return _entryPoint;
  }

  /// All calls in order. Each gets at least `gas_`, also where 63/64 of what is left (EIP-150) is less than what is left.
  function _make(AccountCall[] calldata calls, uint256 gas_) private {
    uint256 needed = gas_ == 0 ? 0 : (gas_ * 64) / 63 + 1 + _CALL_COST;
    for (uint256 i = 0; i < calls.length; ++i) {
      uint256 left = gasleft();
      if (left < needed) revert SchnorrAccountTooLittleGas(i, left, needed);
      AccountCall calldata call = calls[i];
      if (!LowLevelCall.callNoReturn(call.to, call.value, call.data)) LowLevelCall.bubbleRevert();
    }
  }

  /// @param hash a digest under the account's own domain
  function _rawSignatureValidation(bytes32 hash, bytes calldata signature) internal view override returns (bool) {
    return SchnorrSignature.verify(_x, _y, hash, signature);
  }

  function _signableUserOpHash(PackedUserOperation calldata, bytes32 userOpHash) internal view override returns (bytes32) {
    return _hashTypedDataV4(AccountHashes.ofUserOperation(userOpHash));
  }
}
