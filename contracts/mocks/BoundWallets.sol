// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// A contract account that belongs to whoever holds a piece, as in ERC-6551.
contract BoundWallet is IERC1271 {
  IERC721 public piece;
  uint256 public id;

  constructor(IERC721 piece_, uint256 id_) {
    piece = piece_;
    id = id_;
  }

  /// Runs code of the caller's choice in this account's name, as a Safe's `setup` does.
  function setUp(address target, bytes calldata data) external {
    (bool done, ) = target.delegatecall(data);
    require(done, "the setup reverted");
  }

  function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
    (address signer, , ) = ECDSA.tryRecoverCalldata(hash, signature);
    return signer == piece.ownerOf(id) ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
  }
}

interface IMakingListener {
  function onMade(BoundWallet wallet) external;
}

/// Makes BoundWallets at addresses that are known before: by `make`, which runs nothing of the caller's; and in two ways that do.
contract BoundWalletFactory {
  function make(IERC721 piece, uint256 id) public returns (BoundWallet) {
    return new BoundWallet{salt: 0}(piece, id);
  }

  function makeWithCallback(IERC721 piece, uint256 id, IMakingListener listener) external {
    listener.onMade(make(piece, id));
  }

  function makeAndSetUp(IERC721 piece, uint256 id, address target, bytes calldata data) external {
    make(piece, id).setUp(target, data);
  }

  function addressOf(IERC721 piece, uint256 id) external view returns (address) {
    bytes32 code = keccak256(abi.encodePacked(type(BoundWallet).creationCode, abi.encode(piece, id)));
    return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), this, bytes32(0), code)))));
  }
}

/// Sells pieces that it was given, to anybody, for nothing now and a promise: what a flash loan pays for within one transaction.
contract PieceMarket {
  function buy(IERC721 piece, uint256 id, address to) external {
    piece.transferFrom(address(this), to, id);
  }
}

/// Mallory's: buys the piece that an account belongs to while the account is made.
contract BuyingFactory is IMakingListener {
  PieceMarket private immutable _market;
  address private immutable _mallory;

  constructor(PieceMarket market, address mallory) {
    _market = market;
    _mallory = mallory;
  }

  /// As a factory of its own.
  function buyAndMake(BoundWalletFactory factory, IERC721 piece, uint256 id) external {
    _market.buy(piece, id, _mallory);
    factory.make(piece, id);
  }

  /// As what another factory calls back.
  function onMade(BoundWallet wallet) external {
    _market.buy(wallet.piece(), wallet.id(), _mallory);
  }

  /// As what an account runs by delegatecall.
  function buy(IERC721 piece, uint256 id) external {
    _market.buy(piece, id, _mallory);
  }
}
