// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Names a threshold key: `KeyGeneration.keyIdOf`. PROTOCOL section 3.1.
type KeyId is bytes32;

/// Names one attempt to generate or to reshare a key. PROTOCOL sections 3.2 and 3.9.
type SessionId is bytes32;

/// Names a document: `DocumentRegistry.documentIdOf`. PROTOCOL section 4.1.
type DocumentId is bytes32;

/// Names a share request: `Requests.requestIdOf`. PROTOCOL section 5.1.
type RequestId is bytes32;

/// Names a signing request: `SigningRequests.requestIdOf`. PROTOCOL section 9.2.
type SigningRequestId is bytes32;

function isSameKey(KeyId a, KeyId b) pure returns (bool) {
  return KeyId.unwrap(a) == KeyId.unwrap(b);
}

function isSameSession(SessionId a, SessionId b) pure returns (bool) {
  return SessionId.unwrap(a) == SessionId.unwrap(b);
}

function isSameDocument(DocumentId a, DocumentId b) pure returns (bool) {
  return DocumentId.unwrap(a) == DocumentId.unwrap(b);
}

function isSameRequest(RequestId a, RequestId b) pure returns (bool) {
  return RequestId.unwrap(a) == RequestId.unwrap(b);
}

function isOtherRequest(RequestId a, RequestId b) pure returns (bool) {
  return RequestId.unwrap(a) != RequestId.unwrap(b);
}

using {isSameKey as ==} for KeyId global;
using {isSameSession as ==} for SessionId global;
using {isSameDocument as ==} for DocumentId global;
using {isSameRequest as ==, isOtherRequest as !=} for RequestId global;
