import { DOMAINS, keccakWords } from "@keyquorum/threshold";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { KeyquorumError } from "../errorCodes.ts";
import { bytesToHex, hexToBytes } from "../hex.ts";
import type { Address, Hash32, KeyId } from "../ids.ts";
import { accountExecuteHash, accountTypedHash } from "./accountStatements.ts";
import { messageHash } from "./messageStatement.ts";
import { transactionHash } from "./transactionStatement.ts";
import { typedDataHash } from "./typedDataStatement.ts";

/** Kinds of statements, by their numbers in the contract. Append-only. No kind is a raw hash or an EIP-7702 authorisation (D73). */
export const STATEMENT_KINDS = ["TypedData", "Transaction", "Message", "AccountTyped", "AccountExecute"] as const;
export type StatementKind = (typeof STATEMENT_KINDS)[number];

/** What a key is to sign. PROTOCOL section 9. Public. */
export type Statement = {
  readonly keyId: KeyId;
  /** Which of the key's addresses signs: zero for the key itself. */
  readonly derivation: Hash32;
  readonly kind: StatementKind;
  /** What `abi.encode` writes of the kind's fields; of a Message its raw bytes. */
  readonly payload: Uint8Array;
};

/** Which purpose a key must have to sign a kind; undefined: both may. */
export const PURPOSE_OF_KIND = {
  TypedData: undefined,
  Transaction: "Ecdsa",
  Message: "Ecdsa",
  AccountTyped: "Schnorr",
  AccountExecute: "Schnorr",
} as const satisfies Readonly<Record<StatementKind, "Ecdsa" | "Schnorr" | undefined>>;

const HASHES: Readonly<Record<StatementKind, (payload: Uint8Array) => Uint8Array>> = {
  TypedData: typedDataHash,
  Transaction: transactionHash,
  Message: messageHash,
  AccountTyped: accountTypedHash,
  AccountExecute: accountExecuteHash,
};

export const kindNumber = (kind: StatementKind): number => STATEMENT_KINDS.indexOf(kind);

/** The kind of a number. Throws INVALID_VALUE. */
export const kindOfNumber = (number: number | bigint): StatementKind => {
  const kind = STATEMENT_KINDS[Number(number)];
  if (kind !== undefined) return kind;
  throw new KeyquorumError("INVALID_VALUE", `There is no kind ${number} of statement.`, { details: { what: "kind" } });
};

/**
 * The digest that the key signs, as the contract computes it. Every signer computes it by itself, from the statement. Throws INVALID_VALUE for a payload that
 * is not what its kind has; one that `abi.encode` would write in another way is refused too.
 */
export const statementDigest = ({ kind, payload }: Pick<Statement, "kind" | "payload">): Hash32 =>
  bytesToHex(HASHES[kind](payload)) as Hash32; // safe: keccak gives 32 bytes

/** Which contract takes signing requests, and its chain. */
export type SigningRequestsDomain = { readonly chainId: bigint; readonly signingRequests: Address };

/** The id of a request on chain. PROTOCOL section 9. */
export const signingRequestId = (
  { chainId, signingRequests }: SigningRequestsDomain,
  { number, requester, statement }: { readonly number: bigint; readonly requester: Address; readonly statement: Statement },
): Hash32 =>
  bytesToHex(
    keccakWords(
      DOMAINS.signingRequest,
      chainId,
      hexToBytes(signingRequests, 20),
      number,
      hexToBytes(requester, 20),
      hexToBytes(statement.keyId, 32),
      hexToBytes(statement.derivation, 32),
      kindNumber(statement.kind),
      keccak_256(statement.payload),
    ),
  ) as Hash32; // safe: keccak gives 32 bytes
