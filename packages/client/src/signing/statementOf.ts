import {
  type AccountExecuteStatement,
  encodeAccountExecute,
  encodeAccountTyped,
  encodeTransaction,
  encodeTypedData,
  type Hash32,
  hexToBytes,
  KeyquorumError,
  MAX_MESSAGE_BYTES,
  parseAddress,
  type Statement,
  type TransactionStatement,
} from "@keyquorum/wire";
import { type BytesLike, getBytes, isError, type TypedDataDomain, TypedDataEncoder, type TypedDataField, toUtf8Bytes } from "ethers";

/** Typed data (EIP-712) as ethers takes it. */
export type TypedData = {
  readonly domain: TypedDataDomain;
  readonly types: Record<string, TypedDataField[]>;
  readonly message: Record<string, unknown>;
};

/** What a key is to sign: one of these. `account` is the domain of a SchnorrAccount (name, version, chain and address). */
export type SigningContent =
  | { readonly typedData: TypedData }
  /** ECDSA keys only. */
  | { readonly transaction: TransactionStatement }
  /** Text, or bytes; as `personal_sign`. ECDSA keys only. */
  | { readonly message: string | Uint8Array }
  /** For a SchnorrAccount: typed data that it confirms by ERC-1271. */
  | { readonly accountTyped: TypedData; readonly account: TypedDataDomain }
  /** For a SchnorrAccount: calls that it makes. */
  | { readonly accountExecute: Omit<AccountExecuteStatement, "accountDomainSeparator">; readonly account: TypedDataDomain };

/** The statement that says it. Throws INVALID_VALUE. */
export const statementOf = (content: SigningContent): Pick<Statement, "kind" | "payload"> => {
  try {
    return statement(content);
  } catch (cause) {
    if (cause instanceof KeyquorumError || !(isError(cause, "INVALID_ARGUMENT") || cause instanceof TypeError)) throw cause;
    throw new KeyquorumError("INVALID_VALUE", "This cannot be signed as it is written.", { details: { what: "statement" }, cause });
  }
};

const statement = (content: SigningContent): Pick<Statement, "kind" | "payload"> => {
  if ("typedData" in content) return { kind: "TypedData", payload: encodeTypedData(typedParts(content.typedData)) };
  if ("message" in content) return { kind: "Message", payload: messageBytes(content.message) };
  if ("transaction" in content) {
    const { to, ...transaction } = content.transaction;
    return { kind: "Transaction", payload: encodeTransaction({ ...transaction, to: parseAddress(to) }) };
  }
  const accountDomainSeparator = separatorOf(content.account);
  if ("accountTyped" in content)
    return { kind: "AccountTyped", payload: encodeAccountTyped({ accountDomainSeparator, ...typedParts(content.accountTyped) }) };
  return { kind: "AccountExecute", payload: encodeAccountExecute({ accountDomainSeparator, ...content.accountExecute }) };
};

const separatorOf = (domain: TypedDataDomain): Hash32 => TypedDataEncoder.hashDomain(domain) as Hash32; // ethers writes lower case

const typedParts = ({ domain, types, message }: TypedData): { readonly domainSeparator: Hash32; readonly encodedStruct: Uint8Array } => {
  const { EIP712Domain: _, ...structs } = types;
  const encoder = TypedDataEncoder.from(structs);
  return { domainSeparator: separatorOf(domain), encodedStruct: hexToBytes(encoder.encodeData(encoder.primaryType, message)) };
};

const messageBytes = (message: string | BytesLike): Uint8Array => {
  const bytes = typeof message === "string" ? toUtf8Bytes(message) : getBytes(message);
  if (bytes.length <= MAX_MESSAGE_BYTES) return bytes;
  throw new KeyquorumError("INVALID_VALUE", `A message has at most ${MAX_MESSAGE_BYTES} bytes.`, { details: { what: "message" } });
};
