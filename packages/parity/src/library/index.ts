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
export { createSecretStoreSigner, type DocumentKeyBytes, type SecretStoreSigner, type ShadowedDocument } from "./secretStoreSigner.ts";
