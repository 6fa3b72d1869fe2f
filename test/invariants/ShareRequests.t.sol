// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IShareRequests} from "../../contracts/interfaces/IShareRequests.sol";
import {Slots} from "../../contracts/libraries/Slots.sol";
import {ShareRequests} from "../../contracts/ShareRequests.sol";
import {RequestId} from "../../contracts/types/Ids.sol";
import {FeesWorld} from "./FeesWorld.sol";
import {ShareRequestsHandler} from "./ShareRequestsHandler.sol";
import {Targets} from "./Targets.sol";

/// Invariants R1 to R12 of README.md. Those about single calls (R7 to R9, R11, R12) are checked by the handler after every action.
contract ShareRequestsInvariants is Targets {
  ShareRequestsHandler private _it;
  ShareRequests private _requests;

  function setUp() public {
    _fresh();
    // Runs begin with some requests that are over, of a contract that calls back, and with credits: random calls seldom get there in 50 steps.
    _it.setPrice(999, 255);
    for (uint256 who = 0; who < 4; ++who) _it.ask(who < 3 ? 2 : 1, 0, 0); // the contract three times, then bob
    for (uint256 which = 1; which < 4; ++which) _it.answer(which, uint8(which), "begin");
    _it.serve(3, 0, "begin");
    _it.changeManner(2, 1);
    _it.travel(599);
    _it.travel(599);
  }

  function _fresh() private {
    _it = new ShareRequestsHandler();
    _requests = _it.requests();
  }

  function invariant_R1_to_R12() public view {
    _everyWeiIsAccountedFor();
    _requestsAreWhatWasAskedAndAnswered();
    _anAccountHasWhatItEarnedAndDidNotWithdraw();
    _requestsAreCountedAndDistinct();
  }

  /// The control: the actions do what the invariants are about.
  function test_theHandlerReachesWhatMatters() public {
    _fresh();
    _it.setPrice(999, 255);
    _it.ask(1, 0, 0);
    _it.serve(0, 0, "serve");
    require(_it.askedAt(0).status == IShareRequests.RequestStatus.Served, "served");
    _it.ask(2, 0, 0); // the contract asks, at another price
    _it.setPrice(6, 255);
    _it.reshare();
    _it.answer(1, 1, "one answer");
    _it.forge(1, 3, 0, "forged");
    _it.changeManner(2, 3);
    _it.travel(599);
    _it.travel(599);
    _it.refund(1, 3);
    require(_it.refunded() == 2000, "refunded");
    _it.changeOperator(1, 1);
    _it.withdraw(2, 3);
    require(_it.withdrawn() == 2000 && _it.paidIn() == 6000, "withdrawn");
    _it.changeOperator(0, 0);
    _it.withdraw(1, 3);
    require(_it.withdrawn() == 3000 && address(0x4001).balance == 0, "withdrawn by the successor of who was robbed");
    _it.revokeFormer(1);
    _it.force(5);
    invariant_R1_to_R12();
  }

  /// R1, R2: money.
  function _everyWeiIsAccountedFor() private view {
    uint256 escrow = 0;
    for (uint256 i = 0; i < _it.count(); ++i) {
      IShareRequests.Request memory request = _requests.requestOf(_it.askedAt(i).id);
      if (!request.refunded) escrow += uint256(request.quorum - request.answers) * request.fee;
    }
    uint256 credits = 0;
    for (uint256 slot = 0; slot < 256; ++slot) credits += _requests.creditOf(address(uint160(0x4000) + uint160(slot)));
    uint256 held = address(_requests).balance - _it.forced();
    require(held == escrow + credits, "R1: the balance is not escrow and credits");
    require(_it.paidIn() == held + _it.refunded() + _it.withdrawn(), "R2: paid in is not held, refunded and withdrawn");
  }

  /// R3, R4, R5, R8: requests.
  function _requestsAreWhatWasAskedAndAnswered() private view {
    for (uint256 i = 0; i < _it.count(); ++i) {
      ShareRequestsHandler.Asked memory asked = _it.askedAt(i);
      IShareRequests.Request memory request = _requests.requestOf(asked.id);
      require(request.answered == asked.answered, "R3: answers that nobody gave, or that are lost");
      require(Slots.count(request.answered) == request.answers, "R3: an answer counts twice");
      for (uint8 slot = 0; slot < 10; ++slot)
        require(!Slots.has(request.answered, slot) || _it.wasMember(i, slot), "R3: an answer of no member");
      require(request.answers <= request.quorum, "R4: more than q answers");
      bool isServed = _requests.statusOf(asked.id) == IShareRequests.RequestStatus.Served;
      require(isServed == (request.answers == request.quorum), "R4: served without q answers");
      bool isSame = request.fee == asked.fee && request.epoch == asked.epoch && request.deadline == asked.deadline;
      require(isSame && request.quorum == 3, "R5: a request's terms changed");
      require(request.refunded == asked.refunded, "R8: refunded or not");
    }
  }

  /// R6: credits.
  function _anAccountHasWhatItEarnedAndDidNotWithdraw() private view {
    for (uint160 slot = 0; slot < 10; ++slot) {
      address earner = address(0x4000 + slot);
      require(_requests.creditOf(earner) == _it.earned(earner) - _it.paidOut(earner), "R6: an account's credit");
    }
  }

  /// R10: numbers and ids.
  function _requestsAreCountedAndDistinct() private view {
    require(_requests.requestCount() == _it.count(), "R10: requests that nobody made");
    for (uint256 i = 0; i < _it.count(); ++i)
      for (uint256 j = 0; j < i; ++j)
        require(RequestId.unwrap(_it.askedAt(i).id) != RequestId.unwrap(_it.askedAt(j).id), "R10: two requests with one id");
  }

  function _handler() internal view override returns (address) {
    return address(_it);
  }

  function _actions() internal pure override returns (bytes4[] memory actions) {
    actions = new bytes4[](14);
    actions[0] = ShareRequestsHandler.ask.selector;
    actions[1] = ShareRequestsHandler.answer.selector;
    actions[2] = ShareRequestsHandler.serve.selector;
    actions[3] = ShareRequestsHandler.forge.selector;
    actions[4] = ShareRequestsHandler.refund.selector;
    actions[5] = ShareRequestsHandler.withdraw.selector;
    actions[6] = ShareRequestsHandler.setPrice.selector;
    actions[7] = FeesWorld.travel.selector;
    actions[8] = FeesWorld.reshare.selector;
    actions[9] = FeesWorld.changeOperator.selector;
    actions[10] = FeesWorld.changeManner.selector;
    actions[11] = FeesWorld.force.selector;
    actions[12] = FeesWorld.changeGrant.selector;
    actions[13] = FeesWorld.revokeFormer.selector;
  }
}
