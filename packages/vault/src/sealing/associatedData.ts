import { hash } from "node:crypto";
import type { VaultPin } from "../pin.ts";

const LENGTH_BYTES = 8;

/** SHA-256 over the fields, each with its length in front, so that no two lists of fields collide. */
export const digestOf = (...fields: readonly (string | Uint8Array)[]): Uint8Array => {
  const lengths = fields.map((field) => (typeof field === "string" ? Buffer.byteLength(field, "utf8") : field.length));
  const message = Buffer.alloc(lengths.reduce((sum, length) => sum + LENGTH_BYTES + length, 0));
  let at = 0;
  for (const [index, field] of fields.entries()) {
    const length = lengths[index] as number; // one for each field
    message.writeUIntBE(length, at + LENGTH_BYTES - 6, 6); // the upper two bytes stay 0
    at += LENGTH_BYTES;
    if (typeof field === "string") message.write(field, at, "utf8");
    else message.set(field, at);
    at += length;
  }
  return Uint8Array.from(hash("sha256", message, "buffer"));
};

/** Where a sealed record stands: the only place where it opens. */
export type RecordPlace = { readonly kind: string; readonly id: string; readonly version: number };

/** Associated data of one part of a record: PROTOCOL section 7. SHA-256 in place of keccak: it never leaves the vault. */
export const associatedDataOf = (part: "key" | "body", place: RecordPlace, pin: VaultPin): Uint8Array =>
  digestOf(
    "keyquorum/v1/at-rest",
    part,
    place.kind,
    place.id,
    String(place.version),
    pin.chainId.toString(),
    pin.genesisHash.toLowerCase(),
    pin.registry.toLowerCase(),
    pin.operator.toLowerCase(),
  );
