export * from "./authorship.ts";
export * from "./bitmap.ts";
export { BODY_PREFIX_BYTES, COMMITMENT_BYTES, MAX_CHUNKS, SALT_BYTES } from "./bodyKeys.ts";
export type { RangeSource } from "./bodyRange.ts";
export { checkField, checkSchema } from "./checkSchema.ts";
export { BATCH_CHUNKS, CHUNK_BYTES, type ChunkCipher, SEALED_CHUNK_BYTES, TAG_BYTES } from "./chunks.ts";
export * from "./committee.ts";
export * from "./delegation.ts";
export * from "./delegationSize.ts";
export * from "./documentCard.ts";
export { type SigningDomain, type TypedDomain, type TypedField, typedDigest, typedDomainOf, typeHashOf } from "./eip712.ts";
export * from "./endpoint.ts";
export * from "./envelope.ts";
export * from "./envelopeRange.ts";
export { BODY_OFFSET, ENVELOPE_MAGIC, type EnvelopeStart, readEnvelopeHeader, readEnvelopeStart } from "./envelopeStart.ts";
export * from "./errorBody.ts";
export * from "./errorCodes.ts";
export * from "./faultFile.ts";
export * from "./faultFileBody.ts";
export * from "./grantFile.ts";
export * from "./header.ts";
export * from "./hex.ts";
export * from "./ids.ts";
export { type Schema, type Static, Type } from "./jsonSchema.ts";
export * from "./keeperInfoBody.ts";
export * from "./keyFile.ts";
export * from "./lentPieces.ts";
export { type DocumentMetadata, encodeMetadata, MAX_METADATA_BYTES, parseMetadata } from "./metadata.ts";
export * from "./moduleContext.ts";
export * from "./names.ts";
export * from "./peerMessage.ts";
export * from "./pieces.ts";
export * from "./publicAddress.ts";
export * from "./rank.ts";
export * from "./readingSession.ts";
export * from "./receipt.ts";
export * from "./receiptFile.ts";
export type { ReceiptFileBody } from "./receiptFileBody.ts";
export { redactText } from "./redactText.ts";
export * from "./repairBodies.ts";
export * from "./repairDigest.ts";
export * from "./repairMessages.ts";
export * from "./routes.ts";
export * from "./runBody.ts";
export * from "./runRecord.ts";
export * from "./runRequest.ts";
export { AddressText, Epoch, exactly, Hash32Text, hexOf, hexUpTo, PointText, SignatureText, Slot, Uint64Text } from "./schemas.ts";
export * from "./secretName.ts";
export * from "./shareAnswerBody.ts";
export * from "./shareRequest.ts";
export * from "./shareRequestBody.ts";
export { SHARE_REQUEST_ROUTE } from "./shareRequestRoute.ts";
export * from "./signature.ts";
export * from "./signedGrant.ts";
export {
  type AccountCall,
  type AccountExecuteStatement,
  type AccountTypedStatement,
  encodeAccountExecute,
  encodeAccountTyped,
  parseAccountExecute,
} from "./signing/accountStatements.ts";
export * from "./signing/bootId.ts";
export * from "./signing/ecdsaBodies.ts";
export { ECDSA_MESSAGES, MAX_ECDSA_BODY_BYTES } from "./signing/ecdsaMessages.ts";
export * from "./signing/frostBodies.ts";
export * from "./signing/httpSigningRequest.ts";
export { MAX_MESSAGE_BYTES } from "./signing/messageStatement.ts";
export * from "./signing/signingDigest.ts";
export * from "./signing/signingMessages.ts";
export * from "./signing/statement.ts";
export { encodeTransaction, parseTransaction, type TransactionStatement } from "./signing/transactionStatement.ts";
export { encodeTypedData, type TypedDataStatement } from "./signing/typedDataStatement.ts";
export { withoutKeys, withoutSecrets } from "./withoutSecrets.ts";
