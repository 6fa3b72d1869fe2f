// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ERC7739} from "@openzeppelin/contracts/utils/cryptography/signers/draft-ERC7739.sol";
import {SignerECDSA} from "@openzeppelin/contracts/utils/cryptography/signers/SignerECDSA.sol";

// Accounts that bind what they are asked about to themselves, so that a signature of an owner of two accounts is one account's only.

/// As Coinbase Smart Wallet does: ERC1271.sol and CoinbaseSmartWallet.sol of github.com/coinbase/smart-wallet.
contract ReplaySafeWallet is IERC1271, EIP712 {
  struct SignatureWrapper {
    uint256 ownerIndex;
    bytes signatureData;
  }

  bytes32 private constant _MESSAGE_TYPEHASH = keccak256("CoinbaseSmartWalletMessage(bytes32 hash)");

  address[] private _owners;

  constructor(address[] memory owners) EIP712("Coinbase Smart Wallet", "1") {
    _owners = owners;
  }

  function replaySafeHash(bytes32 hash) public view returns (bytes32) {
    return _hashTypedDataV4(keccak256(abi.encode(_MESSAGE_TYPEHASH, hash)));
  }

  function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
    SignatureWrapper memory wrapped = abi.decode(signature, (SignatureWrapper));
    (address signer, , ) = ECDSA.tryRecover(replaySafeHash(hash), wrapped.signatureData);
    return signer == _owners[wrapped.ownerIndex] ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
  }
}

/// As a Safe 1.3.0 or later does: CompatibilityFallbackHandler.sol and Safe.sol of github.com/safe-global/safe-smart-account.
contract MessageSafe is IERC1271 {
  bytes32 private constant _DOMAIN_TYPEHASH = keccak256("EIP712Domain(uint256 chainId,address verifyingContract)");
  bytes32 private constant _MESSAGE_TYPEHASH = keccak256("SafeMessage(bytes message)");

  mapping(address owner => bool) private _isOwner;
  mapping(bytes32 messageHash => bool) private _isApproved;
  uint256 private immutable _threshold;

  constructor(address[] memory owners, uint256 threshold) {
    for (uint256 i = 0; i < owners.length; i++) _isOwner[owners[i]] = true;
    _threshold = threshold;
  }

  /// As SignMessageLib does in the Safe's name; here anybody may, because this is about what a reader's signature is.
  function signMessage(bytes32 hash) external {
    _isApproved[messageHashOf(hash)] = true;
  }

  function messageHashOf(bytes32 hash) public view returns (bytes32) {
    bytes32 domain = keccak256(abi.encode(_DOMAIN_TYPEHASH, block.chainid, address(this)));
    bytes32 message = keccak256(abi.encode(_MESSAGE_TYPEHASH, keccak256(abi.encode(hash))));
    return MessageHashUtils.toTypedDataHash(domain, message);
  }

  function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
    bytes32 messageHash = messageHashOf(hash);
    if (signature.length == 0) {
      require(_isApproved[messageHash], "Hash not approved");
      return IERC1271.isValidSignature.selector;
    }
    require(signature.length >= 65 * _threshold, "GS020");
    address last = address(0);
    for (uint256 i = 0; i < _threshold; i++) {
      (address owner, , ) = ECDSA.tryRecover(messageHash, signature[65 * i:65 * i + 65]);
      require(owner > last && _isOwner[owner], "GS026");
      last = owner;
    }
    return IERC1271.isValidSignature.selector;
  }
}

/// An account by ERC-7739, of OpenZeppelin's parts.
contract NestedWallet is ERC7739, SignerECDSA {
  constructor(address owner) EIP712("A nested wallet", "7") SignerECDSA(owner) {}
}
