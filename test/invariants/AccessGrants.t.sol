// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessGrantsHandler} from "./AccessGrantsHandler.sol";
import {Targets} from "./Targets.sol";

/// Invariants G1 to G5 of README.md.
contract AccessGrantsInvariants is Targets {
  AccessGrantsHandler private _it;

  function setUp() public {
    _it = new AccessGrantsHandler();
  }

  function invariant_G1_to_G5() public view {
    _it.check();
  }

  /// The control: the actions do what the invariants are about.
  function test_theHandlerReachesWhatMatters() public {
    _it.appoint(1, 1, 2); // the owner of the second document appoints the third person
    _it.grant(1, 2, 3, 0); // who grants the fourth
    _it.delegate(1, 3, 4, 0); // who passes it on to the fifth
    require(_it.readers() == 1 + 2 + 3, "readers");
    _it.revoke(1, 1, 3);
    require(_it.readers() == 6 + 1, "neither reads any more");
    _it.bring(1, 1, 4, 0, 0); // signed by the administrator
    for (uint8 flaw = 1; flaw < 6; ++flaw) _it.bring(1, 1, 3, 0, flaw);
    require(_it.signedGrants() == 1, "one signed grant counts");
    _it.dismiss(1, 1, 2); // and with its administrator it counts no more
    require(_it.readers() == 7 + 6 * 2 + 1, "its grants end with an administrator");
  }

  function _handler() internal view override returns (address) {
    return address(_it);
  }

  function _actions() internal pure override returns (bytes4[] memory actions) {
    actions = new bytes4[](10);
    actions[0] = AccessGrantsHandler.travel.selector;
    actions[1] = AccessGrantsHandler.grant.selector;
    actions[2] = AccessGrantsHandler.grantTwo.selector;
    actions[3] = AccessGrantsHandler.revoke.selector;
    actions[4] = AccessGrantsHandler.cancel.selector;
    actions[5] = AccessGrantsHandler.appoint.selector;
    actions[6] = AccessGrantsHandler.dismiss.selector;
    actions[7] = AccessGrantsHandler.bring.selector;
    actions[8] = AccessGrantsHandler.delegate.selector;
    actions[9] = AccessGrantsHandler.endDelegation.selector;
  }
}
