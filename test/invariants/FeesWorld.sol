// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HostileParty} from "../../contracts/mocks/HostileParty.sol";
import {DocumentId} from "../../contracts/types/Ids.sol";
import {Point} from "../../contracts/types/Point.sol";
import {deploy} from "./Deploy.sol";
import {Prover} from "./Prover.sol";
import {vm} from "./Vm.sol";
import {World} from "./World.sol";

/// What a receiver does with coin.
enum Manner {
  Takes,
  Refuses,
  CallsBack
}

/// A world whose requests cost something, with actors who pay and are paid: accounts, and a contract that refuses or calls back.
/// What handlers expect is computed from their own records, never read from the contract that is tested.
abstract contract FeesWorld is World {
  uint256 internal constant MOST_REQUESTS = 10;

  /// A contract that reads: alice granted it.
  HostileParty internal immutable _party = HostileParty(payable(deploy("HostileParty", "")));
  Manner internal _manner;

  bool internal _bobIsGranted = true;
  uint32 internal _activeEpoch = 1;
  /// What each account earned as an operator, and what was paid out of it.
  mapping(address operator => uint256) public earned;
  mapping(address operator => uint256) public paidOut;

  mapping(uint8 slot => address) internal _operators;
  mapping(uint8 slot => bool) internal _isRemoved;
  /// Accounts that governance called stolen.
  mapping(address operator => bool) internal _isStolen;

  uint256 public paidIn;
  uint256 public refunded;
  uint256 public withdrawn;
  uint256 public forced;

  uint256 private _nextAccount = 0xF00000;

  constructor() {
    for (uint8 slot = 1; slot <= KEEPERS; ++slot) _operators[slot] = _firstOperator(slot);
    vm.prank(ALICE);
    _grants.grant(_documentId(), address(_party), 0);
  }

  /// Time passes: up to a request's life.
  function travel(uint256 time) external {
    vm.warp(block.timestamp + 1 + (time % LIFETIME));
    _observe();
  }

  /// The key is reshared to the other epoch and back: requests keep theirs.
  function reshare() external {
    _activeEpoch = 3 - _activeEpoch;
    _useEpoch(_activeEpoch);
    _observe();
  }

  /// Alice revokes bob, or grants him again.
  function changeGrant() external {
    _bobIsGranted = !_bobIsGranted;
    vm.prank(ALICE);
    if (_bobIsGranted) _grants.grant(_documentId(), BOB, 0);
    else _grants.revoke(_documentId(), BOB);
    _observe();
  }

  /// Governance names another operator, an account of nobody's before, or the contract where it is free, because the former one is stolen or
  /// just so; or it removes the keeper.
  function changeOperator(uint8 slotSeed, uint8 kind) external {
    uint8 slot = 1 + (slotSeed % KEEPERS);
    if (kind > 240 && !_isRemoved[slot]) {
      _isRemoved[slot] = true;
      _registry.removeKeeper(slot);
      return _observe();
    }
    uint8 heldByParty = _registry.slotOf(address(_party));
    bool isPartyFree = (heldByParty == 0 || heldByParty == slot) && !_isStolen[address(_party)];
    bool takesParty = slotSeed % 3 == 0 && isPartyFree && _operators[slot] != address(_party);
    address former = _operators[slot];
    address next = takesParty ? address(_party) : address(uint160(++_nextAccount));
    bool isTheft = kind % 4 == 0;
    if (_isRemoved[slot] && !isTheft) return;
    _operators[slot] = next;
    if (isTheft) {
      _isStolen[former] = true;
      _registry.replaceStolenOperator(slot, next);
    } else _registry.setOperator(slot, next);
    _observe();
  }

  /// Governance says that the first operator of a slot, whose account is in the epochs and was rotated away, is stolen.
  function revokeFormer(uint8 slotSeed) external {
    uint8 slot = 1 + (slotSeed % KEEPERS);
    address former = _firstOperator(slot);
    if (_operators[slot] == former || _isStolen[former]) return;
    _isStolen[former] = true;
    _registry.revokeFormerOperator(former);
    _observe();
  }

  /// The contract changes its manner. Called back into what is guarded, it must fail.
  function changeManner(uint8 seed, uint256 which) external {
    _manner = Manner(seed % 3);
    if (_manner == Manner.Takes) _party.onCoin(address(0), "");
    else if (_manner == Manner.Refuses) _party.onCoin(address(_party), "");
    else _party.onCoin(_tested(), _callBack(which));
    _observe();
  }

  /// Coin is forced in, as by a block's reward.
  function force(uint96 amount) external {
    vm.deal(_tested(), _tested().balance + amount);
    forced += amount;
    _observe();
  }

  /// The contract under test.
  function _tested() internal view virtual returns (address);

  /// What the hostile contract calls when it is paid: something guarded.
  function _callBack(uint256 which) internal view virtual returns (bytes memory);

  /// Compares what must be compared after every action.
  function _observe() internal virtual;

  function _documentId() internal view returns (bytes32) {
    return DocumentId.unwrap(_document);
  }

  /// One of the four who ask: alice, bob, the contract, mallory.
  function _requester(uint256 seed) internal view returns (address) {
    return [ALICE, BOB, address(_party), MALLORY][seed % 4];
  }

  function _mayRead(address requester) internal view returns (bool) {
    return requester == ALICE || requester == address(_party) || (requester == BOB && _bobIsGranted);
  }

  /// The reader's secret of a request, and its point.
  function _readerOf(uint256 number) internal view returns (uint256 x, Point memory point) {
    x = Prover.scalar(bytes32(number), "reader");
    point = Prover.multiple(_curve, x);
  }

  /// Who is owed what an account earned: itself, or its slot's current operator where it was stolen.
  function _payeeOf(uint8 slot, address earner) internal view returns (address) {
    return _isStolen[earner] ? _operators[slot] : earner;
  }

  /// Whether a slot takes part in the epochs, both of which froze its first operator.
  function _isAbsent(uint8 slot) internal view returns (bool) {
    return _isRemoved[slot] || _isStolen[_firstOperator(slot)];
  }

  /// Whether a payment to `receiver` arrives.
  function _takesCoin(address receiver) internal view returns (bool) {
    return receiver != address(_party) || _manner != Manner.Refuses;
  }

  /// Calls the contract under test as `sender`, who gets the coin that it sends. Returns whether it went through.
  function _send(address sender, bytes memory data, uint256 value) internal returns (bool isDone, bytes memory answer) {
    vm.deal(sender, sender.balance + value);
    vm.prank(sender);
    (isDone, answer) = _tested().call{value: value}(data);
    if (!isDone) vm.deal(sender, sender.balance - value);
  }

  /// Fails the run, and names the invariant.
  function _expect(bool condition, string memory invariant) internal pure {
    require(condition, invariant);
  }
}
