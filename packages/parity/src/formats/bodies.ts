import { encodePoint, type Point } from "@keyquorum/threshold";
import { bytesToHex } from "@keyquorum/wire";
import { encodePoint64 } from "./point64.ts";
import { visiblePoint } from "./signRule.ts";

/** Of every body of a key server that is not empty. */
export const JSON_TYPE = "application/json; charset=utf-8";

/** Bytes as a body: a JSON string of hex. */
export const bytesBody = (bytes: Uint8Array): string => JSON.stringify(bytesToHex(bytes));

/** An error as a body: a JSON string whose content has quotes of its own, as clients expect it. */
export const errorBody = (message: string): string => JSON.stringify(JSON.stringify(message));

/** What the holders gave of a document key. Public. */
export type Shadows = {
  readonly decryptedSecret: Point;
  /** As it is stored: the sign that clients expect is put on here. */
  readonly commonPoint: Point;
  readonly threshold: number;
  /**
   * One for each holder that answered. `encrypted`: its `visibleShadow`, encrypted to the reader by `encryptEcies` (145 bytes). `commitment`: mG, its mask m
   * as it proved it; the sign is put on here.
   */
  readonly shadows: readonly { readonly slot: number; readonly encrypted: Uint8Array; readonly commitment: Point }[];
};

/**
 * Shadows as a body. The member `keyquorum` is ours; clients of the original take no notice of it. A shadow s is right iff sG is the commitment at its place.
 */
export const shadowsBody = ({ decryptedSecret, commonPoint, threshold, shadows }: Shadows): string =>
  JSON.stringify({
    decrypted_secret: bytesToHex(encodePoint64(decryptedSecret)),
    common_point: bytesToHex(encodePoint64(visiblePoint(commonPoint, threshold))),
    decrypt_shadows: shadows.map(({ encrypted }) => bytesToHex(encrypted)),
    keyquorum: {
      threshold,
      shadows: shadows.map(({ slot, commitment }) => ({ slot, commitment: bytesToHex(encodePoint(visiblePoint(commitment, threshold))) })),
    },
  });
