// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// Honest tokens that anyone may mint.
contract MintableERC20 is ERC20("Coin", "COIN") {
  function mint(address to, uint256 amount) external {
    _mint(to, amount);
  }
}

contract MintableERC721 is ERC721("Piece", "PIECE") {
  function mint(address to, uint256 id) external {
    _mint(to, id);
  }
}

contract MintableERC1155 is ERC1155("") {
  function mint(address to, uint256 id, uint256 amount) external {
    _mint(to, id, amount, "");
  }
}

/// Takes a hundredth of every transfer for itself.
contract TaxedERC20 is MintableERC20 {
  function _update(address from, address to, uint256 amount) internal override {
    bool isTransfer = from != address(0) && to != address(0);
    super._update(from, to, isTransfer ? amount - amount / 100 : amount);
    if (isTransfer) super._update(from, address(this), amount / 100);
  }
}

/// Returns nothing from its transfers, as some old tokens do.
contract SilentERC20 {
  mapping(address account => uint256) public balanceOf;
  mapping(address account => mapping(address spender => uint256)) public allowance;

  function mint(address to, uint256 amount) external {
    balanceOf[to] += amount;
  }

  function approve(address spender, uint256 amount) external {
    allowance[msg.sender][spender] = amount;
  }

  function transfer(address to, uint256 amount) external {
    balanceOf[msg.sender] -= amount;
    balanceOf[to] += amount;
  }

  function transferFrom(address from, address to, uint256 amount) external {
    allowance[from][msg.sender] -= amount;
    balanceOf[from] -= amount;
    balanceOf[to] += amount;
  }
}

/// Says false and moves nothing.
contract FalseERC20 is MintableERC20 {
  function transferFrom(address, address, uint256) public pure override returns (bool) {
    return false;
  }

  function transfer(address, uint256) public pure override returns (bool) {
    return false;
  }
}

/// Lets a payer act in the middle of its first transfer, and calls that transfer done: two receivers that compare balances see one payment.
contract HookedERC20 is MintableERC20 {
  mapping(address payer => bytes) private _calls;
  mapping(address payer => address) private _targets;

  function setHook(address target, bytes calldata data) external {
    _targets[msg.sender] = target;
    _calls[msg.sender] = data;
  }

  function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
    address target = _targets[from];
    if (target == address(0)) return super.transferFrom(from, to, amount);
    _targets[from] = address(0);
    (bool isDone, bytes memory reason) = target.call(abi.encodeWithSignature("act(address,bytes)", msg.sender, _calls[from]));
    if (isDone) return true;
    assembly ("memory-safe") {
      revert(add(reason, 32), mload(reason))
    }
  }
}
