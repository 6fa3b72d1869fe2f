import { DOMAINS, keccakWords, parsePoint, type VesAnswer } from "@keyquorum/threshold";
import { bytesToHex, hexToBytes } from "./hex.ts";
import type { Address, DocumentId, Hash32, KeyId, RequestId } from "./ids.ts";

const hash = (hex: Hash32): Uint8Array => hexToBytes(hex, 32);
/** 20 bytes: `keccakWords` pads them. */
const account = (hex: Address): Uint8Array => hexToBytes(hex, 20);

/** `keccak(KEY, chainId, keyGeneration, requester, salt)`. PROTOCOL section 3.1. */
export const keyIdOf = (parts: {
  readonly chainId: bigint;
  readonly keyGeneration: Address;
  readonly requester: Address;
  readonly salt: Hash32;
}): KeyId =>
  bytesToHex(keccakWords(DOMAINS.key, parts.chainId, account(parts.keyGeneration), account(parts.requester), hash(parts.salt))) as KeyId;

/** `keccak(owner, salt)`, without a tag. PROTOCOL section 4.1. */
export const documentIdOf = (owner: Address, salt: Hash32): DocumentId => bytesToHex(keccakWords(account(owner), hash(salt))) as DocumentId;

/** What a header's proof binds: 32 bytes, public, the same for all versions of a document. PROTOCOL section 4.1. */
export const labelOf = (parts: {
  readonly chainId: bigint;
  readonly documentRegistry: Address;
  readonly keyId: KeyId;
  readonly document: DocumentId;
  readonly owner: Address;
  readonly initialPermissions: Address;
}): Uint8Array =>
  keccakWords(
    DOMAINS.label,
    1,
    parts.chainId,
    account(parts.documentRegistry),
    hash(parts.keyId),
    hash(parts.document),
    account(parts.owner),
    account(parts.initialPermissions),
  );

/** What an on-chain request's id commits to, as in IShareRequests.Statement. `readerKey` is compressed: 33 bytes. */
export type RequestStatement = {
  readonly number: bigint;
  readonly document: DocumentId;
  readonly headerHash: Hash32;
  readonly requester: Address;
  readonly readerKey: Uint8Array;
  readonly contextHash: Hash32;
};

/** The id of an on-chain request. Throws ThresholdError `INVALID_POINT` for a bad reader key. PROTOCOL section 5.1. */
export const requestIdOf = ({
  chainId,
  shareRequests,
  statement,
}: {
  readonly chainId: bigint;
  readonly shareRequests: Address;
  readonly statement: RequestStatement;
}): RequestId =>
  bytesToHex(
    keccakWords(
      DOMAINS.request,
      chainId,
      account(shareRequests),
      statement.number,
      hash(statement.document),
      hash(statement.headerHash),
      account(statement.requester),
      parsePoint(statement.readerKey),
      hash(statement.contextHash),
    ),
  ) as RequestId;

/** What a keeper's possession of its epoch key is proved over: 32 bytes. PROTOCOL section 6.2. */
export const epochKeyMessageOf = (parts: {
  readonly chainId: bigint;
  readonly registry: Address;
  readonly epoch: number | bigint;
  readonly slot: number;
  readonly operator: Address;
}): Uint8Array => keccakWords(DOMAINS.epochKey, parts.chainId, account(parts.registry), parts.epoch, parts.slot, account(parts.operator));

/** The context of a verifiable encrypted share: 32 bytes. PROTOCOL section 5.2. */
export const answerContextOf = (parts: {
  readonly headerHash: Hash32;
  readonly requestId: RequestId;
  readonly keyId: KeyId;
  readonly epoch: number | bigint;
  readonly slot: number;
}): Uint8Array => keccakWords(DOMAINS.share, hash(parts.headerHash), hash(parts.requestId), hash(parts.keyId), parts.epoch, parts.slot);

/** What a receipt says was answered: `keccak(K.x, K.y, V.x, V.y, c, zs, zk)`. PROTOCOL section 5.4. */
export const answerHashOf = (answer: VesAnswer): Hash32 =>
  bytesToHex(keccakWords(answer.k, answer.v, answer.c, answer.zs, answer.zk)) as Hash32;
