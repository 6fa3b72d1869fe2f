// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Members may read every document that names this contract. Any contract with `checkPermissions` can be a document's permissions contract.
contract Membership {
  address public immutable club = msg.sender;
  mapping(address member => uint256 end) public paidUntil;

  event Joined(address indexed member, uint256 until);

  error OnlyTheClub();

  /// Makes `member` a member for a number of days.
  function admit(address member, uint256 numberOfDays) external {
    if (msg.sender != club) revert OnlyTheClub();
    paidUntil[member] = block.timestamp + numberOfDays * 1 days;
    emit Joined(member, paidUntil[member]);
  }

  /// Keepers ask this before they release a share.
  function checkPermissions(address user, bytes32) external view returns (bool) {
    return block.timestamp < paidUntil[user];
  }
}
