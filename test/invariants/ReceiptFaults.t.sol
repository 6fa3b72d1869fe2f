// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReceiptFaults} from "../../contracts/ReceiptFaults.sol";
import {RequestId} from "../../contracts/types/Ids.sol";
import {ReceiptFaultsHandler} from "./ReceiptFaultsHandler.sol";
import {Targets} from "./Targets.sol";

/// Invariants F1 to F4 of README.md. Those about single calls (F1 to F4) are checked by the handler at every action.
contract ReceiptFaultsInvariants is Targets {
  ReceiptFaultsHandler private _it;
  ReceiptFaults private _faults;

  function setUp() public {
    _it = new ReceiptFaultsHandler();
    _faults = _it.faults();
  }

  function invariant_F1_to_F4() public view {
    uint256 total = 0;
    for (uint8 slot = 0; slot < 10; ++slot) {
      require(_faults.faultsOf(slot) == _it.wrongAnswers(slot), "F1: a slot's faults are its wrong answers that were shown");
      total += _faults.faultsOf(slot);
    }
    require(total == _it.provedCount(), "F2: an answer counts twice");
    for (uint256 i = 0; i < _it.provedCount(); ++i) {
      (RequestId requestId, uint8 slot) = _it.provedAt(i);
      require(_faults.isProved(requestId, slot), "F2: a proof was forgotten");
    }
  }

  /// The control: the actions do what the invariants are about.
  function test_theHandlerReachesWhatMatters() public {
    _it.prove(0, false, 1, 0, "a share of another");
    _it.prove(3, true, 7, 0, "in the second epoch");
    for (uint8 flaw = 1; flaw < 28; flaw += 3) _it.prove(5, false, flaw, 0, bytes32(uint256(flaw)));
    require(_it.provedCount() == 11 && _faults.faultsOf(6) == 9, "every flaw convicts");
    _it.proveAgain(0);
    for (uint8 forgery = 1; forgery < 14; forgery += 2) _it.prove(0, false, 1, forgery, bytes32(uint256(forgery)));
    _it.prove(0, false, 0, 0, "right");
    require(_it.provedCount() == 11, "nothing else does");
    invariant_F1_to_F4();
  }

  function _handler() internal view override returns (address) {
    return address(_it);
  }

  function _actions() internal pure override returns (bytes4[] memory actions) {
    actions = new bytes4[](2);
    actions[0] = ReceiptFaultsHandler.prove.selector;
    actions[1] = ReceiptFaultsHandler.proveAgain.selector;
  }
}
