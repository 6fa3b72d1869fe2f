// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// A contract account with one owner: takes the owner's signatures (ERC-1271) and does what the owner calls.
contract OwnerWallet is IERC1271 {
  address public owner;

  error OwnerWalletNotOwner(address caller);

  constructor(address owner_) payable {
    owner = owner_;
  }

  receive() external payable {}

  function setOwner(address owner_) external {
    if (msg.sender != owner) revert OwnerWalletNotOwner(msg.sender);
    owner = owner_;
  }

  function execute(address target, bytes calldata data) external payable returns (bytes memory) {
    if (msg.sender != owner) revert OwnerWalletNotOwner(msg.sender);
    (bool done, bytes memory result) = target.call{value: msg.value}(data);
    require(done, "the call reverted");
    return result;
  }

  function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
    (address signer, , ) = ECDSA.tryRecoverCalldata(hash, signature);
    return signer == owner && signer != address(0) ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
  }
}

/// Makes OwnerWallets at addresses that are known before (ERC-6492): the owner is part of the address.
contract OwnerWalletFactory {
  function make(address owner, bytes32 salt) external returns (address wallet) {
    return address(new OwnerWallet{salt: salt}(owner));
  }

  /// Makes none, and says that it made this one.
  function pretend(address wallet) external pure returns (address) {
    return wallet;
  }

  function addressOf(address owner, bytes32 salt) external view returns (address) {
    bytes32 code = keccak256(abi.encodePacked(type(OwnerWallet).creationCode, abi.encode(owner)));
    return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), this, salt, code)))));
  }
}

/// A delegate for plain accounts (EIP-7702): takes the account's own signatures and calls for it.
contract DelegatedWallet is IERC1271 {
  function execute(address target, bytes calldata data) external payable returns (bytes memory) {
    require(msg.sender == address(this), "the account itself only");
    (bool done, bytes memory result) = target.call{value: msg.value}(data);
    require(done, "the call reverted");
    return result;
  }

  function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
    (address signer, , ) = ECDSA.tryRecoverCalldata(hash, signature);
    return signer == address(this) ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
  }
}
