// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Ends a wallet's reading sessions. A session lets a key read in a wallet's name for a day at most, after one signature; it names the
/// wallet's generation, and keepers refuse every session of an older one. PROTOCOL section 5.6.
interface IReaderSessions {
  /// All sessions of `requester` that name a lower generation are over. @custom:duty none
  /// @param requester the wallet
  /// @param generation the generation that sessions must name from now on
  event SessionsEnded(address indexed requester, uint64 generation);

  /// Ends all sessions of the caller's: its generation grows by a step that nobody knows before.
  /// @return generation what sessions must name from now on
  function endSessions() external returns (uint64 generation);

  /// @return the generation that a session of `requester` must name. Starts at 0.
  function generationOf(address requester) external view returns (uint64);
}
