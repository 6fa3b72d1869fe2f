import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { backend } from "./backend.ts";
import { assertBytes, assertRecord } from "./bytes.ts";
import { DOMAINS } from "./domains.ts";
import { inverseOfDifference } from "./hints.ts";
import { assertPoint, encodePoint, G, isValidPoint, type Point, SECOND_BASE } from "./point.ts";
import { drawnFactor, type RandomSource, secureRandom, untilUsable } from "./random.ts";
import { assertNonZeroScalar, isProofScalar, negateScalar, reduceScalar } from "./scalar.ts";
import { hashToScalar } from "./words.ts";

/** The TDH2 part of a header: U = rG, Ub = rGb and the proof (e, f) that one r made both, for one key and label. Public. PROTOCOL section 4.2. */
export type Tdh2Ciphertext = { readonly u: Point; readonly uBar: Point; readonly e: bigint; readonly f: bigint };

/** The joint key S and the 32-byte label that the ciphertext is bound to. Public. */
export type Tdh2Statement = { readonly publicKey: Point; readonly label: Uint8Array };

/** What the chain needs to check the proof: f Gb, e Ub and (eUb.x - fGb.x)^-1 mod p. All public. */
export type Tdh2Hints = { readonly fGBar: Point; readonly eUBar: Point; readonly inverse: bigint };

/** e of a statement, U, Ub and the addresses of both commitments. */
function challenge({ publicKey, label }: Tdh2Statement, u: Point, uBar: Point, commitments: readonly Uint8Array[]): bigint {
  return hashToScalar(DOMAINS.tdh2, publicKey, label, u, uBar, ...commitments);
}

/**
 * Makes a fresh content secret for holders of S, bound to a label. PROTOCOL section 4.2.
 * `contentSecret` is 32 secret bytes for one use; erase it. Throws INVALID_POINT, INVALID_BYTES, INVALID_RANDOM.
 */
export function encapsulate(
  statement: Tdh2Statement,
  random: RandomSource = secureRandom,
): { ciphertext: Tdh2Ciphertext; contentSecret: Uint8Array } {
  assertRecord(statement, "statement");
  const { publicKey, label } = statement;
  assertPoint(publicKey, "public key");
  assertBytes(label, 32, "label");
  return untilUsable(() =>
    backend.calculate((calculation) => {
      const { timesSecret, points, addresses, response, isZeroResponse } = calculation;
      const [r, w] = [drawnFactor(calculation, random), drawnFactor(calculation, random)];
      const made = points([timesSecret(G, r), timesSecret(SECOND_BASE, r), timesSecret(publicKey, r)]);
      const [u, uBar, shared] = made as [Point, Point, Point]; // three in, three out
      const commitments = addresses([timesSecret(G, w), timesSecret(SECOND_BASE, w)]);
      if (commitments === undefined || !made.every((point) => isValidPoint(point))) return undefined;
      const e = challenge(statement, u, uBar, commitments);
      const f = response(w, e, r);
      // f Gb = -e Ub, where w + 2er = 0, would give the chain two witnesses with equal x; f Gb = e Ub cannot be, because w is not 0.
      if (e === 0n || f === 0n || isZeroResponse(w, reduceScalar(2n * e), r)) return undefined;
      return { ciphertext: { u, uBar, e, f }, contentSecret: deriveContentSecret({ shared, label, u }) };
    }),
  );
}

/**
 * Checks that one r made U and Ub, for this key and this label. Keepers do so before they use a share.
 * False for any wrong ciphertext; throws INVALID_POINT, INVALID_BYTES, INVALID_SCALAR for wrong types. PROTOCOL section 4.2.
 */
export function verifyCiphertext(statement: Tdh2Statement, ciphertext: Tdh2Ciphertext): boolean {
  assertRecord(statement, "statement");
  const { publicKey, label } = statement;
  assertBytes(label, 32, "label");
  assertRecord(ciphertext, "ciphertext");
  const { u, uBar, e, f } = ciphertext;
  const scalarsFit = [isProofScalar(e, "e"), isProofScalar(f, "f")].every(Boolean);
  const pointsFit = [isValidPoint(publicKey, "public key"), isValidPoint(u, "U"), isValidPoint(uBar, "Ub")].every(Boolean);
  if (!scalarsFit || !pointsFit) return false;
  const minusE = negateScalar(e);
  const commitments = backend.calculate(({ times, plus, haveEqualX, addresses }) => {
    const [fGBar, minusEUBar] = [times(SECOND_BASE, f), times(uBar, minusE)];
    if (haveEqualX(fGBar, minusEUBar)) return undefined;
    return addresses([plus(times(G, f), times(u, minusE)), plus(fGBar, minusEUBar)]);
  });
  return commitments !== undefined && challenge(statement, u, uBar, commitments) === e;
}

/** The hints of a valid ciphertext. Throws DEGENERATE_PROOF when the chain could not add them; an honest one never does. PROTOCOL sections 1.4 and 4.2. */
export function tdh2Hints({ uBar, e, f }: Tdh2Ciphertext): Tdh2Hints {
  assertPoint(uBar, "Ub");
  assertNonZeroScalar(e, "e");
  assertNonZeroScalar(f, "f");
  const [fGBar, eUBar] = backend.calculate(({ times, points }) => points([times(SECOND_BASE, f), times(uBar, e)])) as [Point, Point]; // two in, two out
  return { fGBar, eUBar, inverse: inverseOfDifference(eUBar, fGBar) };
}

/** K = HKDF-SHA256(Z) for this label and U: 32 secret bytes. `shared` is Z = rS, secret. Throws INVALID_POINT, INVALID_BYTES. PROTOCOL section 4.2. */
export function deriveContentSecret({
  shared,
  label,
  u,
}: {
  readonly shared: Point;
  readonly label: Uint8Array;
  readonly u: Point;
}): Uint8Array {
  assertBytes(label, 32, "label");
  const keyMaterial = encodePoint(shared);
  const secret = hkdf(sha256, keyMaterial, DOMAINS.kem, concatBytes(label, encodePoint(u)), 32);
  keyMaterial.fill(0);
  return secret;
}
