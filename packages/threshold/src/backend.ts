import { chooseOnce } from "./chooseBackend.ts";
import type { EcBackend } from "./ecBackend.ts";
import type { Point } from "./point.ts";

/** Chosen at the first use: a program that multiplies nothing need not wait for it. */
let inUse = chooseOnce();

/** What this process multiplies points with: one for all, chosen here (D69). `name` says which: "wasm", or "noble" where WebAssembly is refused. */
export const backend: EcBackend = {
  get name() {
    return inUse().name;
  },
  mulG: (secret) => inUse().mulG(secret),
  mulSecret: (point, secret) => inUse().mulSecret(point, secret),
  mulAddSecret: (p, a, q, b) => inUse().mulAddSecret(p, a, q, b),
  mulVar: (point, scalar) => inUse().mulVar(point, scalar),
  msmVar: (points, scalars) => inUse().msmVar(points, scalars),
  calculate: (work) => inUse().calculate(work),
  evaluate: (points, x) => inUse().evaluate(points, x),
  decompress: (x, isOdd) => inUse().decompress(x, isOdd),
  add: (a, b) => inUse().add(a, b),
  double: (point) => inUse().double(point),
  neg: (point) => inUse().neg(point),
  normalize: (points) => inUse().normalize(points),
  precompute: (point) => inUse().precompute(point),
  keccak256: (message) => inUse().keccak256(message),
  sign: (digest, secret) => inUse().sign(digest, secret),
  recover: (digest, signature) => inUse().recover(digest, signature),
};

/** What `run` returns now, never later: a promise's work would go on over the backend that was before. */
type Now<T> = T extends PromiseLike<unknown> ? never : T;

/**
 * For tests: runs over another backend, and puts the one before back. `run` must be synchronous, so that nothing else can run meanwhile:
 * of an async function only what stands before its first `await` would run over the other one.
 */
export function withBackend<T>(other: EcBackend, run: () => Now<T>): T {
  const before = inUse;
  if (other !== backend) inUse = () => other;
  try {
    const result: unknown = run();
    if (typeof (result as { then?: unknown } | undefined | null)?.then === "function")
      throw new TypeError("withBackend takes synchronous work only.");
    return result as T;
  } finally {
    inUse = before;
  }
}

/** a - b. */
export const subtract = (a: Point, b: Point): Point => backend.add(a, backend.neg(b));

/** True iff both points have the same x: then the chain cannot add them by its hint. Both must be finite. PROTOCOL sections 1.4 and 2.3. */
export const haveEqualX = (a: Point, b: Point): boolean => a.equals(b) || a.equals(backend.neg(b));
