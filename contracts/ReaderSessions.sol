// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IReaderSessions} from "./interfaces/IReaderSessions.sol";

/// Ends a wallet's reading sessions. The manual is IReaderSessions.
contract ReaderSessions is IReaderSessions {
  /// @inheritdoc IReaderSessions
  mapping(address requester => uint64 generation) public override generationOf;

  /// @inheritdoc IReaderSessions
  /// @dev The step is not known before the block is: otherwise an app could have a session of the next generation signed ahead of time, and
  /// ending the sessions would bring that one to life. 40 bits leave room for 2^24 steps.
  function endSessions() external returns (uint64 generation) {
    uint256 drawn = uint256(keccak256(abi.encode(blockhash(block.number - 1), msg.sender)));
    generation = generationOf[msg.sender] + 1 + uint64(drawn & 0xffffffffff);
    generationOf[msg.sender] = generation;
    emit SessionsEnded(msg.sender, generation);
  }
}
