// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What is wrong with a dealing. Both contracts that take dealings, KeyGeneration and KeyResharing, refuse it in the same words.
/// PROTOCOL section 3.3.
interface IDealings {
  /// The dealing has another length than 64(t+1) + 64 + 32n + 128 bytes.
  error DealingBadLength(uint256 length, uint256 expected);
  /// A point is off the curve, infinite, or has x >= n. `index` counts commitments; t+1 is the ephemeral key.
  error DealingInvalidPoint(uint256 index);
  /// An encrypted share is not below n. `index` counts recipients.
  error DealingShareOutOfRange(uint256 index);
  /// A proof of possession does not verify. 0: constant term; 1: ephemeral key.
  error DealingInvalidPossession(uint8 which);
}
