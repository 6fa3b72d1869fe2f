import {
  assertNonZeroScalar,
  backend,
  CURVE_ORDER,
  G,
  isValidPoint,
  type Point,
  type RandomSource,
  randomScalar,
  secureRandom,
} from "@keyquorum/threshold";
import { FormatError } from "./errors.ts";
import { encodePoint64 } from "./point64.ts";

/** A document key as it is stored: under a server key Y, C = kG and E = M + kY. Public. */
export type StoredDocumentKey = { readonly commonPoint: Point; readonly encryptedPoint: Point };

/** Makes a document key M for a server key, and its stored form. `documentKey`: 64 bytes, secret. */
export const createDocumentKey = (
  serverKey: Point,
  random: RandomSource = secureRandom,
): StoredDocumentKey & { readonly documentKey: Uint8Array } => {
  const [secret, blind] = [randomScalar(random), randomScalar(random)];
  const documentKey = backend.mulG(secret);
  const commonPoint = backend.mulG(blind);
  const encryptedPoint = backend.mulAddSecret(G, secret, serverKey, blind);
  // Once in 2^127 a point has no form that everybody takes (D10).
  if (![documentKey, commonPoint, encryptedPoint].every((point) => isValidPoint(point))) return createDocumentKey(serverKey, random);
  return { documentKey: encodePoint64(documentKey), commonPoint, encryptedPoint };
};

/** What a reader gets of the key server, its shadows opened. */
export type OpenedShadows = {
  readonly decryptedSecret: Point;
  /** As the answer has it: see `visibleCommonPoint`. */
  readonly commonPoint: Point;
  /** Secret, each in 1..n-1; in any order, one or more. */
  readonly shadows: readonly bigint[];
};

/** M = D + (sum of the shadows) C: 64 bytes, secret. Throws FormatError WRONG_SCALAR, ThresholdError INVALID_POINT, INVALID_SCALAR. */
export const openDocumentKey = ({ decryptedSecret, commonPoint, shadows }: OpenedShadows): Uint8Array => {
  if (shadows.length === 0) throw new FormatError("WRONG_SCALAR", "There is no shadow of the document key.");
  let sum = 0n;
  for (const shadow of shadows) {
    assertNonZeroScalar(shadow, "shadow");
    sum = (sum + shadow) % CURVE_ORDER;
  }
  return encodePoint64(backend.add(decryptedSecret, backend.mulSecret(commonPoint, sum)));
};
