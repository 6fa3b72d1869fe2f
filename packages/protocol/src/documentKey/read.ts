import { backend, isValidPoint, type Point, type SecretScalar } from "@keyquorum/threshold";

/**
 * One mask as its reader opened it, with the sign that the formats put on it: a *shadow*; undefined where it could not be opened at all. `commitment`, with
 * that same sign, is what the keeper that answered had proved to it.
 */
export type OpenedShadow = { readonly slot: number; readonly shadow: SecretScalar | undefined; readonly commitment: Point };

export type ReadDocumentKey =
  | { readonly kind: "read"; readonly documentKey: Point }
  /** These holders encrypted something else than they committed to; without a word, an old client would have read garbage. */
  | { readonly kind: "faults"; readonly slots: readonly number[] }
  /** No fault of a holder, but what the keeper answered with is no document key. */
  | { readonly kind: "invalid" };

/**
 * M = D + (sum of shadows) C', the reader's side, once every shadow fits its commitment. `commonPoint` is C' as it was told: with the sign of the shadows. That D is right nobody can see
 * from these alone: the keeper that answered may lie in it, and the old formats have nothing that would show it.
 */
export const readDocumentKey = ({
  decryptedSecret,
  commonPoint,
  shadows,
}: {
  readonly decryptedSecret: Point;
  readonly commonPoint: Point;
  readonly shadows: readonly OpenedShadow[];
}): ReadDocumentKey => {
  const wrong = shadows.filter(({ shadow, commitment }) => shadow === undefined || !backend.mulG(shadow.reveal()).equals(commitment));
  if (wrong.length > 0) return { kind: "faults", slots: wrong.map(({ slot }) => slot) };
  const masks = shadows.flatMap(({ shadow }) => (shadow === undefined ? [] : [backend.mulSecret(commonPoint, shadow.reveal())]));
  const documentKey = masks.reduce((sum, mask) => backend.add(sum, mask), decryptedSecret);
  return masks.length > 0 && isValidPoint(documentKey) ? { kind: "read", documentKey } : { kind: "invalid" };
};
