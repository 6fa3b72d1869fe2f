// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeyGeneration} from "../../contracts/interfaces/IKeyGeneration.sol";
import {IOptimisticRequests} from "../../contracts/interfaces/IOptimisticRequests.sol";
import {IRequests} from "../../contracts/interfaces/IRequests.sol";
import {Slots} from "../../contracts/libraries/Slots.sol";
import {OptimisticRequests} from "../../contracts/OptimisticRequests.sol";
import {RequestId} from "../../contracts/types/Ids.sol";
import {Point} from "../../contracts/types/Point.sol";
import {VesHints} from "../../contracts/types/Proofs.sol";
import {deploy} from "./Deploy.sol";
import {FeesWorld} from "./FeesWorld.sol";
import {Flaw, Flaws} from "./Flaws.sol";
import {Prover, VesProof} from "./Prover.sol";

/// Asks, answers rightly and wrongly, challenges, settles, refunds and withdraws at OptimisticRequests, and keeps its own books.
/// README.md, O1 to O15.
contract OptimisticRequestsHandler is FeesWorld {
  uint64 private constant _WINDOW = 300;

  /// What the handler knows of a request, apart from the contract. `order` holds the slots that answered, the first first.
  struct Asked {
    RequestId id;
    IRequests.Statement statement;
    uint256 x;
    uint32 epoch;
    uint96 fee;
    uint64 deadline;
    uint8[] order;
    uint256 answered;
    uint256 wrong;
    uint256 disproved;
    bool settled;
    uint8 unpaid;
    uint256 paid;
    IOptimisticRequests.OptimisticStatus status;
  }

  OptimisticRequests private immutable _optimistic = OptimisticRequests(
    deploy("OptimisticRequests", abi.encode(_manager, _registry, _keyGeneration, _documents, _requests, LIFETIME, _WINDOW))
  );

  Asked[] private _asked;
  mapping(uint256 index => mapping(uint8 slot => VesProof)) private _posted;
  mapping(uint256 index => mapping(uint8 slot => Flaw)) private _flaws;

  constructor() {
    _openToAll(address(_optimistic), _optimistic.request.selector);
  }

  function count() external view returns (uint256) {
    return _asked.length;
  }

  function askedAt(uint256 index) external view returns (Asked memory) {
    return _asked[index];
  }

  function requests() external view returns (OptimisticRequests) {
    return _optimistic;
  }

  /// Whether a keeper was a member of a request's epoch.
  function wasMember(uint256 index, uint8 slot) external view returns (bool) {
    return _isMember(_asked[index].epoch, slot);
  }

  /// Somebody asks, and pays the price or something else.
  function ask(uint256 who, uint8 wrongFee, bytes32 contextHash) external {
    if (_asked.length == MOST_REQUESTS) return;
    address requester = _requester(who);
    uint96 price = _optimistic.price();
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
    _expect(isDone == (_mayRead(requester) && value == fee), "O12: who may ask, and for what");
    if (!isDone) return _observe();
    paidIn += value;
    Asked storage made = _asked.push();
    made.id = abi.decode(answer_, (RequestId));
    made.statement = IRequests.Statement(number, _document, _headerHash, requester, readerKey, contextHash);
    (made.x, made.epoch, made.fee) = (x, _activeEpoch, price);
    made.deadline = uint64(block.timestamp) + LIFETIME;
    _observe();
  }

  /// A keeper answers, rightly or with a flaw; or somebody answers in its place.
  function answer(uint256 which, uint8 slotSeed, uint8 flawSeed, bytes32 seed) external {
    if (_asked.length == 0) return;
    which %= _asked.length;
    Asked storage made = _asked[which];
    uint8 slot = 1 + (slotSeed % KEEPERS);
    Flaw flaw = Flaws.pick(flawSeed);
    VesProof memory proof = Flaws.make(_curve, flaw, _statementOf(made.id, made.epoch, slot, made.x), seed);
    if (_post(made, slot, _senderOf(flawSeed, slot), proof)) {
      made.answered |= Slots.only(slot);
      made.order.push(slot);
      if (flaw != Flaw.None) made.wrong |= Slots.only(slot);
      (_posted[which][slot], _flaws[which][slot]) = (proof, flaw);
    }
    _observe();
  }

  /// All keepers answer, some with a flaw: so that runs get to settle much.
  function answerAll(uint256 which, uint8 first, uint8 flaws, bytes32 seed) external {
    for (uint8 i = 0; i < KEEPERS; ++i) this.answer(which, (first % KEEPERS) + i, (flaws >> i) & 1 == 1 ? 1 + i : 0, seed);
  }

  /// Mallory, or the keeper itself, challenges an answer, with right witnesses or with one that is wrong.
  function challenge(uint256 which, uint8 slotSeed, bool isHonest, uint16 falseWitness) external {
    if (_asked.length == 0) return;
    which %= _asked.length;
    Asked storage made = _asked[which];
    uint8 slot = 1 + (slotSeed % KEEPERS);
    VesProof memory posted = _posted[which][slot];
    VesHints memory witnesses = Prover.witnesses(_curve, _statementOf(made.id, made.epoch, slot, made.x), posted.share, posted.v);
    if (!isHonest) witnesses.zkX = Prover.multiple(_curve, 1 + uint256(falseWitness));
    bool isWrong = Slots.has(made.wrong, slot) && !Slots.has(made.disproved, slot);
    bool isShown = isHonest || Flaws.isMalformed(_flaws[which][slot]); // what is malformed needs no witness

    bool isDisproved = _accuse(made, slot, falseWitness % 2 == 0 ? MALLORY : _firstOperator(slot), posted, witnesses);
    _expect(!isDisproved || isWrong, "O8: a right answer was disproved, or one twice");
    _expect(isDisproved == (isWrong && isShown && !_isOver(made)), "O8: a wrong answer can be disproved until the window is over");
    if (isDisproved) made.disproved |= Slots.only(slot);
    _observe();
  }

  /// Somebody settles.
  function settle(uint256 which, uint256 caller) external {
    if (_asked.length == 0) return;
    Asked storage made = _asked[which % _asked.length];
    bool isDue = _isOver(made) && !made.settled;
    uint256[] memory credits = _credits();

    (bool isDone, ) = _send(_requester(caller), abi.encodeCall(OptimisticRequests.settle, (made.id)), 0);
    _expect(isDone == isDue, "O4: settled once, after the window");
    if (isDone) {
      _book(made);
      _settled(made, credits);
      uint256 owed = uint256(_optimistic.requestOf(made.id).unpaid) * made.fee;
      _expect(made.paid + owed == uint256(QUORUM) * made.fee, "O14: paid and owed are not the escrow");
    }
    _observe();
  }

  /// Anyone asks for a refund.
  function refund(uint256 which, uint256 caller) external {
    if (_asked.length == 0) return;
    Asked storage made = _asked[which % _asked.length];
    address requester = made.statement.requester;
    uint256 owed = uint256(made.settled ? made.unpaid : QUORUM - _standing(made)) * made.fee;
    bool isDue = _isOver(made) && owed != 0 && _takesCoin(requester);
    uint256 before = requester.balance;
    uint256[] memory credits = _credits();

    (bool isPaid, ) = _send(_requester(caller), abi.encodeCall(IRequests.refund, (made.id, made.statement)), 0);
    _expect(isPaid == isDue, "O9: a refund, once, after the window");
    _expect(requester.balance == before + (isPaid ? owed : 0), "O9: exactly what does not stand");
    if (isPaid) {
      if (!made.settled) {
        _book(made);
        _settled(made, credits);
      }
      made.unpaid = 0;
      refunded += owed;
      _expect(made.paid + requester.balance - before == uint256(QUORUM) * made.fee, "O14: paid and refunded are not the escrow");
      (bool isPaidAgain, ) = _send(MALLORY, abi.encodeCall(IRequests.refund, (made.id, made.statement)), 0);
      _expect(!isPaidAgain, "O9: refunded twice");
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
    _expect(isPaid == (owed != 0 && _takesCoin(payee)), "O6: an account's credit, and no other");
    _expect(payee.balance == before + (isPaid ? owed : 0), "O6: all of it, to who earned it, or to the successor of who was robbed");
    if (isPaid) {
      paidOut[earner] += owed;
      withdrawn += owed;
      (bool isPaidAgain, ) = _send(MALLORY, abi.encodeCall(IRequests.withdrawFees, (earner)), 0);
      _expect(!isPaidAgain, "O6: a credit is paid twice");
    }
    _observe();
  }

  /// Governance sets a price, sometimes 0; mallory cannot.
  function setPrice(uint96 price, uint8 free) external {
    (bool isSet, ) = _send(MALLORY, abi.encodeCall(IRequests.setPrice, (price)), 0);
    _expect(!isSet, "O12: a stranger sets the price");
    _optimistic.setPrice(free < 40 ? 0 : 1 + (price % 1 ether));
    _observe();
  }

  function _tested() internal view override returns (address) {
    return address(_optimistic);
  }

  function _callBack(uint256 which) internal view override returns (bytes memory) {
    if (_asked.length == 0 || which % 2 == 0) return abi.encodeCall(IRequests.withdrawFees, (_firstOperator(uint8(1 + (which % KEEPERS)))));
    Asked storage made = _asked[which % _asked.length];
    return abi.encodeCall(IRequests.refund, (made.id, made.statement));
  }

  function _observe() internal override {
    _expect(!_party.didReenter(), "O11: a receiver called back");
    for (uint256 i = 0; i < _asked.length; ++i) {
      Asked storage made = _asked[i];
      IOptimisticRequests.OptimisticStatus status = _optimistic.statusOf(made.id);
      _expect(status == _statusOf(made), "O10: the status is another than facts and time say");
      bool isFinal = made.status > IOptimisticRequests.OptimisticStatus.Disputable;
      _expect(status >= made.status && (!isFinal || status == made.status), "O10: a status came back");
      made.status = status;
    }
  }

  /// The keeper's operator of that epoch, now and then another or nobody.
  function _senderOf(uint8 seed, uint8 slot) private pure returns (address) {
    if (seed > 240) return MALLORY;
    return seed > 225 ? _firstOperator(1 + (slot % KEEPERS)) : _firstOperator(slot);
  }

  /// Posts an answer as `sender`; checks whether it may be taken.
  function _post(Asked storage made, uint8 slot, address sender, VesProof memory proof) private returns (bool isTaken) {
    IOptimisticRequests.OptimisticAnswer memory given = IOptimisticRequests.OptimisticAnswer({
      slot: slot,
      verifyingShare: Prover.multiple(_curve, _shareAt(made.epoch, slot)),
      path: _pathOf(made.epoch, slot),
      share: proof.share
    });
    bool isOperator = sender == _firstOperator(slot) && _isMember(made.epoch, slot) && !_isAbsent(slot);
    bool isDue = isOperator && !Slots.has(made.answered, slot);
    (isTaken, ) = _send(sender, abi.encodeCall(OptimisticRequests.answer, (made.id, given)), 0);
    _expect(isTaken == (isDue && _isPending(made)), "O3: one answer per member and request, by its operator, until the deadline");
  }

  /// Anybody may challenge, and gets nothing for it.
  function _accuse(
    Asked storage made,
    uint8 slot,
    address challenger,
    VesProof memory posted,
    VesHints memory witnesses
  ) private returns (bool isDisproved) {
    IOptimisticRequests.Challenge memory evidence = IOptimisticRequests.Challenge({
      slot: slot,
      verifyingShare: Prover.multiple(_curve, _shareAt(made.epoch, slot)),
      share: posted.share,
      u: _u,
      headerRest: _headerRest,
      witnesses: witnesses
    });
    (uint256 coin, uint256 held, uint256[] memory credits) = (challenger.balance, address(_optimistic).balance, _credits());
    (isDisproved, ) = _send(challenger, abi.encodeCall(OptimisticRequests.challenge, (made.id, made.statement, evidence)), 0);
    _expect(challenger.balance == coin && address(_optimistic).balance == held, "O15: a challenge moves coin");
    _expect(keccak256(abi.encode(_credits())) == keccak256(abi.encode(credits)), "O15: a challenge earns a credit");
  }

  /// What the keepers of the request's epochs have in credit, by slot.
  function _credits() private view returns (uint256[] memory credits) {
    credits = new uint256[](KEEPERS + 1);
    for (uint8 slot = 1; slot <= KEEPERS; ++slot) credits[slot] = _optimistic.creditOf(_firstOperator(slot));
  }

  /// Books what a settlement paid, and compares it with who was disproved. `before`: the credits until then.
  function _settled(Asked storage made, uint256[] memory before) private {
    uint256[] memory credits = _credits();
    for (uint8 slot = 1; slot <= KEEPERS; ++slot) {
      uint256 gained = credits[slot] - before[slot];
      _expect(gained == 0 || !Slots.has(made.disproved, slot), "O13: a slot that was disproved is paid");
      made.paid += gained;
    }
  }

  /// Credits the first q answers that stand, in their order.
  function _book(Asked storage made) private {
    made.settled = true;
    made.unpaid = QUORUM;
    for (uint256 i = 0; i < made.order.length && made.unpaid != 0; ++i) {
      if (Slots.has(made.disproved, made.order[i])) continue;
      earned[_firstOperator(made.order[i])] += made.fee;
      made.unpaid -= 1;
    }
  }

  /// How many answers stand, q at most.
  function _standing(Asked storage made) private view returns (uint8) {
    uint256 stand = Slots.count(made.answered & ~made.disproved);
    return uint8(stand < QUORUM ? stand : QUORUM);
  }

  function _isPending(Asked storage made) private view returns (bool) {
    return block.timestamp <= made.deadline;
  }

  function _isOver(Asked storage made) private view returns (bool) {
    return block.timestamp > made.deadline + _WINDOW;
  }

  /// What follows from the handler's own facts.
  function _statusOf(Asked storage made) private view returns (IOptimisticRequests.OptimisticStatus) {
    if (_isPending(made)) return IOptimisticRequests.OptimisticStatus.Pending;
    if (!_isOver(made)) return IOptimisticRequests.OptimisticStatus.Disputable;
    return _standing(made) == QUORUM ? IOptimisticRequests.OptimisticStatus.Served : IOptimisticRequests.OptimisticStatus.Expired;
  }
}
