// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {AccessGrants} from "../../contracts/AccessGrants.sol";
import {DocumentRegistry} from "../../contracts/DocumentRegistry.sol";
import {IDocumentRegistry} from "../../contracts/interfaces/IDocumentRegistry.sol";
import {IKeeperRegistry} from "../../contracts/interfaces/IKeeperRegistry.sol";
import {IKeyGeneration} from "../../contracts/interfaces/IKeyGeneration.sol";
import {KeeperRegistry} from "../../contracts/KeeperRegistry.sol";
import {Domains} from "../../contracts/libraries/Domains.sol";
import {Secp256k1} from "../../contracts/libraries/Secp256k1.sol";
import {Slots} from "../../contracts/libraries/Slots.sol";
import {VerifyingTree} from "../../contracts/libraries/VerifyingTree.sol";
import {MockKeyGeneration} from "../../contracts/mocks/MockKeyGeneration.sol";
import {ShareRequests} from "../../contracts/ShareRequests.sol";
import {DocumentId, KeyId, RequestId, SessionId} from "../../contracts/types/Ids.sol";
import {Point} from "../../contracts/types/Point.sol";
import {SchnorrProof, Tdh2Ciphertext, Tdh2Hints} from "../../contracts/types/Proofs.sol";
import {Curve} from "./Curve.sol";
import {deploy} from "./Deploy.sol";
import {Prover, VesStatement} from "./Prover.sol";
import {VerifyingTreeBuilder} from "./VerifyingTreeBuilder.sol";
import {vm} from "./Vm.sol";

