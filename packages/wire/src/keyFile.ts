import { addressOfPoint, encodePoint, type Point, parsePoint } from "@keyquorum/threshold";
import { checkField, checkSchema } from "./checkSchema.ts";
import { KeyquorumError } from "./errorCodes.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { type Address, type KeyId, parseAddress, parseKeyId, ZERO_ADDRESS } from "./ids.ts";
import { type Static, Type } from "./jsonSchema.ts";
import { AddressText, ChainIdText, exactly, Hash32Text, PointText } from "./schemas.ts";

/** All that encrypting for a key needs, as a file: `keyquorum-key` version 1. JSON; public, but whoever changes it can read what is encrypted by it. */
export const KeyFileBody = exactly({
  format: Type.Literal("keyquorum-key"),
  version: Type.Literal(1),
  chainId: ChainIdText,
  documentRegistry: AddressText,
  /** The permissions contract of a document, where its author names no other. */
  accessGrants: AddressText,
  /** The contract of the EIP-712 domain in which owners sign their authorship. */
  shareRequests: AddressText,
  keyId: Hash32Text,
  publicKey: PointText,
  /** The public key once more, as its address: shows a file that was damaged. */
  publicKeyAddress: AddressText,
  /** t: t keepers together learn nothing; t+1 are needed. */
  threshold: Type.Integer({ minimum: 1, maximum: 31 }),
  /** How many keepers hold a share. */
  keepers: Type.Integer({ minimum: 3, maximum: 64 }),
});
export type KeyFileBody = Static<typeof KeyFileBody>;

/** The public data of a threshold key. Documents are encrypted for `publicKey`, so it must come from somebody who is believed. */
export type KeyFile = {
  readonly chainId: bigint;
  readonly documentRegistry: Address;
  readonly accessGrants: Address;
  readonly shareRequests: Address;
  readonly keyId: KeyId;
  readonly publicKey: Point;
  readonly threshold: number;
  readonly keepers: number;
};

/** Writes a key's public data as plain JSON data. */
export const encodeKeyFile = ({ chainId, publicKey, ...rest }: KeyFile): KeyFileBody => ({
  format: "keyquorum-key",
  version: 1,
  chainId: chainId.toString(),
  documentRegistry: rest.documentRegistry,
  accessGrants: rest.accessGrants,
  shareRequests: rest.shareRequests,
  keyId: rest.keyId,
  publicKey: bytesToHex(encodePoint(publicKey)),
  publicKeyAddress: bytesToHex(addressOfPoint(publicKey)),
  threshold: rest.threshold,
  keepers: rest.keepers,
});

/**
 * Reads a key's public data from parsed JSON. Strict: unknown fields, other spellings, a point that is none, an address that is not the point's,
 * zero addresses and impossible numbers are refused. The file does not prove itself: `expected` says which key, chain or registry it must be of.
 * Throws `INVALID_KEY_FILE` with the field in `details.field`; `WRONG_CHAIN` for another chain or deployment than expected.
 */
export const parseKeyFile = (
  value: unknown,
  expected: { readonly chainId?: bigint; readonly documentRegistry?: Address; readonly keyId?: KeyId } = {},
): KeyFile => {
  const body = checkSchema(KeyFileBody, value, "INVALID_KEY_FILE");
  const publicKey = checkField("publicKey", "INVALID_KEY_FILE", () => parsePoint(hexToBytes(body.publicKey)));
  if (bytesToHex(addressOfPoint(publicKey)) !== body.publicKeyAddress) throw refusal("publicKeyAddress");
  if (2 * body.threshold + 1 > body.keepers) throw refusal("threshold");
  for (const field of ["documentRegistry", "accessGrants", "shareRequests"] as const)
    if (body[field] === ZERO_ADDRESS) throw refusal(field);
  const file: KeyFile = {
    chainId: BigInt(body.chainId),
    documentRegistry: parseAddress(body.documentRegistry),
    accessGrants: parseAddress(body.accessGrants),
    shareRequests: parseAddress(body.shareRequests),
    keyId: parseKeyId(body.keyId),
    publicKey,
    threshold: body.threshold,
    keepers: body.keepers,
  };
  const isExpected =
    (expected.chainId ?? file.chainId) === file.chainId && (expected.documentRegistry ?? file.documentRegistry) === file.documentRegistry;
  if (!isExpected) {
    throw new KeyquorumError("WRONG_CHAIN", "The key file is for another chain or deployment.", {
      details: { chainId: file.chainId.toString(), documentRegistry: file.documentRegistry },
    });
  }
  if ((expected.keyId ?? file.keyId) !== file.keyId) throw refusal("keyId");
  return file;
};

const refusal = (field: string): KeyquorumError =>
  new KeyquorumError("INVALID_KEY_FILE", `The field ${field} is not what a key file allows.`, { details: { field } });
