// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnswerFaults} from "./interfaces/IAnswerFaults.sol";
import {Ves} from "./libraries/Ves.sol";
import {RequestId} from "./types/Ids.sol";

/// Convicts keepers and counts their faults. The manual is IAnswerFaults.
abstract contract AnswerFaults is IAnswerFaults {
  /// @inheritdoc IAnswerFaults
  mapping(uint8 slot => uint32) public override faultsOf;

  /// Records a wrong answer. Any other verdict reverts, so it convicts nobody. That it is recorded once is for the caller to see to.
  function _convict(RequestId requestId, uint8 slot, Ves.Verdict verdict) internal {
    if (verdict == Ves.Verdict.Right) revert AnswerIsRight(requestId, slot);
    if (verdict != Ves.Verdict.Wrong) revert AnswerWrongWitness(requestId, slot);

    faultsOf[slot] += 1;
    emit AnswerDisproved(requestId, slot, msg.sender);
  }
}
