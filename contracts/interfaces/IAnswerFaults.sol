// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RequestId} from "../types/Ids.sol";

/// Where keepers are convicted of wrong answers: OptimisticRequests and ReceiptFaults. PROTOCOL section 5.5.
interface IAnswerFaults {
  /// An answer was proved wrong: its keeper is at fault. @custom:duty none
  /// @param requestId the request
  /// @param slot the keeper's slot
  /// @param challenger the account that proved it
  event AnswerDisproved(RequestId indexed requestId, uint8 indexed slot, address indexed challenger);

  /// The answer of slot `slot` to request `requestId` is correct, so it convicts nobody.
  /// @param requestId the request
  /// @param slot the keeper's slot
  error AnswerIsRight(RequestId requestId, uint8 slot);

  /// The witnesses against the answer of slot `slot` to request `requestId` do not verify, or U or the reader's key is not a valid point; compute them from the answer.
  /// @param requestId the request
  /// @param slot the keeper's slot
  error AnswerWrongWitness(RequestId requestId, uint8 slot);

  /// @return how many wrong answers of a slot were proved.
  function faultsOf(uint8 slot) external view returns (uint32);
}
