// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IKeeperRegistry} from "../../contracts/interfaces/IKeeperRegistry.sol";
import {IKeyGeneration} from "../../contracts/interfaces/IKeyGeneration.sol";
import {KeeperRegistry} from "../../contracts/KeeperRegistry.sol";
import {Domains} from "../../contracts/libraries/Domains.sol";
import {Slots} from "../../contracts/libraries/Slots.sol";
import {Point} from "../../contracts/types/Point.sol";
import {SchnorrProof} from "../../contracts/types/Proofs.sol";
import {Curve} from "./Curve.sol";
import {deploy} from "./Deploy.sol";
import {Prover} from "./Prover.sol";
import {vm} from "./Vm.sol";

/// Governance admits and removes keepers, changes operators and identity keys, proposes, opens and cancels epochs; keepers post keys, with
/// right and wrong proofs; mallory tries to govern. README.md, K1 to K6.
contract KeeperRegistryHandler {
  uint8 private constant _MOST_KEEPERS = 9;
  uint64 private constant _DELAY = 100;
  address private constant _STRANGER = address(0x3A11027);

  AccessManager private immutable _manager = AccessManager(deploy("AccessManager", abi.encode(address(this))));
  KeeperRegistry public immutable registry = KeeperRegistry(deploy("KeeperRegistry", abi.encode(_manager, _DELAY, address(0))));
  Curve private immutable _curve = new Curve();

  uint8 public keeperCount;
  uint32 public epochCount;
  mapping(uint8 slot => address) public operators;
  mapping(uint8 slot => bool) public removed;
  mapping(address operator => uint8) public slotOf;
  mapping(uint32 epoch => IKeeperRegistry.EpochStatus) public statuses;
  mapping(uint32 epoch => uint64) private _opensAt;
  /// The newest epoch that is open.
  uint32 private _currentEpoch;
  mapping(uint32 epoch => uint256) public candidates;
  /// What an epoch knows of a slot since it was proposed.
  mapping(uint32 epoch => mapping(uint8 slot => address)) private _frozenOperators;
  mapping(uint32 epoch => mapping(uint8 slot => bytes32)) private _frozenIdentities;
  mapping(uint8 slot => bytes32) private _identities;
  /// Whose an identity key is or was.
  mapping(bytes32 identity => uint8 slot) private _identitySlots;
  /// What governance called stolen.
  mapping(address operator => bool) private _isStolen;
  mapping(bytes32 identity => bool) private _isIdentityStolen;
  /// Who has posted a key for an epoch.
  mapping(uint32 epoch => uint256) public posted;
  mapping(uint32 epoch => uint256) public members;
  mapping(uint32 epoch => bytes32) public committees;
  address[] private _everOperator;
  uint160 private _nextOperator = 0x6000;

  function addKeeper(bool reuse, uint256 seed) external {
    if (keeperCount == _MOST_KEEPERS) return;
    address operator = reuse && _everOperator.length != 0 ? _everOperator[seed % _everOperator.length] : address(++_nextOperator);
    Point memory identity = Prover.multiple(_curve, 1 + (seed % 1000));
    bytes memory data = abi.encodeCall(KeeperRegistry.addKeeper, (operator, identity, "https://keeper.example", "", "keeper"));
    _expect(!_as(_STRANGER, data), "K5: a stranger admits a keeper");
    bool isDone = _as(address(this), data);
    bool isFree = slotOf[operator] == 0 && _identitySlots[keccak256(abi.encode(identity))] == 0;
    _expect(isDone == isFree, "K1: an account and an identity key have one slot, ever");
    if (isDone) {
      _name(++keeperCount, operator);
      _identify(keeperCount, identity);
    }
    _observe();
  }

  function removeKeeper(uint8 slotSeed) external {
    if (slotSeed % 4 != 0) return; // not too often
    uint8 slot = _slot(slotSeed / 4);
    bytes memory data = abi.encodeCall(KeeperRegistry.removeKeeper, (slot));
    _expect(!_as(_STRANGER, data), "K5: a stranger removes a keeper");
    bool isDone = _as(address(this), data);
    _expect(isDone == (_exists(slot) && !removed[slot]), "K2: which keepers can be removed");
    if (isDone) removed[slot] = true;
    _observe();
  }

  function setOperator(uint8 slotSeed, bool reuse, uint256 seed) external {
    uint8 slot = _slot(slotSeed);
    address operator = reuse && _everOperator.length != 0 ? _everOperator[seed % _everOperator.length] : address(++_nextOperator);
    bytes memory data = abi.encodeCall(KeeperRegistry.setOperator, (slot, operator));
    _expect(!_as(_STRANGER, data), "K5: a stranger names an operator");
    bool isDone = _as(address(this), data);
    _expect(isDone == (_exists(slot) && !removed[slot] && _isFree(slot, operator)), "K1: an account has one slot, ever");
    if (isDone) _name(slot, operator);
    _observe();
  }

  /// The current operator is stolen, or a former one of anybody's.
  function steal(uint8 slotSeed, bool former, uint256 seed) external {
    if (slotSeed % 3 != 0 || _everOperator.length == 0) return; // not too often
    uint8 slot = _slot(slotSeed / 3);
    address any = _everOperator[seed % _everOperator.length];
    address next = seed % 3 == 0 ? any : address(++_nextOperator);
    address stolen = former ? any : operators[slot];
    bytes memory data =
      former
        ? abi.encodeCall(KeeperRegistry.revokeFormerOperator, (stolen))
        : abi.encodeCall(KeeperRegistry.replaceStolenOperator, (slot, next));
    _expect(!_as(_STRANGER, data), "K5: a stranger revokes an account");
    bool isDone = _as(address(this), data);
    bool isDue = former ? operators[slotOf[any]] != any && !_isStolen[any] : _exists(slot) && _isFree(slot, next);
    _expect(isDone == isDue, "K6: which accounts can be revoked");
    if (isDone) _isStolen[stolen] = true;
    if (isDone && !former) _name(slot, next);
    _observe();
  }

  function stealIdentity(uint8 slotSeed, uint256 seed) external {
    if (slotSeed % 3 != 0) return; // not too often
    uint8 slot = _slot(slotSeed / 3);
    Point memory identity = Prover.multiple(_curve, 1 + (seed % 1000));
    bytes32 stolen = _identities[slot];
    bytes memory data = abi.encodeCall(KeeperRegistry.replaceStolenIdentity, (slot, identity));
    _expect(!_as(_STRANGER, data), "K5: a stranger revokes an identity key");
    bool isDone = _as(address(this), data);
    bytes32 next = keccak256(abi.encode(identity));
    bool isDue = _exists(slot) && next != stolen && _isIdentityFree(slot, next);
    _expect(isDone == isDue, "K6: which identity keys can be revoked");
    if (isDone) {
      _isIdentityStolen[stolen] = true;
      _identify(slot, identity);
    }
    _observe();
  }

  function setIdentityKey(uint8 slotSeed, uint256 seed) external {
    uint8 slot = _slot(slotSeed);
    Point memory identity = Prover.multiple(_curve, 1 + (seed % 1000));
    bytes memory data = abi.encodeCall(KeeperRegistry.setIdentityKey, (slot, identity));
    _expect(!_as(_STRANGER, data), "K5: a stranger changes an identity key");
    bool isDone = _as(address(this), data);
    bool isDue = _exists(slot) && !removed[slot] && _isIdentityFree(slot, keccak256(abi.encode(identity)));
    _expect(isDone == isDue, "K1, K2: whose identity key can be changed");
    if (isDone) _identify(slot, identity);
    _observe();
  }

  /// For all keepers, or for some slots of which nobody may have one.
  function proposeEpoch(bool forAll, uint256 seed) external {
    uint256 remaining = _remaining();
    uint256 slots = forAll ? 0 : seed & ((1 << (keeperCount + 2)) - 1);
    uint256 meant = slots == 0 ? remaining : slots;
    bytes memory data = abi.encodeCall(KeeperRegistry.proposeEpoch, (slots));
    _expect(!_as(_STRANGER, data), "K5: a stranger proposes an epoch");
    bool isDone = _as(address(this), data);
    bool isDue = !_isProposed(epochCount) && Slots.count(meant) >= 3 && meant & ~remaining == 0;
    _expect(isDone == isDue, "K3: one proposal at a time, of three keepers or more");
    if (isDone) _propose(meant);
    _observe();
  }

  function cancelEpoch(uint32 seed) external {
    if (seed % 3 != 0) return; // not too often
    uint32 epoch = (seed / 3) % (epochCount + 2);
    bytes memory data = abi.encodeCall(KeeperRegistry.cancelEpoch, (epoch));
    _expect(!_as(_STRANGER, data), "K5: a stranger cancels an epoch");
    bool isDone = _as(address(this), data);
    _expect(isDone == _isProposed(epoch), "K3: only a proposed epoch is cancelled");
    if (isDone) statuses[epoch] = IKeeperRegistry.EpochStatus.Cancelled;
    _observe();
  }

  /// All keepers post a key, one of them perhaps with a proof for something else, and so do operators who came after the proposal.
  function postKeys(uint8 dishonest) external {
    for (uint8 slot = 1; slot <= keeperCount; ++slot) {
      address frozen = _frozenOperators[epochCount][slot];
      bool isCandidate = _isProposed(epochCount) && frozen != address(0);
      if (frozen != operators[slot]) _post(slot, operators[slot], true, false);
      if (frozen != address(0)) _post(slot, frozen, slot != dishonest % 16, isCandidate);
    }
    _observe();
  }

  function openEpoch(uint32 seed) external {
    uint32 epoch = seed % 3 == 0 ? seed % (epochCount + 2) : epochCount;
    bytes memory data = abi.encodeCall(KeeperRegistry.openEpoch, (epoch));
    _expect(!_as(_STRANGER, data), "K5: a stranger opens an epoch");
    uint256 ready = posted[epoch];
    bool isDone = _as(address(this), data);
    bool isDue = _isProposed(epoch) && block.timestamp >= _opensAt[epoch] && Slots.count(ready) >= 3;
    if (candidates[epoch] & ~_remaining() != 0 || _hasRobbedCandidate(epoch)) isDue = false;
    _expect(isDone == isDue, "K3: an epoch opens after its delay, with three members or more and no candidate removed or robbed");
    if (isDone) {
      (statuses[epoch], members[epoch], _currentEpoch) = (IKeeperRegistry.EpochStatus.Open, ready, epoch);
      committees[epoch] = keccak256(abi.encode(registry.committeeOf(epoch), registry.committeeRootOf(epoch)));
    }
    _observe();
  }

  function travel(uint64 time) external {
    vm.warp(block.timestamp + (time % (2 * _DELAY)));
    _observe();
  }

  /// Compares all that the registry says with the books.
  function check() public view {
    IKeeperRegistry.Keeper[] memory all = registry.keepers();
    _expect(all.length == keeperCount, "K1: keepers that nobody admitted");
    for (uint8 slot = 1; slot <= keeperCount; ++slot) {
      _expect(all[slot - 1].slot == slot && all[slot - 1].operator == operators[slot], "K1: a keeper's slot and operator");
      _expect(all[slot - 1].removed == removed[slot], "K2: removed is for good");
    }
    for (uint256 i = 0; i < _everOperator.length; ++i)
      _expect(registry.slotOf(_everOperator[i]) == slotOf[_everOperator[i]], "K1: an account has one slot, ever");
    _expect(registry.removedKeepers() == _everyone() & ~_remaining(), "K2: removed is for good");
    bool isNewest = registry.lastEpoch() == epochCount && registry.currentEpoch() == _currentEpoch;
    _expect(isNewest, "K3: epochs are numbered in order, and the current one is the newest that is open");
    for (uint32 epoch = 0; epoch <= epochCount + 1; ++epoch) {
      _expect(registry.statusOf(epoch) == statuses[epoch], "K3: an epoch's status");
      _expect(registry.candidatesOf(epoch) == candidates[epoch], "K4: candidates are fixed when an epoch is proposed");
      if (statuses[epoch] != IKeeperRegistry.EpochStatus.Open) continue;
      _expect(registry.membersOf(epoch) == members[epoch], "K4: an open epoch's members are who had posted a key");
      bytes32 committee = keccak256(abi.encode(registry.committeeOf(epoch), registry.committeeRootOf(epoch)));
      _expect(committee == committees[epoch], "K4: an open epoch is frozen");
      _checkFrozen(epoch);
    }
  }

  function _checkFrozen(uint32 epoch) private view {
    IKeeperRegistry.Member[] memory committee = registry.committeeOf(epoch);
    for (uint256 i = 0; i < committee.length; ++i) {
      IKeeperRegistry.Member memory member = committee[i];
      _expect(member.operator == _frozenOperators[epoch][member.slot], "K4: operators are those of the proposal");
      bytes32 identity = keccak256(abi.encode(member.identityKey));
      _expect(identity == _frozenIdentities[epoch][member.slot], "K4: identity keys are those of the proposal");
      bool isStolen = _isStolen[member.operator];
      uint8 slotIn = registry.slotIn(epoch, member.operator);
      _expect(slotIn == (isStolen ? 0 : member.slot), "K4, K6: a member acts for its slot in its epoch until it is robbed");
      bool isAbsent = registry.absentIn(epoch, Slots.only(member.slot)) != 0;
      _expect(isAbsent == (isStolen || removed[member.slot]), "K6: who is absent from an epoch");
      address payee = isStolen ? operators[member.slot] : member.operator;
      _expect(registry.payeeOf(member.operator) == payee, "K6: who is paid what a member earned");
    }
  }

  function _propose(uint256 slots) private {
    statuses[++epochCount] = IKeeperRegistry.EpochStatus.Proposed;
    _opensAt[epochCount] = uint64(block.timestamp) + _DELAY;
    candidates[epochCount] = slots;
    for (uint8 slot = 1; slot <= keeperCount; ++slot) {
      if (!Slots.has(slots, slot)) continue;
      _frozenOperators[epochCount][slot] = operators[slot];
      _frozenIdentities[epochCount][slot] = _identities[slot];
    }
  }

  function _post(uint8 slot, address operator, bool isHonest, bool isCandidate) private {
    uint256 secret = Prover.scalar(bytes32(uint256(slot)), "key");
    uint8 named = isHonest ? slot : 1 + (slot % _MOST_KEEPERS);
    bytes32 message = keccak256(abi.encode(Domains.EPOCH_KEY, block.chainid, address(registry), epochCount, named, operator));
    SchnorrProof memory proof = Prover.possession(_curve, secret, message, bytes32(uint256(slot)));
    Point memory key = Prover.multiple(_curve, secret);
    bool isDone = _as(operator, abi.encodeCall(KeeperRegistry.postEpochKey, (epochCount, key, proof)));
    bool isDue = isCandidate && !removed[slot] && !_isStolen[operator] && !Slots.has(posted[epochCount], slot) && isHonest;
    _expect(isDone == isDue, "K4: a key is posted once, by a candidate who has its secret");
    if (isDone) posted[epochCount] |= Slots.only(slot);
  }

  function _observe() private view {
    check();
  }

  function _name(uint8 slot, address operator) private {
    operators[slot] = operator;
    if (slotOf[operator] == 0) _everOperator.push(operator);
    slotOf[operator] = slot;
  }

  /// Whether an account may become the slot's operator.
  function _isFree(uint8 slot, address operator) private view returns (bool) {
    if (_isStolen[operator]) return false;
    return slotOf[operator] == 0 || (slotOf[operator] == slot && operators[slot] != operator);
  }

  function _isIdentityFree(uint8 slot, bytes32 identity) private view returns (bool) {
    uint8 held = _identitySlots[identity];
    return !_isIdentityStolen[identity] && (held == 0 || held == slot);
  }

  /// Whether a candidate's account or identity key of the proposal was stolen.
  function _hasRobbedCandidate(uint32 epoch) private view returns (bool) {
    for (uint8 slot = 1; slot <= keeperCount; ++slot)
      if (_isStolen[_frozenOperators[epoch][slot]] || _isIdentityStolen[_frozenIdentities[epoch][slot]]) return true;
    return false;
  }

  function _identify(uint8 slot, Point memory identity) private {
    _identities[slot] = keccak256(abi.encode(identity));
    _identitySlots[_identities[slot]] = slot;
  }

  function _as(address caller, bytes memory data) private returns (bool isDone) {
    vm.prank(caller);
    (isDone, ) = address(registry).call(data);
  }

  /// A slot, of which some nobody has.
  function _slot(uint8 seed) private view returns (uint8) {
    return seed % (keeperCount + 2);
  }

  function _exists(uint8 slot) private view returns (bool) {
    return slot != 0 && slot <= keeperCount;
  }

  function _isProposed(uint32 epoch) private view returns (bool) {
    return statuses[epoch] == IKeeperRegistry.EpochStatus.Proposed;
  }

  function _everyone() private view returns (uint256) {
    return (1 << (keeperCount + 1)) - 2;
  }

  function _remaining() private view returns (uint256 slots) {
    slots = _everyone();
    for (uint8 slot = 1; slot <= keeperCount; ++slot) if (removed[slot]) slots &= ~Slots.only(slot);
  }

  function _expect(bool condition, string memory invariant) private pure {
    require(condition, invariant);
  }
}
