// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOptimisticRequests} from "../../contracts/interfaces/IOptimisticRequests.sol";
import {Slots} from "../../contracts/libraries/Slots.sol";
import {OptimisticRequests} from "../../contracts/OptimisticRequests.sol";
import {FeesWorld} from "./FeesWorld.sol";
import {OptimisticRequestsHandler} from "./OptimisticRequestsHandler.sol";
import {Targets} from "./Targets.sol";

/// Invariants O1 to O15 of README.md. Those about single calls (O8 to O15) are checked by the handler after every action.
contract OptimisticRequestsInvariants is Targets {
  OptimisticRequestsHandler private _it;
  OptimisticRequests private _requests;

  function setUp() public {
    _fresh();
    // Runs begin with some requests that are over, of a contract that calls back, with wrong answers, and with credits, and with one that is
    // open: random calls seldom get there in 50 steps.
    _it.setPrice(999, 255);
    for (uint256 who = 0; who < 4; ++who) _it.ask(who < 3 ? 2 : 1, 0, 0); // the contract three times, then bob
    for (uint256 which = 2; which < 4; ++which) _it.answerAll(which, 0, uint8(3 * which), "begin");
    for (uint8 slot = 0; slot < 7; slot += 2) _it.challenge(3, slot, true, 0);
    _it.changeManner(2, 1);
    _it.travel(599);
    _it.travel(599);
    _it.settle(3, 0);
    _it.ask(0, 0, 0);
    _it.answerAll(4, 0, 28, "begin");
  }

  function _fresh() private {
    _it = new OptimisticRequestsHandler();
    _requests = _it.requests();
  }

  function invariant_O1_to_O15() public view {
    _everyWeiIsAccountedFor();
    _requestsAreWhatWasAskedAnsweredAndSettled();
    _anAccountHasWhatItsStandingAnswersEarned();
    _faultsAreTheAnswersThatWereDisproved();
  }

  /// The control: the actions do what the invariants are about.
  function test_theHandlerReachesWhatMatters() public {
    _fresh();
    _it.setPrice(999, 255);
    _it.ask(1, 0, 0);
    _it.answerAll(0, 0, 2, "answers"); // slots 1, 2, 4, 5, 6, of which the second has a flaw
    require(Slots.count(_it.askedAt(0).answered) == 5 && _it.askedAt(0).wrong == 4, "answered");
    _it.challenge(0, 1, false, 3);
    _it.challenge(0, 1, true, 3); // slot 2 itself
    _it.challenge(0, 0, true, 3);
    require(_requests.faultsOf(2) == 1 && _requests.faultsOf(1) == 0, "disproved");
    _it.ask(2, 0, 0); // the contract asks
    _it.changeManner(2, 3);
    _it.travel(599);
    _it.travel(599);
    _it.settle(0, 3);
    require(_it.earned(address(0x4001)) == 1000 && _it.earned(address(0x4002)) == 0, "paid");
    require(_it.earned(address(0x4004)) == 1000 && _it.earned(address(0x4005)) == 1000, "paid");
    _it.refund(1, 3);
    require(_it.refunded() == 3000, "refunded");
    _it.withdraw(4, 3);
    require(_it.withdrawn() == 1000 && _it.paidIn() == 6000, "withdrawn");
    _it.force(5);
    invariant_O1_to_O15();
  }

  /// O1, O2: money.
  function _everyWeiIsAccountedFor() private view {
    uint256 escrow = 0;
    for (uint256 i = 0; i < _it.count(); ++i) {
      IOptimisticRequests.OptimisticRequest memory request = _requests.requestOf(_it.askedAt(i).id);
      escrow += uint256(request.settled ? request.unpaid : request.quorum) * request.fee;
    }
    uint256 credits = 0;
    for (uint256 slot = 0; slot < 256; ++slot) credits += _requests.creditOf(address(uint160(0x4000) + uint160(slot)));
    uint256 held = address(_requests).balance - _it.forced();
    require(held == escrow + credits, "O1: the balance is not escrow and credits");
    require(_it.paidIn() == held + _it.refunded() + _it.withdrawn(), "O2: paid in is not held, refunded and withdrawn");
  }

  /// O3, O4, O5: requests.
  function _requestsAreWhatWasAskedAnsweredAndSettled() private view {
    require(_requests.requestCount() == _it.count(), "O3: requests that nobody made");
    for (uint256 i = 0; i < _it.count(); ++i) {
      OptimisticRequestsHandler.Asked memory asked = _it.askedAt(i);
      IOptimisticRequests.OptimisticRequest memory request = _requests.requestOf(asked.id);
      require(request.answered == asked.answered, "O3: answers that nobody gave, or that are lost");
      require(Slots.count(request.answered) == request.answers, "O3: an answer counts twice");
      for (uint8 slot = 0; slot < 10; ++slot)
        require(!Slots.has(request.answered, slot) || _it.wasMember(i, slot), "O3: an answer of no member");
      require(request.settled == asked.settled && request.unpaid == asked.unpaid, "O4: settled twice, or owed more");
      bool isSame = request.fee == asked.fee && request.epoch == asked.epoch && request.deadline == asked.deadline;
      require(isSame && request.quorum == 3, "O5: a request's terms changed");
    }
  }

  /// O6: the first q answers that stand are paid, disproved ones never: earned is what the handler booked by that rule.
  function _anAccountHasWhatItsStandingAnswersEarned() private view {
    for (uint160 slot = 0; slot < 10; ++slot) {
      address earner = address(0x4000 + slot);
      require(_requests.creditOf(earner) == _it.earned(earner) - _it.paidOut(earner), "O6: an account's credit");
    }
  }

  /// O7, O8: faults.
  function _faultsAreTheAnswersThatWereDisproved() private view {
    uint256[10] memory faults;
    for (uint256 i = 0; i < _it.count(); ++i) {
      OptimisticRequestsHandler.Asked memory asked = _it.askedAt(i);
      uint256 disproved = _requests.requestOf(asked.id).disproved;
      require(disproved == asked.disproved, "O7: a disproved answer came back, or one that nobody disproved");
      require(disproved & ~asked.wrong == 0, "O8: a right answer is disproved");
      for (uint8 slot = 0; slot < 10; ++slot) if (Slots.has(disproved, slot)) ++faults[slot];
    }
    for (uint8 slot = 0; slot < 10; ++slot) require(_requests.faultsOf(slot) == faults[slot], "O7: a slot's faults");
  }

  function _handler() internal view override returns (address) {
    return address(_it);
  }

  function _actions() internal pure override returns (bytes4[] memory actions) {
    actions = new bytes4[](15);
    actions[0] = OptimisticRequestsHandler.ask.selector;
    actions[1] = OptimisticRequestsHandler.answer.selector;
    actions[2] = OptimisticRequestsHandler.answerAll.selector;
    actions[3] = OptimisticRequestsHandler.challenge.selector;
    actions[4] = OptimisticRequestsHandler.settle.selector;
    actions[5] = OptimisticRequestsHandler.refund.selector;
    actions[6] = OptimisticRequestsHandler.withdraw.selector;
    actions[7] = OptimisticRequestsHandler.setPrice.selector;
    actions[8] = FeesWorld.travel.selector;
    actions[9] = FeesWorld.reshare.selector;
    actions[10] = FeesWorld.changeOperator.selector;
    actions[11] = FeesWorld.changeManner.selector;
    actions[12] = FeesWorld.force.selector;
    actions[13] = FeesWorld.changeGrant.selector;
    actions[14] = FeesWorld.revokeFormer.selector;
  }
}
