import { keccak_256 } from "@noble/hashes/sha3.js";
import type { EcBackend } from "../ecBackend.ts";
import { assertPointType, FIELD_PRIME, G, INFINITY, type Point } from "../point.ts";
import { assertScalar } from "../scalar.ts";
import { kernelCalculation } from "./calculation.ts";
import { recoverKey, signDigest } from "./ecdsa.ts";
import { evaluate } from "./evaluate.ts";
import { createKernel, type Kernel } from "./kernel.ts";
import { putProduct } from "./product.ts";

/** Points of one chain of doublings. */
const POINTS_IN_A_SUM = 16;

/**
 * The backend that multiplies in WebAssembly (packages/threshold/assembly). Secret scalars take no branch and no address there; conversions between
 * bigints and bytes, here, are not constant time. Additions of single points are noble's: they cost less than the way in and out.
 * Products are in affine form. Throws INVALID_SCALAR for a scalar that is not in 0..n-1, INVALID_POINT for what is not a point.
 */
export function kernelBackend(kernel: Kernel): EcBackend {
  const { arena, hot } = kernel;
  const { wasm } = arena;
  const [result, scalar, firstPoint] = [arena.point(0), arena.word(0), 1];

  const multiply = (point: Point, factor: bigint, isSecret: boolean): Point => {
    assertPointType(point);
    assertScalar(factor);
    return arena.run(() => {
      arena.putInteger(scalar, factor);
      putProduct(kernel, { term: result, point, word: scalar, operand: firstPoint, isSecret });
      return arena.takePoint(0);
    });
  };

  const put = (points: readonly Point[], factors: readonly bigint[], from: number, count: number): void => {
    for (let i = 0; i < count; i++) {
      arena.putPoint(firstPoint + i, points[from + i] as Point); // the caller counted
      arena.putInteger(arena.word(i), factors[from + i] as bigint);
    }
  };

  return {
    name: "wasm",
    mulG: (secret) => multiply(G, secret, true),
    mulSecret: (point, secret) => multiply(point, secret, true),
    mulAddSecret: (p, a, q, b) => {
      for (const point of [p, q]) assertPointType(point);
      for (const factor of [a, b]) assertScalar(factor);
      return arena.run(() => {
        put([p, q], [a, b], 0, 2);
        wasm.sumSecret(result, arena.point(firstPoint), scalar, 2);
        return arena.takePoint(0);
      });
    },
    mulVar: (point, factor) => multiply(point, factor, false),
    msmVar: (points, factors) => {
      if (points.length !== factors.length) throw new Error("One scalar for each point is needed.");
      points.forEach((point) => {
        assertPointType(point);
      });
      factors.forEach((factor) => {
        assertScalar(factor);
      });
      return arena.run(() => {
        const sum = arena.point(firstPoint + POINTS_IN_A_SUM);
        wasm.setInfinity(sum);
        for (let from = 0; from < points.length; from += POINTS_IN_A_SUM) {
          const count = Math.min(POINTS_IN_A_SUM, points.length - from);
          put(points, factors, from, count);
          wasm.sumPublic(result, arena.point(firstPoint), scalar, count);
          wasm.addPoints(sum, sum, result);
        }
        return arena.takePoint(firstPoint + POINTS_IN_A_SUM);
      });
    },
    decompress: (x, isOdd) => {
      if (x < 0n || x >= FIELD_PRIME) return undefined;
      return arena.run(() => {
        arena.putInteger(scalar, x);
        return wasm.decompress(result, scalar, isOdd ? 1 : 0) === 1 ? arena.takePoint(0) : undefined;
      });
    },
    add: (a, b) => a.add(b),
    double: (point) => point.double(),
    neg: (point) => point.negate(),
    normalize: (points) => {
      const normal = [...points];
      const rest = normal.flatMap((point, i) => (point.Z === 1n || point.is0() ? [] : [i]));
      for (let from = 0; from < rest.length; from += POINTS_IN_A_SUM) {
        const indices = rest.slice(from, from + POINTS_IN_A_SUM);
        arena.run(() => {
          indices.forEach((index, i) => {
            arena.putPoint(i, normal[index] as Point); // an index of it
          });
          arena.takePoints(0, indices.length).forEach((point, i) => {
            normal[indices[i] as number] = point; // as many as indices
          });
        });
      }
      return normal.map((point) => (point.is0() ? INFINITY : point));
    },
    precompute: (point) => {
      hot.add(point);
      return point;
    },
    keccak256: (message) => arena.keccak256(message) ?? keccak_256(message),
    calculate: kernelCalculation(kernel),
    evaluate: (points, x) => evaluate(kernel, points, x),
    sign: (digest, secret) => signDigest(kernel, digest, secret),
    recover: (digest, signature) => recoverKey(kernel, digest, signature),
  };
}

/** The kernel as a backend, or undefined where WebAssembly is missing or refused. The caller runs `selfTestBackend` before it uses it. */
export function createKernelBackend(): EcBackend | undefined {
  const kernel = createKernel();
  return kernel === undefined ? undefined : kernelBackend(kernel);
}
