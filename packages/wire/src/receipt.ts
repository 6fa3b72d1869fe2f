import { keccakWords } from "@keyquorum/threshold";
import { type SigningDomain, type TypedDomain, type TypedField, typedDigest, typedDomainOf, typeHashOf } from "./eip712.ts";
import { hexToBytes } from "./hex.ts";
import type { Address, DocumentId, Hash32, KeyId, RequestId } from "./ids.ts";
import { isCanonicalSignature } from "./signature.ts";

/** What a keeper signs for every answer: whom it answered what, and at which blocks it found that permitted. PROTOCOL section 5.4. */
export type Receipt = {
  readonly requestId: RequestId;
  readonly document: DocumentId;
  readonly headerHash: Hash32;
  readonly requester: Address;
  readonly keyId: KeyId;
  readonly epoch: number;
  readonly slot: number;
  readonly finalizedBlock: Hash32;
  readonly headBlock: Hash32;
  readonly answerHash: Hash32;
};

/** A receipt with the 65-byte signature (r, s, v; low s) of the keeper's identity key of that epoch. */
export type SignedReceipt = { readonly receipt: Receipt; readonly signature: Uint8Array };

const FIELDS = [
  { name: "requestId", type: "bytes32" },
  { name: "document", type: "bytes32" },
  { name: "headerHash", type: "bytes32" },
  { name: "requester", type: "address" },
  { name: "keyId", type: "bytes32" },
  { name: "epoch", type: "uint64" },
  { name: "slot", type: "uint8" },
  { name: "finalizedBlock", type: "bytes32" },
  { name: "headBlock", type: "bytes32" },
  { name: "answerHash", type: "bytes32" },
] as const satisfies readonly TypedField[];

const TYPE_HASH = typeHashOf("Receipt", FIELDS);

/** What `signer.signTypedData(domain, types, message)` of ethers takes. */
export type ReceiptTypedData = {
  readonly domain: TypedDomain;
  readonly types: { Receipt: TypedField[] };
  readonly primaryType: "Receipt";
  readonly message: Receipt;
};

/** The receipt as an identity key signs it. */
export const receiptTypedData = (domain: SigningDomain, receipt: Receipt): ReceiptTypedData => ({
  domain: typedDomainOf(domain),
  types: { Receipt: FIELDS.map((field) => ({ ...field })) },
  primaryType: "Receipt",
  message: { ...receipt },
});

/** The receipt's EIP-712 digest. */
export const receiptDigest = (domain: SigningDomain, receipt: Receipt): Hash32 =>
  typedDigest(
    domain,
    keccakWords(
      TYPE_HASH,
      hexToBytes(receipt.requestId, 32),
      hexToBytes(receipt.document, 32),
      hexToBytes(receipt.headerHash, 32),
      hexToBytes(receipt.requester, 20),
      hexToBytes(receipt.keyId, 32),
      receipt.epoch,
      receipt.slot,
      hexToBytes(receipt.finalizedBlock, 32),
      hexToBytes(receipt.headBlock, 32),
      hexToBytes(receipt.answerHash, 32),
    ),
  );

/** Recovers who signed a digest; undefined (or a throw) when nobody did. */
export type RecoverSigner = (digest: Hash32, signature: Uint8Array) => Address | undefined;

/** What the asker knows without the keeper: the receipt must say the same. The two blocks are the keeper's word. */
export type ExpectedReceipt = Omit<Receipt, "finalizedBlock" | "headBlock">;

export type ReceiptVerdict =
  | { readonly kind: "valid" }
  | { readonly kind: "invalid"; readonly reason: "BAD_SIGNATURE" | "WRONG_SIGNER" }
  | { readonly kind: "invalid"; readonly reason: "WRONG_FIELD"; readonly field: keyof ExpectedReceipt };

/**
 * Judges a receipt: says what was expected, and is signed by `identity`, the address of the keeper's identity key of that epoch.
 * Recovery is the caller's (`recover`); the signature's form (65 bytes, 0 < r < n, low s, v 27 or 28) is checked here. D-31, D-32.
 */
export const verifyReceipt = ({
  domain,
  signed,
  identity,
  expected,
  recover,
}: {
  readonly domain: SigningDomain;
  readonly signed: SignedReceipt;
  readonly identity: Address;
  readonly expected: ExpectedReceipt;
  readonly recover: RecoverSigner;
}): ReceiptVerdict => {
  const field = EXPECTED_FIELDS.find((name) => signed.receipt[name] !== expected[name]);
  if (field !== undefined) return { kind: "invalid", reason: "WRONG_FIELD", field };
  if (!isCanonicalSignature(signed.signature)) return { kind: "invalid", reason: "BAD_SIGNATURE" };
  let signer: Address | undefined;
  try {
    signer = recover(receiptDigest(domain, signed.receipt), signed.signature);
  } catch {
    // Recovery libraries throw for an r that is no x-coordinate: nobody signed.
    return { kind: "invalid", reason: "BAD_SIGNATURE" };
  }
  if (signer === undefined) return { kind: "invalid", reason: "BAD_SIGNATURE" };
  return signer === identity ? { kind: "valid" } : { kind: "invalid", reason: "WRONG_SIGNER" };
};

const EXPECTED_FIELDS = [
  "requestId",
  "document",
  "headerHash",
  "requester",
  "keyId",
  "epoch",
  "slot",
  "answerHash",
] as const satisfies readonly (keyof ExpectedReceipt)[];
