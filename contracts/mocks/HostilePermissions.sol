// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IShareRequests} from "../interfaces/IShareRequests.sol";
import {DocumentId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";

/// Says yes to one user and no to everybody else: the honest control beside the hostile contracts of this file.
contract HonestPermissions {
  address private immutable _reader;

  constructor(address reader) {
    _reader = reader;
  }

  function checkPermissions(address user, bytes32) external view returns (bool) {
    return user == _reader;
  }
}

/// Returns the same bytes, of any length, to whatever it is asked.
contract RawPermissions {
  bytes private _data;

  constructor(bytes memory data) {
    _data = data;
  }

  fallback(bytes calldata) external returns (bytes memory) {
    return _data;
  }
}

/// Reverts with the same bytes, of any length.
contract RevertingPermissions {
  bytes private _data;

  constructor(bytes memory data) {
    _data = data;
  }

  fallback() external {
    bytes memory data = _data;
    assembly ("memory-safe") {
      revert(add(data, 32), mload(data))
    }
  }
}

/// Returns or reverts with 256 KiB whose first word is 1.
contract BombPermissions {
  bool private immutable _reverts;

  constructor(bool reverts) {
    _reverts = reverts;
  }

  function checkPermissions(address, bytes32) external view returns (bool) {
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

/// Burns all gas it gets; as much again in its ERC-165 answer.
contract BurningPermissions {
  fallback() external {
    while (true) {}
  }
}

/// Says yes only if it was given its allowance to the unit, within what its own dispatch costs.
contract GasCountingPermissions {
  function checkPermissions(address, bytes32) external view returns (bool) {
    uint256 left = gasleft();
    return left <= 300_000 && left > 299_500;
  }
}

/// Needs a given amount of gas to say yes.
contract HungryPermissions {
  uint256 private immutable _appetite;

  constructor(uint256 appetite) {
    _appetite = appetite;
  }

  function checkPermissions(address, bytes32) external view returns (bool) {
    uint256 start = gasleft();
    while (start - gasleft() < _appetite) {}
    return true;
  }
}

/// Says what it was last told to say.
contract FicklePermissions {
  bool public mood;

  function set(bool mood_) external {
    mood = mood_;
  }

  function checkPermissions(address, bytes32) external view returns (bool) {
    return mood;
  }
}

/// Says yes only to one caller.
contract CallerPermissions {
  address private immutable _caller;

  constructor(address caller) {
    _caller = caller;
  }

  function checkPermissions(address, bytes32) external view returns (bool) {
    return msg.sender == _caller;
  }
}

/// Says yes after it has written to its storage.
contract WritingPermissions {
  uint256 public calls;

  function checkPermissions(address, bytes32) external returns (bool) {
    ++calls;
    return true;
  }
}

/// Says yes if it could make a request of its own from within the question.
contract ReenteringPermissions {
  IShareRequests private immutable _requests;
  bytes32 private immutable _headerHash;
  Point private _readerKey;

  constructor(IShareRequests requests, bytes32 headerHash, Point memory readerKey) {
    _requests = requests;
    _headerHash = headerHash;
    _readerKey = readerKey;
  }

  function checkPermissions(address, bytes32 document) external returns (bool) {
    _requests.request(DocumentId.wrap(document), _headerHash, _readerKey, 0);
    return true;
  }
}

/// Says yes if a question about somebody else, asked from within the question, is answered: views may nest.
contract NestingPermissions {
  IShareRequests private immutable _requests;
  address private immutable _inner;

  constructor(IShareRequests requests, address inner) {
    _requests = requests;
    _inner = inner;
  }

  function checkPermissions(address user, bytes32) external view returns (bool) {
    _requests.decide(DocumentId.wrap(0), 0, _inner, user, 0);
    return true;
  }
}
