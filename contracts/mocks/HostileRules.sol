// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISigningRequests} from "../interfaces/ISigningRequests.sol";
import {SigningCalls} from "../libraries/SigningCalls.sol";
import {KeyId} from "../types/Ids.sol";
import {SigningStatement} from "../types/Signing.sol";

/// Rules that say yes to one requester: the honest control beside the hostile contracts of this file, and beside those of HostilePermissions that
/// answer whatever they are asked. Passes a key on when told to.
contract HonestRules {
  address private immutable _requester;

  constructor(address requester) {
    _requester = requester;
  }

  function pass(ISigningRequests requests, KeyId keyId, address rules) external {
    requests.bindRules(keyId, rules);
  }

  function checkSigning(address requester, SigningStatement calldata) external view returns (bool) {
    return requester == _requester;
  }
}

/// Says yes to one statement only, by the hash of all that it was shown.
contract StatementRules {
  bytes32 private immutable _expected;

  constructor(bytes32 expected) {
    _expected = expected;
  }

  function checkSigning(address requester, SigningStatement calldata statement) external view returns (bool) {
    return keccak256(abi.encode(requester, statement)) == _expected;
  }
}

/// Returns or reverts with 256 KiB whose first word is 1.
contract BombRules {
  bool private immutable _reverts;

  constructor(bool reverts) {
    _reverts = reverts;
  }

  function checkSigning(address, SigningStatement calldata) external view returns (bool) {
    bool reverts = _reverts;
    assembly {
      mstore(0, 1)
      if reverts {
        revert(0, 262144)
      }
      return(0, 262144)
    }
  }
}

/// Says yes only if it was given its allowance to the unit, within what its own dispatch costs.
contract GasCountingRules {
  function checkSigning(address, SigningStatement calldata) external view returns (bool) {
    uint256 left = gasleft();
    return left <= 500_000 && left > 498_000;
  }
}

/// Needs a given amount of gas to say yes.
contract HungryRules {
  uint256 private immutable _appetite;

  constructor(uint256 appetite) {
    _appetite = appetite;
  }

  function checkSigning(address, SigningStatement calldata) external view returns (bool) {
    uint256 start = gasleft();
    while (start - gasleft() < _appetite) {}
    return true;
  }
}

/// Says what it was last told to say.
contract FickleRules {
  bool public mood;

  function set(bool mood_) external {
    mood = mood_;
  }

  function checkSigning(address, SigningStatement calldata) external view returns (bool) {
    return mood;
  }
}

/// Says yes only to one caller.
contract CallerRules {
  address private immutable _caller;

  constructor(address caller) {
    _caller = caller;
  }

  function checkSigning(address, SigningStatement calldata) external view returns (bool) {
    return msg.sender == _caller;
  }
}

/// Says yes after it has written to its storage.
contract WritingRules {
  uint256 public calls;

  function checkSigning(address, SigningStatement calldata) external returns (bool) {
    ++calls;
    return true;
  }
}

/// Says yes if it could make the request, or take the key for other rules, from within the question.
contract ReenteringRules {
  ISigningRequests private immutable _requests;
  bool private immutable _binds;

  constructor(ISigningRequests requests, bool binds) {
    _requests = requests;
    _binds = binds;
  }

  function checkSigning(address, SigningStatement calldata statement) external returns (bool) {
    if (_binds) _requests.bindRules(statement.keyId, address(_requests));
    else _requests.request(statement);
    return true;
  }
}

/// Says yes if a question of its own, asked from within the question, is answered: views may nest.
contract NestingRules {
  ISigningRequests private immutable _requests;

  constructor(ISigningRequests requests) {
    _requests = requests;
  }

  function checkSigning(address, SigningStatement calldata statement) external view returns (bool) {
    _requests.addressOf(statement.keyId, statement.derivation);
    return true;
  }
}

/// Asks rules the way SigningRequests does, twice: the second question finds everything warm. For the behaviour suite.
contract RulesAsker {
  function askTwice(address rules, address requester, SigningStatement calldata statement) external view returns (bool first, bool second) {
    first = SigningCalls.isPermitted(rules, requester, statement);
    second = SigningCalls.isPermitted(rules, requester, statement);
  }
}
