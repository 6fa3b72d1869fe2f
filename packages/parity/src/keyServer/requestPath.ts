import { type Point, ThresholdError } from "@keyquorum/threshold";
import { readBareHex } from "../formats/hexText.ts";
import { POINT64_BYTES, parsePoint64 } from "../formats/point64.ts";
import { RAW_SIGNATURE_BYTES } from "../formats/rawSignature.ts";

/** Whose id, and who signed it: in every request. */
type Signed = { readonly serverKeyId: Uint8Array; readonly signature: Uint8Array };

/** What a client asks for. The names are those of metrics. */
export type KeyServerRequest =
  | (Signed & { readonly kind: "generate"; readonly threshold: bigint })
  | (Signed & { readonly kind: "store"; readonly commonPoint: Point; readonly encryptedPoint: Point })
  | (Signed & { readonly kind: "generate_both"; readonly threshold: bigint })
  | (Signed & { readonly kind: "public_key" })
  | (Signed & { readonly kind: "document_key" })
  | (Signed & { readonly kind: "shadows" })
  | (Signed & { readonly kind: "schnorr" | "ecdsa"; readonly hash: Uint8Array })
  | { readonly kind: "servers_set"; readonly oldSignature: Uint8Array; readonly newSignature: Uint8Array };

const HASH_BYTES = 32;
/** As many digits as fit an unsigned integer of the reference. */
const DECIMAL = /^[0-9]{1,19}$/;

/** Reads a request by method and path. Undefined: there is no such route, or an argument of it is not what it should be; both are told alike. */
export const parseKeyServerRequest = (method: string, target: string): KeyServerRequest | undefined => {
  const path = decodedPath(target);
  if (path === undefined) return undefined;
  const [first = "", ...rest] = path.replace(/^\/+/, "").split("/");
  if (method === "POST") {
    if (first === "shadow") return rest.length === 4 ? parseStore(rest) : parseGenerate("generate", rest);
    if (first === "admin") return parseServersSet(rest);
    return parseGenerate("generate_both", [first, ...rest]);
  }
  if (method !== "GET") return undefined;
  if (first === "shadow") return parseSigned("shadows", rest);
  if (first === "server") return parseSigned("public_key", rest);
  if (first === "schnorr" || first === "ecdsa") return parseHash(first, rest);
  return parseSigned("document_key", [first, ...rest]);
};

const decodedPath = (target: string): string | undefined => {
  // A proxy may send the whole URL.
  const path = (target.split("?", 1)[0] ?? "").replace(/^https?:\/\/[^/]*/i, "");
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined; // it is no UTF-8, which JavaScript says only by throwing
  }
};

const signedOf = (id = "", signature = ""): Signed | undefined => {
  const serverKeyId = readBareHex(id, HASH_BYTES);
  const bytes = readBareHex(signature, RAW_SIGNATURE_BYTES);
  return serverKeyId === undefined || bytes === undefined ? undefined : { serverKeyId, signature: bytes };
};

const parseSigned = (kind: "shadows" | "public_key" | "document_key", rest: readonly string[]): KeyServerRequest | undefined => {
  const signed = rest.length === 2 ? signedOf(...rest) : undefined;
  return signed && { kind, ...signed };
};

const parseGenerate = (kind: "generate" | "generate_both", rest: readonly string[]): KeyServerRequest | undefined => {
  const [id, signature, threshold = ""] = rest;
  const signed = rest.length === 3 && DECIMAL.test(threshold) ? signedOf(id, signature) : undefined;
  return signed && { kind, ...signed, threshold: BigInt(threshold) };
};

const parseStore = ([id, signature, common = "", encrypted = ""]: readonly string[]): KeyServerRequest | undefined => {
  const signed = signedOf(id, signature);
  const [commonPoint, encryptedPoint] = [pointOf(common), pointOf(encrypted)];
  if (signed === undefined || commonPoint === undefined || encryptedPoint === undefined) return undefined;
  return { kind: "store", ...signed, commonPoint, encryptedPoint };
};

const parseHash = (kind: "schnorr" | "ecdsa", rest: readonly string[]): KeyServerRequest | undefined => {
  const signed = rest.length === 3 ? signedOf(rest[0], rest[1]) : undefined;
  const hash = readBareHex(rest[2] ?? "", HASH_BYTES);
  return signed && hash && { kind, ...signed, hash };
};

const parseServersSet = ([name, ...signatures]: readonly string[]): KeyServerRequest | undefined => {
  if (name !== "servers_set_change" || signatures.length !== 2) return undefined;
  const [oldSignature, newSignature] = signatures.map((signature) => readBareHex(signature, RAW_SIGNATURE_BYTES));
  return oldSignature && newSignature && { kind: "servers_set", oldSignature, newSignature };
};

const pointOf = (text: string): Point | undefined => {
  const bytes = readBareHex(text, POINT64_BYTES);
  if (bytes === undefined) return undefined;
  try {
    return parsePoint64(bytes);
  } catch (error) {
    if (error instanceof ThresholdError) return undefined;
    throw error;
  }
};
