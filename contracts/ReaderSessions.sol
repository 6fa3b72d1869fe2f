// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IReaderSessions} from "./interfaces/IReaderSessions.sol";

/// Ends a wallet's reading sessions. The manual is IReaderSessions.
contract ReaderSessions is IReaderSessions {
  /// @inheritdoc IReaderSessions
  mapping(address requester => uint64 generation) public override generationOf;

  /// @inheritdoc IReaderSessions
  function endSessions() external returns (uint64 generation) {
    generation = ++generationOf[msg.sender];
    emit SessionsEnded(msg.sender, generation);
  }
}
