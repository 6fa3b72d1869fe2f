import { mulAddUnsafe, normalizeZ } from "@noble/curves/abstract/curve.js";
import { secp256k1, secp256k1_hasher } from "@noble/curves/secp256k1.js";

// All that this project takes of noble-curves: no other file imports it, so that what multiplies stands behind `backend`.
export { mulAddUnsafe, normalizeZ, secp256k1, secp256k1_hasher };

/** noble's class of points. */
export const PointClass = secp256k1.Point;

/** Integers modulo p, and modulo n. */
export const { Fp, Fn } = PointClass;
