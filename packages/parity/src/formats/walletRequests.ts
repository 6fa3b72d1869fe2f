import { encodePoint, keccakWords, type Point } from "@keyquorum/threshold";
import {
  type Address,
  bytesToHex,
  type Hash32,
  hexToBytes,
  type TypedDomain,
  type TypedField,
  typedDigest,
  typedDomainOf,
  typeHashOf,
} from "@keyquorum/wire";
import { keccak_256 } from "@noble/hashes/sha3.js";

// What a wallet signs about server keys and document keys (EIP-712), each for one account and until a deadline. PROTOCOL section 8.5.

/** Which deployment a wallet signs for: its EIP-712 domain is (Keyquorum, 1, chainId, KeeperRegistry). */
export type WalletDomain = { readonly chainId: bigint; readonly registry: Address };

/** That an account generates a server key of this id with this threshold. */
export type GenerationRequest = {
  readonly serverKeyId: Uint8Array;
  readonly author: Address;
  readonly threshold: number;
  readonly deadline: bigint;
};
/** That the author stores this pair, and no other, under its server key. */
export type StorageRequest = {
  readonly serverKeyId: Uint8Array;
  readonly author: Address;
  readonly commonPoint: Point;
  readonly encryptedPoint: Point;
  readonly deadline: bigint;
};
/** That the author asks for its server key. */
export type ServerKeyRequest = { readonly serverKeyId: Uint8Array; readonly author: Address; readonly deadline: bigint };
/** That a reader asks for a document key, encrypted to `readerKey`: a key of this one reading, whose secret stays with the reader. */
export type ReadingRequest = {
  readonly serverKeyId: Uint8Array;
  readonly reader: Address;
  readonly readerKey: Point;
  readonly deadline: bigint;
};

/** The longest a deadline may lie ahead, in seconds. */
export const MAX_WALLET_DEADLINE_SECONDS = 600;

const text = (bytes: Uint8Array): string => bytesToHex(bytes);
const pointBytes = (point: Point): Uint8Array => encodePoint(point);
const account = (address: Address): Uint8Array => hexToBytes(address, 20);

const FIELDS = {
  GenerateServerKey: [
    { name: "serverKey", type: "bytes32" },
    { name: "author", type: "address" },
    { name: "threshold", type: "uint8" },
    { name: "deadline", type: "uint64" },
  ],
  StoreDocumentKey: [
    { name: "serverKey", type: "bytes32" },
    { name: "author", type: "address" },
    { name: "commonPoint", type: "bytes" },
    { name: "encryptedPoint", type: "bytes" },
    { name: "deadline", type: "uint64" },
  ],
  ReadServerKey: [
    { name: "serverKey", type: "bytes32" },
    { name: "author", type: "address" },
    { name: "deadline", type: "uint64" },
  ],
  ReadDocumentKey: [
    { name: "serverKey", type: "bytes32" },
    { name: "reader", type: "address" },
    { name: "readerKey", type: "bytes" },
    { name: "deadline", type: "uint64" },
  ],
} as const satisfies Readonly<Record<string, readonly TypedField[]>>;

/** As a wallet takes it, with its EIP-712 digest: 32 bytes, 0x hex. Public. */
export type WalletTypedData = {
  readonly typed: {
    readonly domain: TypedDomain;
    readonly types: Record<string, TypedField[]>;
    readonly message: Readonly<Record<string, string | number | bigint>>;
  };
  readonly digest: Hash32;
};

const typedData = (
  { chainId, registry }: WalletDomain,
  name: keyof typeof FIELDS,
  message: WalletTypedData["typed"]["message"],
  words: readonly (Uint8Array | bigint | number)[],
): WalletTypedData => {
  const domain = { chainId, shareRequests: registry }; // only the contract is another than that of share requests
  return {
    typed: { domain: typedDomainOf(domain), types: { [name]: FIELDS[name].map((field) => ({ ...field })) }, message },
    digest: typedDigest(domain, keccakWords(TYPE_HASHES[name], ...words)),
  };
};

const TYPE_HASHES = Object.fromEntries(Object.entries(FIELDS).map(([name, fields]) => [name, typeHashOf(name, fields)])) as Record<
  keyof typeof FIELDS,
  Uint8Array
>; // true: every name has its hash

export const generationTypedData = (
  domain: WalletDomain,
  { serverKeyId, author, threshold, deadline }: GenerationRequest,
): WalletTypedData =>
  typedData(domain, "GenerateServerKey", { serverKey: text(serverKeyId), author, threshold, deadline }, [
    ...[serverKeyId, account(author), threshold, deadline],
  ]);

export const storageTypedData = (domain: WalletDomain, { serverKeyId, author, deadline, ...pair }: StorageRequest): WalletTypedData => {
  const [commonPoint, encryptedPoint] = [pointBytes(pair.commonPoint), pointBytes(pair.encryptedPoint)];
  const message = { serverKey: text(serverKeyId), author, commonPoint: text(commonPoint), encryptedPoint: text(encryptedPoint), deadline };
  return typedData(domain, "StoreDocumentKey", message, [
    ...[serverKeyId, account(author), keccak_256(commonPoint), keccak_256(encryptedPoint), deadline],
  ]);
};

export const serverKeyTypedData = (domain: WalletDomain, { serverKeyId, author, deadline }: ServerKeyRequest): WalletTypedData =>
  typedData(domain, "ReadServerKey", { serverKey: text(serverKeyId), author, deadline }, [serverKeyId, account(author), deadline]);

export const readingTypedData = (domain: WalletDomain, { serverKeyId, reader, readerKey, deadline }: ReadingRequest): WalletTypedData => {
  const key = pointBytes(readerKey);
  return typedData(domain, "ReadDocumentKey", { serverKey: text(serverKeyId), reader, readerKey: text(key), deadline }, [
    ...[serverKeyId, account(reader), keccak_256(key), deadline],
  ]);
};
