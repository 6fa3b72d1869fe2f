import { checkSchema } from "./checkSchema.ts";
import { KeyquorumError } from "./errorCodes.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { type Hash32, parseAddress, parseDocumentId, parseHash32, ZERO_ADDRESS } from "./ids.ts";
import { type Static, Type } from "./jsonSchema.ts";
import { documentIdOf } from "./names.ts";
import { AddressText, ChainIdText, exactly, Hash32Text, hexUpTo, Uint64Text } from "./schemas.ts";
import { MAX_SIGNATURE_BYTES } from "./signature.ts";
import type { GrantDomain, SignedGrant } from "./signedGrant.ts";

/** A signed grant as a file: `keyquorum-grant` version 1. JSON; public, but whoever holds it can bring it to the chain. */
export const GrantFileBody = exactly({
  format: Type.Literal("keyquorum-grant"),
  version: Type.Literal(1),
  chainId: ChainIdText,
  accessGrants: AddressText,
  grant: exactly({
    document: Hash32Text,
    reader: AddressText,
    until: Uint64Text,
    grantor: AddressText,
    nonce: Type.Integer({ minimum: 0, maximum: 0xffff_ffff }),
    deadline: Uint64Text,
  }),
  signature: hexUpTo(MAX_SIGNATURE_BYTES),
  /** Of a document that is not published, when its owner is the grantor: lets anybody record the owner first (`claimFor`). */
  salt: Type.Optional(Hash32Text),
});
export type GrantFileBody = Static<typeof GrantFileBody>;

/** A signed grant with the signature of its grantor, which is the chain's to verify. */
export type GrantFile = {
  readonly domain: GrantDomain;
  readonly grant: SignedGrant;
  /** 65 bytes of an account, or what an ERC-1271 wallet takes. */
  readonly signature: Uint8Array;
  /** keccak(grantor, salt) is the document. */
  readonly salt?: Hash32;
};

/** Writes a signed grant as plain JSON data. */
export const encodeGrantFile = ({ domain, grant, signature, salt }: GrantFile): GrantFileBody => ({
  format: "keyquorum-grant",
  version: 1,
  chainId: domain.chainId.toString(),
  accessGrants: domain.accessGrants,
  grant: { ...grant, until: grant.until.toString(), deadline: grant.deadline.toString() },
  signature: bytesToHex(signature),
  ...(salt === undefined ? {} : { salt }),
});

/**
 * Reads a signed grant from parsed JSON. Strict: unknown fields, other spellings, a zero reader or grantor, an empty signature and a salt that does
 * not make the document are refused. Throws `INVALID_GRANT` with the field in `details.field`.
 */
export const parseGrantFile = (value: unknown): GrantFile => {
  const body = checkSchema(GrantFileBody, value, "INVALID_GRANT");
  const grant: SignedGrant = {
    document: parseDocumentId(body.grant.document),
    reader: parseAddress(body.grant.reader),
    until: parseUint64(body.grant.until, "grant.until"),
    grantor: parseAddress(body.grant.grantor),
    nonce: body.grant.nonce,
    deadline: parseUint64(body.grant.deadline, "grant.deadline"),
  };
  for (const name of ["reader", "grantor"] as const) if (grant[name] === ZERO_ADDRESS) throw refusal(`grant.${name}`);
  const signature = hexToBytes(body.signature);
  if (signature.length === 0) throw refusal("signature");
  const salt = body.salt === undefined ? undefined : parseHash32(body.salt);
  if (salt !== undefined && documentIdOf(grant.grantor, salt) !== grant.document) throw refusal("salt");
  return {
    domain: { chainId: BigInt(body.chainId), accessGrants: parseAddress(body.accessGrants) },
    grant,
    signature,
    ...(salt === undefined ? {} : { salt }),
  };
};

const parseUint64 = (text: string, field: string): bigint => {
  const value = BigInt(text);
  if (value >> 64n !== 0n) throw refusal(field);
  return value;
};

const refusal = (field: string): KeyquorumError =>
  new KeyquorumError("INVALID_GRANT", `The field ${field} is not what a signed grant allows.`, { details: { field } });
