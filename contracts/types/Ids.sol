// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Names a threshold key. PROTOCOL section 3.1.
type KeyId is bytes32;

/// Names one attempt to generate a key. PROTOCOL section 3.2.
type SessionId is bytes32;

/// Names a document: keccak(owner, salt). PROTOCOL section 4.1.
type DocumentId is bytes32;

/// Names a share request. PROTOCOL section 5.1.
type RequestId is bytes32;

function sameKey(KeyId a, KeyId b) pure returns (bool) {
  return KeyId.unwrap(a) == KeyId.unwrap(b);
}

function sameDocument(DocumentId a, DocumentId b) pure returns (bool) {
  return DocumentId.unwrap(a) == DocumentId.unwrap(b);
}

using {sameKey as ==} for KeyId global;
using {sameDocument as ==} for DocumentId global;