/// The contracts as they are deployed, but for key generation: a key that was dealt here, whose shares are known, in two epochs of keepers.
/// This contract governs. Alice owns the document, bob was granted it, mallory was not.
abstract contract World {
  uint64 internal constant LIFETIME = 600;
  uint8 internal constant QUORUM = 3;
  uint8 internal constant KEEPERS = 7;

  address internal constant ALICE = address(0xA11CE);
  address internal constant BOB = address(0xB0B);
  address internal constant MALLORY = address(0x3A11027);

  KeyId internal constant KEY = KeyId.wrap(keccak256("the key"));
  uint256 internal constant HEADER_SECRET = uint256(keccak256("r")) >> 1;

  Curve internal immutable _curve = new Curve();
  AccessManager internal immutable _manager = AccessManager(deploy("AccessManager", abi.encode(address(this))));
  MockKeyGeneration internal immutable _keyGeneration = MockKeyGeneration(deploy("MockKeyGeneration", ""));
  KeeperRegistry internal immutable _registry = KeeperRegistry(deploy("KeeperRegistry", abi.encode(_manager, 0, address(0))));
  DocumentRegistry internal immutable _documents = DocumentRegistry(deploy("DocumentRegistry", abi.encode(_keyGeneration)));
  AccessGrants internal immutable _grants = AccessGrants(deploy("AccessGrants", abi.encode(_documents)));
  ShareRequests internal immutable _requests = ShareRequests(
    deploy("ShareRequests", abi.encode(_manager, _registry, _keyGeneration, _documents, LIFETIME))
  );

  DocumentId internal _document;
  bytes32 internal _headerHash;
  bytes32 internal _headerRest;
  Point internal _u;
  /// The verifying tree's leaves by epoch.
  mapping(uint32 epoch => bytes32[]) private _leaves;

  constructor() {
    _openToAll(address(_requests), _requests.request.selector);
    for (uint8 slot = 1; slot <= KEEPERS; ++slot)
      _registry.addKeeper(_firstOperator(slot), Prover.multiple(_curve, _identitySecret(slot)), "", "", "");
    for (uint32 epoch = 1; epoch <= 2; ++epoch) _openEpoch(epoch);
    _useEpoch(1);
    _publish();
    vm.prank(ALICE);
    _grants.grant(DocumentId.unwrap(_document), BOB, 0);
  }

  function _openToAll(address target, bytes4 selector) internal {
    bytes4[] memory selectors = new bytes4[](1);
    selectors[0] = selector;
    _manager.setTargetFunctionRole(target, selectors, _manager.PUBLIC_ROLE());
  }

  /// The key's active epoch, 1 or 2: what reshares would bring about.
  function _useEpoch(uint32 epoch) internal {
    _keyGeneration.setKey(
      KEY,
      IKeyGeneration.Key({
        purpose: IKeyGeneration.Purpose.Decrypt,
        activeEpoch: epoch,
        requester: address(this),
        publicKey: Prover.multiple(_curve, _shareAt(1, 0)),
        publicKeyAddress: address(0),
        session: SessionId.wrap(0)
      })
    );
  }

  /// The members of an epoch: slot 7 of none in the first, 1 and 5 of none in the second.
  function _membersOf(uint32 epoch) internal pure returns (uint256 members) {
    return epoch == 1 ? 2 + 4 + 16 + 32 + 64 : 4 + 8 + 16 + 64 + 128;
  }

  function _isMember(uint32 epoch, uint8 slot) internal pure returns (bool) {
    return Slots.has(_membersOf(epoch), slot);
  }

  /// The share of a slot in an epoch, of a polynomial of degree t = 2; slot 0: the key itself.
  function _shareAt(uint32 epoch, uint8 slot) internal pure returns (uint256 share) {
    for (uint256 i = QUORUM; i > 0; --i) {
      // The constant term is the key in every epoch.
      uint256 coefficient = Prover.scalar(bytes32(i == 1 ? uint256(0) : uint256(epoch) * 16 + i), "coefficient");
      share = addmod(mulmod(share, slot, Secp256k1.ORDER), coefficient, Secp256k1.ORDER);
    }
  }

  function _pathOf(uint32 epoch, uint8 slot) internal view returns (bytes32[] memory) {
    return VerifyingTreeBuilder.pathOf(_leaves[epoch], Slots.placeOf(_membersOf(epoch), slot));
  }

  function _contextOf(RequestId requestId, uint32 epoch, uint8 slot) internal view returns (bytes32) {
    return keccak256(abi.encode(Domains.SHARE, _headerHash, requestId, KEY, epoch, slot));
  }

  /// What a keeper proves about its answer to a reader whose key is xG.
  function _statementOf(RequestId requestId, uint32 epoch, uint8 slot, uint256 x) internal view returns (VesStatement memory) {
    return VesStatement({s: _shareAt(epoch, slot), u: HEADER_SECRET, x: x, context: _contextOf(requestId, epoch, slot)});
  }

  function _firstOperator(uint8 slot) internal pure returns (address) {
    return address(uint160(0x4000) + slot);
  }

  function _identitySecret(uint8 slot) internal pure returns (uint256) {
    return Prover.scalar(bytes32(uint256(slot)), "identity");
  }

  /// Keepers who are members post their key with a proof, and the epoch opens.
  function _openEpoch(uint32 epoch) private {
    _registry.proposeEpoch(0);
    uint256[] memory shares = new uint256[](5);
    uint256 count = 0;
    for (uint8 slot = 1; slot <= KEEPERS; ++slot) {
      if (!_isMember(epoch, slot)) continue;
      shares[count++] = _shareAt(epoch, slot);
      _postEpochKey(epoch, slot);
    }
    _registry.openEpoch(epoch);

    Point[] memory verifying = _curve.multiples(shares);
    count = 0;
    for (uint8 slot = 1; slot <= KEEPERS; ++slot)
      if (_isMember(epoch, slot)) _leaves[epoch].push(VerifyingTree.leaf(KEY, epoch, slot, verifying[count++]));
    IKeyGeneration.KeyEpoch memory keyEpoch = IKeyGeneration.KeyEpoch({
      threshold: QUORUM - 1,
      members: uint8(count),
      committee: _membersOf(epoch),
      commitmentsHash: 0,
      verifyingRoot: VerifyingTreeBuilder.rootOf(_leaves[epoch])
    });
    _keyGeneration.setKeyEpoch(KEY, epoch, keyEpoch);
  }

  function _postEpochKey(uint32 epoch, uint8 slot) private {
    address operator = _firstOperator(slot);
    uint256 secret = Prover.scalar(bytes32(uint256(epoch) * 256 + slot), "encryption");
    bytes32 message = keccak256(abi.encode(Domains.EPOCH_KEY, block.chainid, address(_registry), epoch, slot, operator));
    Point memory key = Prover.multiple(_curve, secret);
    SchnorrProof memory proof = Prover.possession(_curve, secret, message, bytes32(uint256(slot)));
    vm.prank(operator);
    _registry.postEpochKey(epoch, key, proof);
  }

  /// Alice publishes under AccessGrants, with a header whose U is known.
  function _publish() private {
    bytes32 salt = keccak256("salt");
    _document = _documents.documentIdOf(ALICE, salt);
    bytes32 label = _documents.labelOf(KEY, _document, ALICE, address(_grants));
    Point memory publicKey = Prover.multiple(_curve, _shareAt(1, 0));
    (Tdh2Ciphertext memory header, Tdh2Hints memory hints) = Prover.seal(_curve, publicKey, label, HEADER_SECRET, "seal");
    vm.prank(ALICE);
    _documents.publish(salt, KEY, address(_grants), header, hints, hex"0155");

    _u = header.u;
    bytes memory names = abi.encode(Domains.HEADER, uint256(1), block.chainid, address(_documents), KEY, _document);
    bytes memory rest = abi.encode(ALICE, salt, address(_grants), header.uBar, header.e, header.f);
    _headerRest = keccak256(bytes.concat(names, rest));
    _headerHash = keccak256(abi.encode(header.u, _headerRest));
    require(_documents.headerHashOf(_document, 1) == _headerHash, "the header");
  }
}
