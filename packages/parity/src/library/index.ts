export { FormatError, type FormatErrorCode } from "../formats/errors.ts";
export {
  FRESHNESS_HEADER,
  type FreshnessDomain,
  type FreshRequest,
  freshnessHeader,
  freshRequestDigest,
  MAX_FRESH_SECONDS,
} from "../formats/freshRequest.ts";
export { serversSetHash } from "../formats/serversSetHash.ts";
export { visiblePoint, visibleShadow } from "../formats/signRule.ts";
export type { HolderEvidence } from "../proofs/holderEvidence.ts";
export { checkHolderEvidence, createSecretStore } from "./createSecretStore.ts";
export type { KeyServerFailure } from "./keyServers.ts";
export type {
  KnownServerKey,
  NamedHolder,
  PublishedSecret,
  ReadSecret,
  SecretStore,
  SecretStoreOptions,
  ServerKeyInfo,
} from "./secretStore.ts";
export { createSecretStoreSigner, type DocumentKeyBytes, type SecretStoreSigner, type ShadowedDocument } from "./secretStoreSigner.ts";
