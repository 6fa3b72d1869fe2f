// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermissions} from "./IPermissions.sol";

/// Permits everybody, from a time until a time that the document's owner sets: an embargo, an end of publication, a trial week.
///
/// Times belong to documents and change, so they are set per document and not per deployment. Combine it by AllOf with a rule about readers.
/// @dev Warning: alone, it opens the document to everybody.
interface ITimeWindow is IPermissions {
  /// When a document may be read, in seconds of block time: from <= now < until. All zero: never.
  struct Window {
    uint64 from;
    uint64 until;
  }

  /// The owner set when a document may be read; the maximum of `until` means: without end. @custom:duty none
  /// @param document the document's id
  /// @param from its beginning, in seconds of block time
  /// @param until its end, in seconds of block time; the maximum: without end
  event WindowSet(bytes32 indexed document, uint64 from, uint64 until);

  /// A window from `from` until `until` is empty or over (the time of the chain is `now_`); give a later end, or 0 for none.
  /// @param from its beginning, in seconds of block time
  /// @param until its end, in seconds of block time
  /// @param now_ the time of the chain, in seconds of block time
  error TimeWindowEmpty(uint64 from, uint64 until, uint256 now_);

  /// Sets when a document may be read (`until` 0: without end). Replaces what was set. Owner only.
  function setWindow(bytes32 document, uint64 from, uint64 until) external;

  /// Closes the document at once, until a window is set again. Owner only.
  function closeWindow(bytes32 document) external;

  /// @return what is set; all zero when nothing is, or it was closed.
  function windowOf(bytes32 document) external view returns (Window memory);
}
