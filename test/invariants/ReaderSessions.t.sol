// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReaderSessions} from "../../contracts/ReaderSessions.sol";
import {deploy} from "./Deploy.sol";
import {Targets} from "./Targets.sol";
import {vm} from "./Vm.sol";

/// Five wallets end their sessions.
contract ReaderSessionsHandler {
  ReaderSessions public immutable sessions = ReaderSessions(deploy("ReaderSessions", ""));
  mapping(address wallet => uint64) private _ended;

  function wallet(uint8 seed) public pure returns (address) {
    return address(uint160(0x5E55) + (seed % 5));
  }

  function endSessions(uint8 seed) external {
    vm.prank(wallet(seed));
    uint64 generation = sessions.endSessions();
    require(generation > _ended[wallet(seed)] && generation - _ended[wallet(seed)] <= 1 << 40, "S1: a generation grows, by 2^40 at most");
    _ended[wallet(seed)] = generation;
    check();
  }

  function check() public view {
    for (uint8 i = 0; i < 5; ++i) require(sessions.generationOf(wallet(i)) == _ended[wallet(i)], "S1, S2: by its own wallet alone");
  }
}

/// Invariants S1 and S2 of README.md.
contract ReaderSessionsInvariants is Targets {
  ReaderSessionsHandler private _it;

  function setUp() public {
    _it = new ReaderSessionsHandler();
  }

  function invariant_S1_S2() public view {
    _it.check();
  }

  /// For any wallet there is, not only the handler's.
  function test_fuzz_S2_nobodyElsesGenerationChanges(address caller, address other) public {
    ReaderSessions sessions = _it.sessions();
    uint64 before = sessions.generationOf(other);
    vm.prank(caller);
    sessions.endSessions();
    require(other == caller ? sessions.generationOf(other) > before : sessions.generationOf(other) == before, "S2");
  }

  function _handler() internal view override returns (address) {
    return address(_it);
  }

  function _actions() internal pure override returns (bytes4[] memory actions) {
    actions = new bytes4[](1);
    actions[0] = ReaderSessionsHandler.endSessions.selector;
  }
}
