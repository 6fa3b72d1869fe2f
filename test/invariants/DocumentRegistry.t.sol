// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DocumentRegistryHandler} from "./DocumentRegistryHandler.sol";
import {Targets} from "./Targets.sol";

/// Invariants D1 to D4 of README.md.
contract DocumentRegistryInvariants is Targets {
  DocumentRegistryHandler private _it;

  function setUp() public {
    _it = new DocumentRegistryHandler();
  }

  function invariant_D1_to_D4() public view {
    _it.check();
  }

  /// The control: the actions do what the invariants are about.
  function test_theHandlerReachesWhatMatters() public {
    _it.publishVersion(true, 0, "second");
    _it.publishVersion(true, 0, "second");
    _it.publishVersion(false, 0, "third");
    for (uint8 flaw = 1; flaw < 3; ++flaw) _it.publishVersion(true, flaw, "third");
    require(_it.versions() == 2, "one further version");
    _it.choose(true, 1);
    _it.withdraw(false, 1);
    _it.withdraw(true, 1);
    _it.withdraw(true, 1);
    require(_it.withdrawals() == 1, "withdrawn");
    _it.publishVersion(true, 3, "third");
    require(_it.versions() == 3, "the choice ended");
    _it.move(true, address(1));
    _it.move(false, address(2));
  }

  function _handler() internal view override returns (address) {
    return address(_it);
  }

  function _actions() internal pure override returns (bytes4[] memory actions) {
    actions = new bytes4[](4);
    actions[0] = DocumentRegistryHandler.publishVersion.selector;
    actions[1] = DocumentRegistryHandler.withdraw.selector;
    actions[2] = DocumentRegistryHandler.choose.selector;
    actions[3] = DocumentRegistryHandler.move.selector;
  }
}
