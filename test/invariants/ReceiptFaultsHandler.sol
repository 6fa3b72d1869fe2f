// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeyGeneration} from "../../contracts/interfaces/IKeyGeneration.sol";
import {IReceiptFaults} from "../../contracts/interfaces/IReceiptFaults.sol";
import {Slots} from "../../contracts/libraries/Slots.sol";
import {ReceiptFaults} from "../../contracts/ReceiptFaults.sol";
import {RequestId} from "../../contracts/types/Ids.sol";
import {Point} from "../../contracts/types/Point.sol";
import {deploy} from "./Deploy.sol";
import {Flaw, Flaws} from "./Flaws.sol";
import {Prover, VesProof, VesStatement} from "./Prover.sol";
import {vm} from "./Vm.sol";
import {World} from "./World.sol";

/// Keepers answer by HTTP, rightly or wrongly, and sign receipts; mallory brings them to ReceiptFaults, genuine and forged.
/// README.md, F1 to F4.
contract ReceiptFaultsHandler is World {
  bytes32 private constant _DOMAIN_TYPE = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
  bytes32 private constant _RECEIPT_TYPE = keccak256(
    "Receipt(bytes32 requestId,bytes32 document,bytes32 headerHash,address requester,bytes32 keyId,uint64 epoch,uint8 slot,bytes32 finalizedBlock,bytes32 headBlock,bytes32 answerHash)"
  );
  bytes32 private constant _REQUEST_TYPE = keccak256(
    "ShareRequest(bytes32 document,bytes32 headerHash,address requester,bytes readerKey,bytes32 contextHash,bytes32 nonce,uint64 deadline)"
  );
  uint8 private constant _FORGERIES = 7;

  ReceiptFaults private immutable _faults = ReceiptFaults(deploy("ReceiptFaults", abi.encode(_registry, _keyGeneration, _requests)));

  /// Evidence that convicted, to be brought again.
  IReceiptFaults.Evidence[] private _proved;
  mapping(uint8 slot => uint32) public wrongAnswers;
  mapping(RequestId requestId => uint256 slots) private _provedSlots;

  function faults() external view returns (ReceiptFaults) {
    return _faults;
  }

  function provedCount() external view returns (uint256) {
    return _proved.length;
  }

  function provedAt(uint256 index) external view returns (RequestId, uint8) {
    return (_proved[index].receipt.requestId, _proved[index].receipt.slot);
  }

  /// A keeper answered and signed. `forgery` 0: the evidence is genuine, else one thing about it is not.
  function prove(uint8 slotSeed, bool second, uint8 flawSeed, uint8 forgery, bytes32 nonce) external {
    uint32 epoch = second ? 2 : 1;
    uint8 slot = 1 + (slotSeed % KEEPERS);
    forgery = forgery % 2 == 0 ? 0 : 1 + (forgery % _FORGERIES);
    Flaw flaw = Flaws.pick(flawSeed);
    IReceiptFaults.Evidence memory evidence = _genuine(epoch, slot, flaw, nonce);
    if (forgery == 3) evidence.asked.deadline += 1;
    if (forgery == 4) evidence.headerRest = nonce;
    if (forgery == 5) evidence.share.c = 1 + (evidence.share.c >> 1);
    if (forgery == 6) evidence.receipt.answerHash = keccak256(abi.encode(nonce));
    if (forgery == 7) evidence.witnesses.zkX = _u;
    evidence.signature = _sign(evidence.receipt, forgery == 1 ? 1 + (slot % KEEPERS) : slot, forgery == 2);
    if (forgery == 6) evidence.receipt.answerHash = keccak256(abi.encode(evidence.share));

    bool isForged = forgery != 0 && !(forgery == 7 && Flaws.isMalformed(flaw)); // what is malformed needs no witness
    bool isWrong = flaw != Flaw.None && _isMember(epoch, slot);
    bool isKnown = Slots.has(_provedSlots[evidence.receipt.requestId], slot);
    bool isProved = _bring(evidence);
    require(!isProved || flaw != Flaw.None, "F3: a right answer convicts");
    require(!isProved || !isForged, "F4: forged evidence convicts");
    require(isProved == (isWrong && !isForged && !isKnown), "F1: genuine evidence of a wrong answer convicts");
    if (!isProved) return;
    ++wrongAnswers[slot];
    _provedSlots[evidence.receipt.requestId] |= Slots.only(slot);
    _proved.push(evidence);
  }

  /// What convicted once is brought again.
  function proveAgain(uint256 which) external {
    if (_proved.length == 0) return;
    require(!_bring(_proved[which % _proved.length]), "F2: the same answer convicts twice");
  }

  function _bring(IReceiptFaults.Evidence memory evidence) private returns (bool isProved) {
    vm.prank(MALLORY);
    (isProved, ) = address(_faults).call(abi.encodeCall(ReceiptFaults.prove, (evidence)));
  }

  function _genuine(uint32 epoch, uint8 slot, Flaw flaw, bytes32 nonce) private view returns (IReceiptFaults.Evidence memory evidence) {
    uint256 x = Prover.scalar(nonce, "reader");
    evidence.asked = IReceiptFaults.AskedByHttp(Prover.multiple(_curve, x), 0, nonce, uint64(block.timestamp) + 60);
    RequestId requestId = _requestIdOf(evidence.asked);
    VesStatement memory of_ = _statementOf(requestId, epoch, slot, x);
    VesProof memory proof = Flaws.make(_curve, flaw, of_, nonce);
    evidence.share = proof.share;
    evidence.witnesses = Prover.witnesses(_curve, _statementOf(requestId, epoch, slot, x), proof.share, proof.v);
    (evidence.u, evidence.headerRest) = (_u, _headerRest);
    evidence.verifyingShare = Prover.multiple(_curve, _shareAt(epoch, slot));
    evidence.path = _pathOf(epoch, slot);
    evidence.receipt = IReceiptFaults.Receipt({
      requestId: requestId,
      document: _document,
      headerHash: _headerHash,
      requester: BOB,
      keyId: KEY,
      epoch: epoch,
      slot: slot,
      finalizedBlock: blockhash(block.number - 1),
      headBlock: blockhash(block.number - 1),
      answerHash: keccak256(abi.encode(proof.share))
    });
  }

  /// PROTOCOL section 5.1.
  function _requestIdOf(IReceiptFaults.AskedByHttp memory asked) private view returns (RequestId) {
    Point memory key = asked.readerKey;
    bytes32 keyHash = keccak256(abi.encodePacked(uint8(2 + (key.y % 2)), key.x));
    bytes memory named = abi.encode(_REQUEST_TYPE, _document, _headerHash, BOB, keyHash);
    return RequestId.wrap(_digest(keccak256(bytes.concat(named, abi.encode(asked.contextHash, asked.nonce, asked.deadline)))));
  }

  /// By a keeper's identity key. `high`: with s above half the order, which recovers to the same account.
  function _sign(IReceiptFaults.Receipt memory receipt, uint8 signer, bool high) private view returns (bytes memory) {
    bytes32 digest = _digest(keccak256(abi.encode(_RECEIPT_TYPE, receipt)));
    (uint8 v, bytes32 r, bytes32 s) = vm.sign(_identitySecret(signer), digest);
    if (!high) return abi.encodePacked(r, s, v);
    uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    return abi.encodePacked(r, order - uint256(s), 55 - v);
  }

  /// PROTOCOL section 5.1's domain.
  function _digest(bytes32 structHash) private view returns (bytes32) {
    bytes32 domain = keccak256(abi.encode(_DOMAIN_TYPE, keccak256("Keyquorum"), keccak256("1"), block.chainid, address(_requests)));
    return keccak256(abi.encodePacked(hex"1901", domain, structHash));
  }
}
