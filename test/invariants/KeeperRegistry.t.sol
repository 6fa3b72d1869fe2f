// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeeperRegistryHandler} from "./KeeperRegistryHandler.sol";
import {Targets} from "./Targets.sol";

/// Invariants K1 to K6 of README.md.
contract KeeperRegistryInvariants is Targets {
  KeeperRegistryHandler private _it;

  function setUp() public {
    _fresh();
    // Runs begin with a member that was robbed, and an epoch with its successor: random calls seldom get there in 50 steps.
    _open(1);
    _it.steal(6, false, 1);
    _open(2);
  }

  function _fresh() private {
    _it = new KeeperRegistryHandler();
    for (uint256 i = 0; i < 4; ++i) _it.addKeeper(false, i); // enough for an epoch
  }

  /// Of all keepers.
  function _open(uint32 epoch) private {
    _it.proposeEpoch(true, 0);
    _it.postKeys(0);
    _it.travel(150);
    _it.openEpoch(epoch);
    require(_it.members(epoch) != 0, "open");
  }

  function invariant_K1_to_K6() public view {
    _it.check();
  }

  /// The control: the actions do what the invariants are about.
  function test_theHandlerReachesWhatMatters() public {
    _fresh();
    _it.addKeeper(true, 2);
    require(_it.keeperCount() == 4, "an account that is used");
    _it.proposeEpoch(false, 2 + 4); // too few
    _it.proposeEpoch(false, 1 + 2 + 4 + 8); // slot 0
    require(_it.epochCount() == 0, "no candidates");
    _it.proposeEpoch(true, 0);
    _it.addKeeper(false, 9); // too late for this epoch
    _it.postKeys(2); // the second with a wrong proof
    _it.openEpoch(1);
    require(_it.members(1) == 0, "too early");
    _it.travel(150);
    _it.setOperator(2, false, 0); // too late for this epoch, too
    _it.setIdentityKey(3, 77);
    _it.postKeys(0);
    _it.openEpoch(1);
    require(_it.members(1) == 2 + 4 + 8 + 16, "open");
    _it.removeKeeper(4);
    require(_it.removed(1), "removed");
    _it.proposeEpoch(false, 4 + 8 + 32);
    _it.postKeys(0);
    _it.travel(150);
    _it.openEpoch(2);
    require(_it.members(2) == 4 + 8 + 32 && _it.members(1) == 2 + 4 + 8 + 16, "others");
    _it.proposeEpoch(true, 0);
    _it.cancelEpoch(9);
    require(_it.candidates(3) == 4 + 8 + 16 + 32, "cancelled");
    _it.steal(6, false, 1);
    _it.stealIdentity(9, 500);
    require(_it.registry().absentIn(2, 4 + 8 + 32) == 4 && _it.registry().absentIn(1, 8 + 16) == 0, "robbed");
    _it.check();
  }

  function _handler() internal view override returns (address) {
    return address(_it);
  }

  function _actions() internal pure override returns (bytes4[] memory actions) {
    actions = new bytes4[](11);
    actions[0] = KeeperRegistryHandler.addKeeper.selector;
    actions[1] = KeeperRegistryHandler.removeKeeper.selector;
    actions[2] = KeeperRegistryHandler.setOperator.selector;
    actions[3] = KeeperRegistryHandler.proposeEpoch.selector;
    actions[4] = KeeperRegistryHandler.cancelEpoch.selector;
    actions[5] = KeeperRegistryHandler.postKeys.selector;
    actions[6] = KeeperRegistryHandler.openEpoch.selector;
    actions[7] = KeeperRegistryHandler.travel.selector;
    actions[8] = KeeperRegistryHandler.setIdentityKey.selector;
    actions[9] = KeeperRegistryHandler.steal.selector;
    actions[10] = KeeperRegistryHandler.stealIdentity.selector;
  }
}
