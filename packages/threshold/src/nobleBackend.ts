import { keccak_256 } from "@noble/hashes/sha3.js";
import { integerToWord } from "./bytes.ts";
import type { EcBackend } from "./ecBackend.ts";
import { evaluateBy } from "./mulSmall.ts";
import { mulAddUnsafe, normalizeZ, PointClass, secp256k1 } from "./noble.ts";
import { calculationBy } from "./nobleCalculation.ts";
import { INFINITY, type Point } from "./point.ts";
import { blinded, type GroupOperations, secretSum } from "./secretSum.ts";

const HOT_WINDOW = 8;

const OPERATIONS: GroupOperations<Point> = { zero: INFINITY, add: (a, b) => a.add(b), double: (point) => point.double() };

const products: Omit<EcBackend, "calculate" | "evaluate"> = {
  name: "noble",
  // noble refuses 0; a zero share is legal (D11) and shows itself anyway, as a commitment sum at infinity.
  mulG: (secret) => (secret === 0n ? INFINITY : PointClass.BASE.multiply(secret)),
  mulSecret: (point, secret) => (secret === 0n || point.is0() ? INFINITY : point.multiply(secret)),
  mulAddSecret: (p, a, q, b) => normalizeZ(PointClass, [secretSum(OPERATIONS, [p, q], [blinded(a), blinded(b)])])[0] as Point,
  mulVar: (point, scalar) => point.multiplyUnsafe(scalar), // variable time: only public scalars come here
  msmVar: (points, scalars) => mulAddUnsafe(PointClass, [...points], [...scalars]), // variable time: only public scalars come here
  decompress: (x, isOdd) => {
    try {
      return PointClass.fromBytes(Uint8Array.of(isOdd ? 3 : 2, ...integerToWord(x)));
    } catch {
      return undefined; // noble says only by throwing that no point has this x
    }
  },
  add: (a, b) => a.add(b),
  double: (point) => point.double(),
  neg: (point) => point.negate(),
  normalize: (points) => normalizeZ(PointClass, [...points]),
  precompute: (point) => point.precompute(HOT_WINDOW),
  keccak256: keccak_256,
  sign: (digest, secret) => {
    const [recovery, ...rs] = secp256k1.sign(digest, secret, { prehash: false, lowS: true, format: "recovered" });
    return Uint8Array.of(...rs, 27 + (recovery as number)); // 65 bytes: the first says which of the points with this r
  },
  recover: (digest, signature) => {
    const v = signature[64];
    if (signature.length !== 65 || (v !== 27 && v !== 28)) return undefined;
    try {
      const recovered = Uint8Array.of(v - 27, ...signature.subarray(0, 64));
      return secp256k1.Signature.fromBytes(recovered, "recovered").recoverPublicKey(digest);
    } catch {
      return undefined; // r or s is out of range, or r is no point's: noble says so only by throwing
    }
  },
};

/**
 * noble-curves: the reference. Secret scalars go through fixed windows with a blinded scalar; JavaScript's
 * bigints are not constant time, so this is no promise against an attacker who measures the process itself.
 */
export const nobleBackend: EcBackend = {
  ...products,
  calculate: calculationBy(products),
  evaluate: (points, x) => evaluateBy(products, points, x),
};
