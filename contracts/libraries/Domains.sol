// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Domain separation tags: keccak256("keyquorum/v1/<name>"). packages/threshold/src/domains.ts holds the same list; a test compares them.
library Domains {
  bytes32 internal constant EPOCH_KEY = keccak256("keyquorum/v1/epoch-key");
  bytes32 internal constant COMMITTEE = keccak256("keyquorum/v1/committee");
  bytes32 internal constant MEMBER = keccak256("keyquorum/v1/member");
  bytes32 internal constant KEY = keccak256("keyquorum/v1/key");
  bytes32 internal constant DKG = keccak256("keyquorum/v1/dkg");
  bytes32 internal constant DEALING = keccak256("keyquorum/v1/dealing");
  bytes32 internal constant PAD = keccak256("keyquorum/v1/pad");
  bytes32 internal constant POSSESSION = keccak256("keyquorum/v1/possession");
  bytes32 internal constant DLEQ = keccak256("keyquorum/v1/dleq");
  bytes32 internal constant COMPLAINT = keccak256("keyquorum/v1/complaint");
  bytes32 internal constant SHIFT = keccak256("keyquorum/v1/shift");
  bytes32 internal constant READY = keccak256("keyquorum/v1/ready");
  bytes32 internal constant VERIFYING_SHARE = keccak256("keyquorum/v1/verifying-share");
  bytes32 internal constant NODE = keccak256("keyquorum/v1/node");
  bytes32 internal constant RESHARE = keccak256("keyquorum/v1/reshare");
  bytes32 internal constant RESHARE_DEALING = keccak256("keyquorum/v1/reshare-dealing");
  bytes32 internal constant RESHARE_READY = keccak256("keyquorum/v1/reshare-ready");
  bytes32 internal constant REPAIR = keccak256("keyquorum/v1/repair");
  bytes32 internal constant REPAIR_SESSION = keccak256("keyquorum/v1/repair-session");
  bytes32 internal constant REPAIR_MESSAGE = keccak256("keyquorum/v1/repair-message");
  bytes32 internal constant LABEL = keccak256("keyquorum/v1/label");
  bytes32 internal constant HEADER = keccak256("keyquorum/v1/header");
  bytes32 internal constant TDH2 = keccak256("keyquorum/v1/tdh2");
  bytes32 internal constant KEM = keccak256("keyquorum/v1/kem");
  bytes32 internal constant REQUEST = keccak256("keyquorum/v1/request");
  bytes32 internal constant SHARE = keccak256("keyquorum/v1/share");
  bytes32 internal constant VES = keccak256("keyquorum/v1/ves");
  bytes32 internal constant MODULE = keccak256("keyquorum/v1/module");
  bytes32 internal constant SIGNING_REQUEST = keccak256("keyquorum/v1/signing-request");
  bytes32 internal constant DERIVATION = keccak256("keyquorum/v1/derivation");
  bytes32 internal constant SCHNORR_SIGNATURE = keccak256("keyquorum/v1/schnorr-signature");
}
