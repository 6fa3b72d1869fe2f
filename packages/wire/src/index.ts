export * from "./authorship.ts";
export * from "./bitmap.ts";
export {
  BODY_PREFIX_BYTES,
  CHUNK_BYTES,
  type ChunkCipher,
  COMMITMENT_BYTES,
  MAX_CHUNKS,
  SALT_BYTES,
  SEALED_CHUNK_BYTES,
  TAG_BYTES,
} from "./body.ts";
export * from "./committee.ts";
export * from "./delegation.ts";
export type { SigningDomain, TypedDomain, TypedField } from "./eip712.ts";
export * from "./envelope.ts";
export * from "./errorBody.ts";
export * from "./errorCodes.ts";
export * from "./grantFile.ts";
export * from "./header.ts";
export * from "./hex.ts";
export * from "./ids.ts";
export * from "./keeperInfoBody.ts";
export * from "./metadata.ts";
export * from "./names.ts";
export * from "./rank.ts";
export * from "./readingSession.ts";
export * from "./receipt.ts";
export * from "./receiptFile.ts";
export * from "./routes.ts";
export * from "./shareAnswerBody.ts";
export * from "./shareRequest.ts";
export * from "./shareRequestBody.ts";
export * from "./signature.ts";
export * from "./signedGrant.ts";
