// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IKeeperRegistry} from "../../contracts/interfaces/IKeeperRegistry.sol";
import {IKeyGeneration} from "../../contracts/interfaces/IKeyGeneration.sol";
import {KeeperRegistry} from "../../contracts/KeeperRegistry.sol";
import {KeyGeneration} from "../../contracts/KeyGeneration.sol";
import {Domains} from "../../contracts/libraries/Domains.sol";
import {Slots} from "../../contracts/libraries/Slots.sol";
import {KeyId, SessionId} from "../../contracts/types/Ids.sol";
import {Point} from "../../contracts/types/Point.sol";
import {SchnorrProof} from "../../contracts/types/Proofs.sol";
import {Curve} from "./Curve.sol";
import {deploy} from "./Deploy.sol";
import {Generation} from "./Generation.sol";
import {Prover} from "./Prover.sol";
import {vm} from "./Vm.sol";

/// Governance opens epochs and removes keepers, keys are generated with real dealings and moved from epoch to epoch; mallory tries to move
/// them, too. KeyResharing is a mock: an account that calls `moveKey` as the contract does after enough confirmations. README.md, E1 to E7.
contract EpochLifeHandler {
  uint8 private constant _MOST_KEEPERS = 10;
  uint256 private constant _MOST_KEYS = 4;
  address private constant _RESHARING = address(0x4E54A4E);

  AccessManager private immutable _manager = AccessManager(deploy("AccessManager", abi.encode(address(this))));
  Curve private immutable _curve = new Curve();
  /// The two know each other forever: they are the third and the fourth that this contract makes.
  KeeperRegistry public immutable registry = KeeperRegistry(deploy("KeeperRegistry", abi.encode(_manager, 0, _created(4))));
  KeyGeneration public immutable keyGeneration = KeyGeneration(
    deploy(
      "KeyGeneration",
      abi.encode(_manager, registry, _RESHARING, IKeyGeneration.Windows({deal: 2, dispute: 4, finalize: 8, ready: 4}))
    )
  );

  uint8 public keeperCount;
  uint256 public removed;
  uint32 public epochCount;
  mapping(uint32 epoch => uint256) public members;
  mapping(uint32 epoch => bytes32) private _committees;

  uint256 public keyCount;
  uint256 private _sessions;
  mapping(uint256 key => KeyId) private _ids;
  mapping(uint256 key => bytes32) private _publicKeys;
  mapping(uint256 key => uint32) public activeEpochs;
  mapping(uint256 key => mapping(uint32 epoch => uint8)) public thresholds;
  mapping(uint256 key => mapping(uint32 epoch => bytes32)) private _keyEpochs;
  mapping(uint256 key => mapping(uint32 epoch => uint64)) public retiredAt;

  constructor() {
    require(address(keyGeneration) == _created(4), "where KeyGeneration is");
    for (uint256 i = 0; i < 6; ++i) addKeeper();
  }

  function addKeeper() public {
    if (keeperCount == _MOST_KEEPERS) return;
    registry.addKeeper(_operator(++keeperCount), Prover.multiple(_curve, keeperCount), "", "", "");
  }

  function removeKeeper(uint8 seed) external {
    if (seed % 3 != 0) return; // not too often
    _remove((seed / 3) % (keeperCount + 2));
    check();
  }

  /// Of all keepers, or of some, and of those who post a key.
  function openEpoch(bool forAll, uint16 seed, uint16 silent) external {
    uint256 remaining = _everyone() & ~removed;
    uint256 candidates = forAll ? remaining : remaining & (uint256(seed) << 1);
    uint256 posting = candidates & ~(uint256(silent & (silent >> 4)) << 1);
    if (Slots.count(posting) < 3) return;
    uint32 epoch = registry.proposeEpoch(candidates);
    for (uint8 slot = 1; slot <= keeperCount; ++slot) if (Slots.has(posting, slot)) _post(epoch, slot);
    registry.openEpoch(epoch);
    _expect(epoch == ++epochCount, "E1: epochs are numbered in order");
    members[epoch] = posting;
    _committees[epoch] = _committeeOf(epoch);
    check();
  }

  /// A key in the newest epoch, step by step. `removing` are removed just before the last confirmation.
  function generateKey(uint8 thresholdSeed, uint16 removing) external {
    uint32 epoch = epochCount;
    if (keyCount == _MOST_KEYS || epoch == 0) return;
    uint8 threshold = uint8(1 + (thresholdSeed % ((Slots.count(members[epoch]) - 1) / 2)));
    if (members[epoch] & removed != 0) {
      bytes memory data = abi.encodeCall(KeyGeneration.requestKey, (IKeyGeneration.Purpose.Decrypt, threshold, bytes32(_sessions + 1)));
      return _expect(!_as(address(this), data), "E7: no key begins in an epoch with a removed member");
    }
    (KeyId keyId, SessionId sid) = keyGeneration.requestKey(IKeyGeneration.Purpose.Decrypt, threshold, bytes32(++_sessions));
    _deal(sid, epoch, threshold);
    vm.roll(block.number + 2 + 4 + 2 + 1);
    bytes32 publicKey = _finalize(sid, epoch, threshold);
    bool isActive = _confirm(sid, epoch, threshold, uint256(removing) << 1);
    if (isActive) _book(keyId, publicKey, epoch, threshold);
    else _fail(sid);
    check();
  }

  /// What KeyResharing does in the end. `asStranger`: somebody else does it.
  function moveKey(uint8 keySeed, uint8 epochSeed, uint8 thresholdSeed, bool asStranger) external {
    if (keyCount == 0) return;
    uint256 key = keySeed % keyCount;
    uint32 previous = activeEpochs[key];
    if (previous == epochCount) return;
    uint32 epoch = previous + 1 + (epochSeed % (epochCount - previous));
    uint8 threshold = uint8(1 + (thresholdSeed % ((Slots.count(members[epoch]) - 1) / 2)));
    bytes memory data = abi.encodeCall(KeyGeneration.moveKey, (_ids[key], epoch, _keyEpochOf(epoch, threshold)));
    if (asStranger) _expect(!_as(keySeed % 2 == 0 ? address(this) : _operator(1), data), "E2: a stranger moves a key");

    bool isDone = _as(_RESHARING, data);
    bool isDue = Slots.count(members[epoch] & ~removed) > threshold;
    _expect(isDone == isDue, "E4: where a key may be moved");
    if (isDone) {
      retiredAt[key][previous] = uint64(block.timestamp);
      _enter(key, epoch, threshold);
    }
    check();
  }

  function travel(uint16 time) external {
    vm.warp(block.timestamp + 1 + time);
    check();
  }

  /// Compares all that the contracts say with the books.
  function check() public view {
    _expect(registry.lastEpoch() == epochCount && registry.currentEpoch() == epochCount, "E1: epochs only grow");
    _expect(registry.removedKeepers() == removed, "E4: who was removed");
    for (uint32 epoch = 1; epoch <= epochCount; ++epoch) {
      _expect(_committeeOf(epoch) == _committees[epoch], "E1: an open epoch never changes");
      _expect(keyGeneration.quorumIn(epoch) == _quorumIn(epoch), "E6: the quorum of an epoch in use");
    }
    for (uint256 key = 0; key < keyCount; ++key) _checkKey(key);
  }

  function _checkKey(uint256 key) private view {
    KeyId id = _ids[key];
    uint32 active = activeEpochs[key];
    IKeyGeneration.Key memory facts = keyGeneration.keyOf(id);
    _expect(facts.activeEpoch == active, "E2: a key's epoch only grows, by reshares");
    _expect(keccak256(abi.encode(facts.publicKey)) == _publicKeys[key], "E3: a public key never changes");
    _expect(Slots.count(members[active] & ~removed) > thresholds[key][active], "E4: t+1 keepers are left for every key");
    for (uint32 epoch = 0; epoch <= epochCount + 1; ++epoch) {
      bytes32 keyEpoch = keccak256(abi.encode(keyGeneration.keyEpochOf(id, epoch)));
      bytes32 booked = _keyEpochs[key][epoch];
      _expect(booked == 0 || keyEpoch == booked, "E3: what a key was in an epoch never changes");
      _expect(keyGeneration.retiredAtOf(id, epoch) == retiredAt[key][epoch], "E5: an epoch is retired once, when the key leaves it");
    }
  }

  function _remove(uint8 slot) private {
    bytes memory data = abi.encodeCall(KeeperRegistry.removeKeeper, (slot));
    vm.prank(address(this));
    (bool isDone, ) = address(registry).call(data);
    bool isThere = slot != 0 && slot <= keeperCount && !Slots.has(removed, slot);
    _expect(isDone == (isThere && _isSafe(removed | Slots.only(slot))), "E4: a removal that leaves every key t+1 keepers, and no other");
    if (isDone) removed |= Slots.only(slot);
  }

  /// Whether every key has t+1 keepers left without these.
  function _isSafe(uint256 without) private view returns (bool) {
    for (uint256 key = 0; key < keyCount; ++key) {
      uint32 active = activeEpochs[key];
      if (Slots.count(members[active] & ~without) <= thresholds[key][active]) return false;
    }
    return true;
  }

  function _quorumIn(uint32 epoch) private view returns (uint256 quorum) {
    for (uint256 key = 0; key < keyCount; ++key) {
      uint256 needed = uint256(thresholds[key][epoch]) + 1;
      if (activeEpochs[key] == epoch && needed > quorum) quorum = needed;
    }
  }

  function _post(uint32 epoch, uint8 slot) private {
    address operator = _operator(slot);
    uint256 secret = Prover.scalar(bytes32(uint256(epoch) * 256 + slot), "encryption");
    bytes32 message = keccak256(abi.encode(Domains.EPOCH_KEY, block.chainid, address(registry), epoch, slot, operator));
    SchnorrProof memory proof = Prover.possession(_curve, secret, message, bytes32(uint256(slot)));
    Point memory key = Prover.multiple(_curve, secret);
    vm.prank(operator);
    registry.postEpochKey(epoch, key, proof);
  }

  /// The first t+1 members deal.
  function _deal(SessionId sid, uint32 epoch, uint8 threshold) private {
    uint256 missing = uint256(threshold) + 1;
    uint256 recipients = Slots.count(members[epoch]);
    for (uint8 slot = 1; missing > 0; ++slot) {
      if (!Slots.has(members[epoch], slot)) continue;
      bytes memory dealing = Generation.dealing(_curve, sid, slot, threshold, recipients);
      vm.prank(_operator(slot));
      keyGeneration.deal(sid, dealing);
      --missing;
    }
  }

  function _finalize(SessionId sid, uint32 epoch, uint8 threshold) private returns (bytes32) {
    uint256 qual;
    for (uint8 slot = 1; Slots.count(qual) <= threshold; ++slot) qual |= members[epoch] & Slots.only(slot);
    Generation.Sum memory sum = Generation.sumOf(_curve, sid, qual, threshold, Slots.count(members[epoch]));
    (Point memory jointKey, ) = Generation.jointKeyOf(_curve, sid, sum.secret, keyGeneration.sessionOf(sid).shiftBlock);
    keyGeneration.finalize(sid, sum.constants, sum.restHashes, jointKey);
    return keccak256(abi.encode(jointKey));
  }

  /// The first 2t+1 members confirm; `removing` are removed before the last one.
  function _confirm(SessionId sid, uint32 epoch, uint8 threshold, uint256 removing) private returns (bool isDone) {
    IKeyGeneration.KeyEpoch memory result = _keyEpochOf(epoch, threshold);
    uint256 qual = keyGeneration.sessionOf(sid).qual;
    bytes memory data = abi.encodeCall(KeyGeneration.ready, (sid, qual, result.commitmentsHash, result.verifyingRoot));
    uint256 missing = 2 * uint256(threshold) + 1;
    for (uint8 slot = 1; missing > 0; ++slot) {
      if (!Slots.has(members[epoch], slot)) continue;
      if (missing == 1) for (uint8 other = 1; other <= keeperCount; ++other) if (Slots.has(removing, other)) _remove(other);
      isDone = _as(_operator(slot), data);
      _expect(isDone == (members[epoch] & removed == 0), "E7: no key becomes active in an epoch with a removed member");
      --missing;
    }
  }

  /// In the block of the removal.
  function _fail(SessionId sid) private {
    keyGeneration.fail(sid);
    IKeyGeneration.FailureReason reason = keyGeneration.sessionOf(sid).failure;
    _expect(reason == IKeyGeneration.FailureReason.MemberRemoved, "E7: a removal ends what is on its way");
  }

  function _book(KeyId keyId, bytes32 publicKey, uint32 epoch, uint8 threshold) private {
    uint256 key = keyCount++;
    (_ids[key], _publicKeys[key]) = (keyId, publicKey);
    _enter(key, epoch, threshold);
  }

  function _enter(uint256 key, uint32 epoch, uint8 threshold) private {
    _expect(epoch > activeEpochs[key], "E2: a key's epoch only grows");
    (activeEpochs[key], thresholds[key][epoch]) = (epoch, threshold);
    _keyEpochs[key][epoch] = keccak256(abi.encode(_keyEpochOf(epoch, threshold)));
  }

  function _keyEpochOf(uint32 epoch, uint8 threshold) private view returns (IKeyGeneration.KeyEpoch memory) {
    return
      IKeyGeneration.KeyEpoch({
        threshold: threshold,
        members: uint8(Slots.count(members[epoch])),
        committee: members[epoch],
        commitmentsHash: keccak256(abi.encode(epoch, "commitments")),
        verifyingRoot: keccak256(abi.encode(epoch, threshold, "root"))
      });
  }

  function _committeeOf(uint32 epoch) private view returns (bytes32) {
    return keccak256(abi.encode(registry.membersOf(epoch), registry.committeeOf(epoch), registry.committeeRootOf(epoch)));
  }

  function _everyone() private view returns (uint256) {
    return (1 << (keeperCount + 1)) - 2;
  }

  function _operator(uint8 slot) private pure returns (address) {
    return address(uint160(0x7000) + slot);
  }

  function _as(address caller, bytes memory data) private returns (bool isDone) {
    vm.prank(caller);
    (isDone, ) = address(keyGeneration).call(data);
  }

  /// The contract that this one makes with a nonce below 128.
  function _created(uint8 nonce) private view returns (address) {
    return address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", address(this), nonce)))));
  }

  function _expect(bool condition, string memory invariant) private pure {
    require(condition, invariant);
  }
}
