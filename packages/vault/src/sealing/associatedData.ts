import { createHash } from "node:crypto";
import type { VaultPin } from "../pin.ts";

/** SHA-256 over the fields, each with its length in front, so that no two lists of fields collide. */
export const digestOf = (...fields: readonly (string | Uint8Array)[]): Uint8Array => {
  const hash = createHash("sha256");
  for (const field of fields) {
    const bytes = typeof field === "string" ? Buffer.from(field, "utf8") : field;
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(bytes.length));
    hash.update(length).update(bytes);
  }
  return Uint8Array.from(hash.digest());
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
