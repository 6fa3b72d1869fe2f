import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { backend } from "./backend.ts";
import { assertBytes } from "./bytes.ts";
import { DOMAINS } from "./domains.ts";
import { assertPoint, type Point } from "./point.ts";
import { revealNonZero, type SecretScalar } from "./secret.ts";
import { keccakWords } from "./words.ts";

/** What a key is agreed for. `purpose`: a name; `context`: 32 bytes that say what it encrypts, and in which direction. Public. */
export type AgreementUse = { readonly purpose: string; readonly epoch: number; readonly context: Uint8Array };

/**
 * 32 secret bytes that the owners of two keys share: keccak256 of purpose, epoch, context and secret * point. Each use gives other bytes, and none tells
 * anything of another, nor of the pads of dealings. Throws INVALID_POINT, INVALID_BYTES, ERASED_SECRET.
 */
export const agreeOnKey = (
  { secret, point }: { readonly secret: SecretScalar; readonly point: Point },
  { purpose, epoch, context }: AgreementUse,
): Uint8Array => {
  assertPoint(point, "point");
  assertBytes(context, 32, "context");
  const shared = backend.mulSecret(point, revealNonZero(secret, "secret"));
  return keccakWords(DOMAINS.agreement, keccak_256(utf8ToBytes(purpose)), epoch, context, shared);
};
