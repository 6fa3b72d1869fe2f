// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EpochLifeHandler} from "./EpochLifeHandler.sol";
import {Targets} from "./Targets.sol";

/// Invariants E1 to E7 of README.md.
contract EpochLifeInvariants is Targets {
  EpochLifeHandler private _it;

  function setUp() public {
    _it = new EpochLifeHandler();
    _it.openEpoch(true, 0, 0); // so that runs begin with a key that can be moved
    _it.generateKey(1, 0);
    _it.openEpoch(true, 0, 0);
  }

  function invariant_E1_to_E7() public view {
    _it.check();
  }

  /// The control: the actions do what the invariants are about.
  function test_theHandlerReachesWhatMatters() public {
    require(_it.keyCount() == 1 && _it.activeEpochs(0) == 1 && _it.thresholds(0, 1) == 2, "a key of t = 2 in epoch 1");
    _it.generateKey(0, 0);
    require(_it.activeEpochs(1) == 2 && _it.thresholds(1, 2) == 1, "another of t = 1 in epoch 2");
    _it.addKeeper();
    _it.openEpoch(false, 8 + 16 + 32 + 64, 0);
    require(_it.members(3) == 16 + 32 + 64 + 128, "others");
    _it.generateKey(0, 8 + 16 + 64); // three of its four keepers are removed on the way
    require(_it.keyCount() == 2 && _it.removed() == 16 + 32 + 128, "no key without its quorum");
    _it.moveKey(0, 1, 0, true);
    require(_it.activeEpochs(0) == 1, "nor is one moved there");
    for (uint256 i = 0; i < 2; ++i) _it.addKeeper();
    _it.openEpoch(true, 0, 0);
    require(_it.members(4) == 2 + 4 + 8 + 64 + 256 + 512, "without the removed");
    _it.travel(9);
    _it.moveKey(0, 2, 1, true);
    require(_it.activeEpochs(0) == 4 && _it.thresholds(0, 4) == 2, "moved over epochs 2 and 3");
    require(_it.retiredAt(0, 1) != 0 && _it.retiredAt(0, 2) == 0 && _it.retiredAt(0, 4) == 0, "retired where it was");
    _it.moveKey(0, 0, 0, false);
    require(_it.activeEpochs(0) == 4, "there is no later one");
    _it.moveKey(1, 1, 0, false);
    for (uint8 slot = 1; slot <= 3; ++slot) _it.removeKeeper(3 * slot);
    _it.removeKeeper(3 * 6);
    require(_it.removed() == 2 + 4 + 8 + 16 + 32 + 128, "three are left, and stay");
  }

  function _handler() internal view override returns (address) {
    return address(_it);
  }

  function _actions() internal pure override returns (bytes4[] memory actions) {
    actions = new bytes4[](6);
    actions[0] = EpochLifeHandler.addKeeper.selector;
    actions[1] = EpochLifeHandler.removeKeeper.selector;
    actions[2] = EpochLifeHandler.openEpoch.selector;
    actions[3] = EpochLifeHandler.generateKey.selector;
    actions[4] = EpochLifeHandler.moveKey.selector;
    actions[5] = EpochLifeHandler.travel.selector;
  }
}
