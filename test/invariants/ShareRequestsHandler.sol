// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRequests} from "../../contracts/interfaces/IRequests.sol";
import {IShareRequests} from "../../contracts/interfaces/IShareRequests.sol";
import {Secp256k1} from "../../contracts/libraries/Secp256k1.sol";
import {Slots} from "../../contracts/libraries/Slots.sol";
import {ShareRequests} from "../../contracts/ShareRequests.sol";
import {RequestId} from "../../contracts/types/Ids.sol";
import {Point} from "../../contracts/types/Point.sol";
import {FeesWorld} from "./FeesWorld.sol";
import {Prover, VesProof, VesStatement} from "./Prover.sol";

/// Asks, answers, forges, refunds and withdraws at ShareRequests, and keeps its own books. README.md, R1 to R12.
contract ShareRequestsHandler is FeesWorld {
  /// What the handler knows of a request, apart from the contract.
  struct Asked {
    RequestId id;
    IRequests.Statement statement;
    uint256 x;
    uint32 epoch;
    uint96 fee;
    uint64 deadline;
    uint256 answered;
    bool refunded;
    IShareRequests.RequestStatus status;
  }

  Asked[] private _asked;

  function count() external view returns (uint256) {
    return _asked.length;
  }

  function askedAt(uint256 index) external view returns (Asked memory) {
    return _asked[index];
  }

  function requests() external view returns (ShareRequests) {
    return _requests;
  }

  /// Whether a keeper was a member of a request's epoch.
  function wasMember(uint256 index, uint8 slot) external view returns (bool) {
    return _isMember(_asked[index].epoch, slot);
  }

  /// Somebody asks, and pays the price or something else.
  function ask(uint256 who, uint8 wrongFee, bytes32 contextHash) external {
    if (_asked.length == MOST_REQUESTS) return;
    address requester = _requester(who);
    uint96 price = _requests.price();
    uint256 fee = uint256(price) * QUORUM;
    uint256 value =
      wrongFee < 250
        ? fee
        : wrongFee % 2 == 0
          ? fee + 1
          : fee / 2;
    uint64 number = uint64(_asked.length + 1);
    (uint256 x, Point memory readerKey) = _readerOf(number);

    (bool isDone, bytes memory answer_) = _send(
      requester,
      abi.encodeCall(IRequests.request, (_document, _headerHash, readerKey, contextHash)),
      value
    );
    _expect(isDone == (_mayRead(requester) && value == fee), "R12: who may ask, and for what");
    if (!isDone) return _observe();
    paidIn += value;
    Asked storage made = _asked.push();
    made.id = abi.decode(answer_, (RequestId));
    made.statement = IRequests.Statement(number, _document, _headerHash, requester, readerKey, contextHash);
    (made.x, made.epoch, made.fee) = (x, _activeEpoch, price);
    made.deadline = uint64(block.timestamp) + LIFETIME;
    _observe();
  }

  /// A right answer of any keeper, member or not, in time or not, brought by mallory.
  function answer(uint256 which, uint8 slotSeed, bytes32 seed) external {
    if (_asked.length == 0) return;
    Asked storage made = _asked[which % _asked.length];
    uint8 slot = 1 + (slotSeed % KEEPERS);
    bool isDue = _isPending(made) && _isMember(made.epoch, slot) && !_isAbsent(slot) && !Slots.has(made.answered, slot);
    VesProof memory proof = Prover.answer(_curve, _statementOf(made.id, made.epoch, slot, made.x), seed);
    bool isTaken = _post(made, _answerOf(made, slot, proof), made.statement);
    _expect(isTaken == isDue, "R3, R4: one answer per member and request, until q, until the deadline");
    if (isTaken) {
      made.answered |= Slots.only(slot);
      earned[_firstOperator(slot)] += made.fee;
    }
    _observe();
  }

  /// Answers until the request is served: so that runs reach that often.
  function serve(uint256 which, uint8 first, bytes32 seed) external {
    for (uint8 i = 0; i < KEEPERS; ++i) this.answer(which, (first % KEEPERS) + i, seed);
  }

  /// An answer that is not right. None is ever taken.
  function forge(uint256 which, uint8 slotSeed, uint8 kind, bytes32 seed) external {
    if (_asked.length == 0) return;
    Asked storage made = _asked[which % _asked.length];
    Asked storage other = _asked[uint256(seed) % _asked.length];
    uint8 slot = 1 + (slotSeed % KEEPERS);
    IRequests.Statement memory statement = made.statement;
    VesStatement memory of_ = _statementOf(made.id, made.epoch, slot, made.x);
    kind %= 7;
    if (kind == 0) of_.context = _contextOf(RequestId.wrap(seed), made.epoch, slot); // made for another request
    if (kind == 1) of_.x = other.x + 1; // for another reader
    if (kind == 2) of_.s = of_.s + 1; // of another share, with the keeper's verifying share beside it
    if (kind == 3) of_.s = _shareAt(3 - made.epoch, slot); // of the other epoch
    VesProof memory proof = Prover.answer(_curve, of_, seed);
    if (kind == 4) proof.share.v = Prover.multiple(_curve, proof.v + 1); // altered after the proof
    if (kind == 5) statement.requester = MALLORY;
    if (kind == 6) proof.share.zs = Secp256k1.ORDER - proof.share.zs;
    _expect(!_post(made, _answerOf(made, slot, proof), statement), "R11: a forged answer was taken");
    _observe();
  }

  /// Anyone asks for a refund.
  function refund(uint256 which, uint256 caller) external {
    if (_asked.length == 0) return;
    Asked storage made = _asked[which % _asked.length];
    address requester = made.statement.requester;
    uint256 owed = (QUORUM - Slots.count(made.answered)) * made.fee;
    bool isDue = _statusOf(made) == IShareRequests.RequestStatus.Expired && !made.refunded && owed != 0 && _takesCoin(requester);
    uint256 before = requester.balance;

    (bool isPaid, ) = _send(_requester(caller), abi.encodeCall(IRequests.refund, (made.id, made.statement)), 0);
    _expect(isPaid == isDue, "R8: a refund, once, of an expired request");
    _expect(requester.balance == before + (isPaid ? owed : 0), "R8: exactly what was not answered");
    if (isPaid) {
      made.refunded = true;
      refunded += owed;
      (bool isPaidAgain, ) = _send(MALLORY, abi.encodeCall(IRequests.refund, (made.id, made.statement)), 0);
      _expect(!isPaidAgain, "R8: refunded twice");
    }
    _observe();
  }

  /// Anyone has an account paid out: one that may have earned something, or the current operator, which earned nothing in these epochs.
  function withdraw(uint8 slotSeed, uint256 caller) external {
    uint8 slot = slotSeed % (KEEPERS + 2);
    address earner = slotSeed % 5 == 0 ? _operators[slot] : _firstOperator(slot);
    uint256 owed = earned[earner] - paidOut[earner];
    address payee = _payeeOf(slot, earner);
    uint256 before = payee.balance;

    (bool isPaid, ) = _send(_requester(caller), abi.encodeCall(IRequests.withdrawFees, (earner)), 0);
    _expect(isPaid == (owed != 0 && _takesCoin(payee)), "R6: an account's credit, and no other");
    _expect(payee.balance == before + (isPaid ? owed : 0), "R6: all of it, to who earned it, or to the successor of who was robbed");
    if (isPaid) {
      paidOut[earner] += owed;
      withdrawn += owed;
      (bool isPaidAgain, ) = _send(MALLORY, abi.encodeCall(IRequests.withdrawFees, (earner)), 0);
      _expect(!isPaidAgain, "R6: a credit is paid twice");
    }
    _observe();
  }

  /// Governance sets a price, sometimes 0; mallory cannot.
  function setPrice(uint96 price, uint8 free) external {
    (bool isSet, ) = _send(MALLORY, abi.encodeCall(IRequests.setPrice, (price)), 0);
    _expect(!isSet, "R12: a stranger sets the price");
    _requests.setPrice(free < 40 ? 0 : 1 + (price % 1 ether));
    _observe();
  }

  function _tested() internal view override returns (address) {
    return address(_requests);
  }

  function _callBack(uint256 which) internal view override returns (bytes memory) {
    if (_asked.length == 0 || which % 2 == 0) return abi.encodeCall(IRequests.withdrawFees, (_firstOperator(uint8(1 + (which % KEEPERS)))));
    Asked storage made = _asked[which % _asked.length];
    return abi.encodeCall(IRequests.refund, (made.id, made.statement));
  }

  function _observe() internal override {
    _expect(!_party.didReenter(), "R9: a receiver called back");
    for (uint256 i = 0; i < _asked.length; ++i) {
      Asked storage made = _asked[i];
      IShareRequests.RequestStatus status = _requests.statusOf(made.id);
      _expect(status == _statusOf(made), "R7: the status is another than facts and time say");
      bool isFinal = made.status == IShareRequests.RequestStatus.Served || made.status == IShareRequests.RequestStatus.Expired;
      _expect(!isFinal || status == made.status, "R7: Served and Expired are for good");
      made.status = status;
    }
  }

  function _isPending(Asked storage made) private view returns (bool) {
    return _statusOf(made) == IShareRequests.RequestStatus.Pending;
  }

  /// What follows from the handler's own facts.
  function _statusOf(Asked storage made) private view returns (IShareRequests.RequestStatus) {
    if (Slots.count(made.answered) == QUORUM) return IShareRequests.RequestStatus.Served;
    return block.timestamp > made.deadline ? IShareRequests.RequestStatus.Expired : IShareRequests.RequestStatus.Pending;
  }

  function _answerOf(Asked storage made, uint8 slot, VesProof memory proof) private view returns (IShareRequests.Answer memory) {
    return
      IShareRequests.Answer({
        slot: slot,
        verifyingShare: Prover.multiple(_curve, _shareAt(made.epoch, slot)),
        path: _pathOf(made.epoch, slot),
        u: _u,
        headerRest: _headerRest,
        share: proof.share,
        hints: proof.hints
      });
  }

  function _post(
    Asked storage made,
    IShareRequests.Answer memory given,
    IRequests.Statement memory statement
  ) private returns (bool isTaken) {
    (isTaken, ) = _send(MALLORY, abi.encodeCall(ShareRequests.answer, (made.id, statement, given)), 0);
  }
}
