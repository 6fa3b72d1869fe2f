// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessGrants} from "../../contracts/AccessGrants.sol";
import {IAccessGrants} from "../../contracts/interfaces/IAccessGrants.sol";
import {Secp256k1} from "../../contracts/libraries/Secp256k1.sol";
import {DocumentId} from "../../contracts/types/Ids.sol";
import {Prover} from "./Prover.sol";
import {vm} from "./Vm.sol";
import {World} from "./World.sol";

/// Six people grant, revoke, appoint, delegate and sign over two documents, alice's, which is published, and the second person's, which is
/// not; whether they may or not. Keeps its own books of who may read. README.md, G1 to G5.
contract AccessGrantsHandler is World {
  uint256 private constant _PEOPLE = 6;
  uint256 private constant _DOCUMENTS = 2;

  struct Granted {
    address grantor;
    uint64 until;
    uint32 nonce;
    bool isRevoked;
  }

  struct Delegated {
    address delegator;
    uint64 until;
  }

  bytes32[_DOCUMENTS] private _ids;
  address[_DOCUMENTS] private _owners;
  address[_PEOPLE] private _people;
  mapping(uint256 document => mapping(address reader => Granted)) private _granted;
  mapping(uint256 document => mapping(address account => bool)) private _administrates;
  mapping(uint256 document => mapping(address delegate => Delegated)) private _delegated;
  uint256 public signedGrants;
  uint256 public readers;

  constructor() {
    for (uint256 i = 0; i < _PEOPLE; ++i) _people[i] = Secp256k1.addressOf(Prover.multiple(_curve, _secretOf(i)));
    (_people[0], _people[_PEOPLE - 1]) = (ALICE, MALLORY); // these two sign nothing
    _ids = [DocumentId.unwrap(_document), _grants.claimFor(_people[1], "salt")];
    _owners = [ALICE, _people[1]];
  }

  function travel(uint256 time) external {
    vm.warp(block.timestamp + 1 + (time % 300));
    _observe();
  }

  function grant(uint256 d, uint256 callerSeed, uint256 readerSeed, uint64 term) external {
    d %= _DOCUMENTS;
    (address caller, address reader) = (_person(callerSeed), _person(readerSeed));
    uint64 until = _untilOf(term);
    bool isDone = _act(caller, abi.encodeCall(AccessGrants.grant, (_ids[d], reader, until)));
    _expect(isDone == (_isGrantor(d, caller) && _isAhead(until)), "G4: who may grant");
    if (isDone) _book(d, reader, caller, until);
    _observe();
  }

  function grantTwo(uint256 d, uint256 callerSeed, uint256 first, uint256 second, uint64 term) external {
    d %= _DOCUMENTS;
    address caller = _person(callerSeed);
    uint64 until = _untilOf(term);
    IAccessGrants.ReaderTerm[] memory terms = new IAccessGrants.ReaderTerm[](2);
    terms[0] = IAccessGrants.ReaderTerm(_person(first), until);
    terms[1] = IAccessGrants.ReaderTerm(_person(second), 0);
    bool isDone = _act(caller, abi.encodeCall(AccessGrants.grantMany, (_ids[d], terms)));
    _expect(isDone == (_isGrantor(d, caller) && _isAhead(until)), "G4: who may grant");
    if (isDone) {
      _book(d, terms[0].reader, caller, until);
      _book(d, terms[1].reader, caller, 0);
    }
    _observe();
  }

  function revoke(uint256 d, uint256 callerSeed, uint256 readerSeed) external {
    d %= _DOCUMENTS;
    (address caller, address reader) = (_person(callerSeed), _person(readerSeed));
    Granted storage given = _granted[d][reader];
    bool isDone = _act(caller, abi.encodeCall(AccessGrants.revoke, (_ids[d], reader)));
    _expect(isDone == (_isGrantor(d, caller) && given.grantor != address(0)), "G4: who may revoke");
    if (isDone) {
      (given.grantor, given.until, given.isRevoked) = (address(0), 0, true);
      ++given.nonce;
    }
    _observe();
  }

  function cancel(uint256 d, uint256 callerSeed, uint256 readerSeed) external {
    d %= _DOCUMENTS;
    (address caller, address reader) = (_person(callerSeed), _person(readerSeed));
    bool isDone = _act(caller, abi.encodeCall(AccessGrants.cancelSignedGrants, (_ids[d], reader)));
    _expect(isDone == _isGrantor(d, caller), "G4: who may cancel");
    if (isDone) ++_granted[d][reader].nonce;
    _observe();
  }

  function appoint(uint256 d, uint256 callerSeed, uint256 whoSeed) external {
    d %= _DOCUMENTS;
    (address caller, address who) = (_person(callerSeed), _person(whoSeed));
    bool isDone = _act(caller, abi.encodeCall(AccessGrants.appoint, (_ids[d], who)));
    _expect(isDone == (caller == _owners[d] && who != caller), "G4: who may appoint");
    if (isDone) _administrates[d][who] = true;
    _observe();
  }

  function dismiss(uint256 d, uint256 callerSeed, uint256 whoSeed) external {
    d %= _DOCUMENTS;
    (address caller, address who) = (_person(callerSeed), _person(whoSeed));
    bool isDone = _act(caller, abi.encodeCall(AccessGrants.dismiss, (_ids[d], who)));
    _expect(isDone == (caller == _owners[d] && _administrates[d][who]), "G4: who may dismiss");
    if (isDone) _administrates[d][who] = false;
    _observe();
  }

  /// A grant signed by a person who may or may not grant, for the current nonce or another, by its key or another's; brought by mallory.
  function bring(uint256 d, uint256 grantorSeed, uint256 readerSeed, uint64 term, uint8 flaw) external {
    d %= _DOCUMENTS;
    uint256 grantor = 1 + (grantorSeed % (_PEOPLE - 2)); // one of those who can sign
    address reader = _person(readerSeed);
    IAccessGrants.SignedGrant memory signed = IAccessGrants.SignedGrant({
      document: _ids[d],
      reader: reader,
      until: _untilOf(term),
      grantor: _people[grantor],
      nonce: _granted[d][reader].nonce,
      deadline: uint64(block.timestamp)
    });
    flaw %= 8;
    if (flaw == 1) signed.nonce += 1;
    if (flaw == 2 && signed.nonce != 0) signed.nonce -= 1;
    if (flaw == 3) signed.deadline -= 1;
    (uint8 v, bytes32 r, bytes32 s) = vm.sign(
      _secretOf(flaw == 4 ? 1 + (grantor % (_PEOPLE - 2)) : grantor),
      _grants.signedGrantDigest(signed)
    );
    if (flaw == 5) signed.reader = MALLORY;
    bool isSound = flaw != 3 && flaw != 4 && !(flaw == 5 && reader != MALLORY) && signed.nonce == _granted[d][signed.reader].nonce;

    bool isDone = _act(MALLORY, abi.encodeCall(AccessGrants.grantBySignature, (signed, abi.encodePacked(r, s, v))));
    _expect(isDone == (isSound && _isGrantor(d, signed.grantor) && _isAhead(signed.until)), "G3: which signed grants count");
    if (isDone) {
      _book(d, signed.reader, signed.grantor, signed.until);
      ++signedGrants;
      bool isAgain = _act(MALLORY, abi.encodeCall(AccessGrants.grantBySignature, (signed, abi.encodePacked(r, s, v))));
      _expect(!isAgain, "G3: a signed grant counts twice");
    }
    _observe();
  }

  function delegate(uint256 d, uint256 callerSeed, uint256 toSeed, uint64 term) external {
    d %= _DOCUMENTS;
    (address caller, address to) = (_person(callerSeed), _person(toSeed));
    uint64 until = _untilOf(term);
    bool isTaken = _readsByDelegation(d, to) && _delegated[d][to].delegator != caller;
    bool isDone = _act(caller, abi.encodeCall(AccessGrants.delegate, (_ids[d], to, until)));
    _expect(isDone == (to != caller && _readsDirectly(d, caller) && _isAhead(until) && !isTaken), "G5: who may delegate");
    if (isDone) _delegated[d][to] = Delegated(caller, _endOf(until));
    _observe();
  }

  function endDelegation(uint256 d, uint256 callerSeed, uint256 toSeed) external {
    d %= _DOCUMENTS;
    (address caller, address to) = (_person(callerSeed), _person(toSeed));
    address delegator = _delegated[d][to].delegator;
    bool mayEnd = delegator != address(0) && (caller == delegator || caller == to || _isGrantor(d, caller));
    bool isDone = _act(caller, abi.encodeCall(AccessGrants.endDelegation, (_ids[d], to)));
    _expect(isDone == mayEnd, "G5: who may end a delegation");
    if (isDone) delete _delegated[d][to];
    _observe();
  }

  /// Compares all that the contract says with the books.
  function check() public view {
    for (uint256 d = 0; d < _DOCUMENTS; ++d)
      for (uint256 i = 0; i < _PEOPLE; ++i) {
        address person = _people[i];
        Granted memory given = _granted[d][person];
        bool reads = _grants.checkPermissions(person, _ids[d]);
        _expect(reads == (_readsDirectly(d, person) || _readsByDelegation(d, person)), "G1: who reads");
        bool isBarred = given.isRevoked && person != _owners[d] && !_readsByDelegation(d, person);
        _expect(!reads || !isBarred, "G2: a revoked reader reads");
        _expect(_grants.grantOf(_ids[d], person).nonce == given.nonce, "G3: the nonce counts every decision");
        _expect(_grants.isAdministrator(_ids[d], person) == _administrates[d][person], "G4: who administrates");
      }
  }

  function _observe() private {
    check();
    for (uint256 i = 0; i < _PEOPLE; ++i) if (_grants.checkPermissions(_people[i], _ids[1])) ++readers;
  }

  function _book(uint256 d, address reader, address grantor, uint64 until) private {
    Granted storage given = _granted[d][reader];
    (given.grantor, given.until, given.isRevoked) = (grantor, _endOf(until), false);
    ++given.nonce;
  }

  function _act(address caller, bytes memory data) private returns (bool isDone) {
    vm.prank(caller);
    (isDone, ) = address(_grants).call(data);
  }

  function _person(uint256 seed) private view returns (address) {
    return _people[seed % _PEOPLE];
  }

  /// Now and then without end, in the past or now, else up to ten minutes ahead.
  function _untilOf(uint64 term) private view returns (uint64) {
    return term % 5 == 0 ? 0 : uint64(block.timestamp) + (term % 600);
  }

  function _isAhead(uint64 until) private view returns (bool) {
    return until == 0 || until > block.timestamp;
  }

  function _isGrantor(uint256 d, address account) private view returns (bool) {
    return account == _owners[d] || _administrates[d][account];
  }

  function _readsDirectly(uint256 d, address person) private view returns (bool) {
    Granted memory given = _granted[d][person];
    if (person == _owners[d]) return true;
    return given.grantor != address(0) && block.timestamp < given.until && _isGrantor(d, given.grantor);
  }

  function _readsByDelegation(uint256 d, address person) private view returns (bool) {
    Delegated memory given = _delegated[d][person];
    return given.delegator != address(0) && block.timestamp < given.until && _readsDirectly(d, given.delegator);
  }

  function _endOf(uint64 until) private pure returns (uint64) {
    return until == 0 ? type(uint64).max : until;
  }

  function _secretOf(uint256 person) private pure returns (uint256) {
    return Prover.scalar(bytes32(person), "person");
  }

  function _expect(bool condition, string memory invariant) private pure {
    require(condition, invariant);
  }
}
