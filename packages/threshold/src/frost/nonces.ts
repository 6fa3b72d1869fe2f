import { backend } from "../backend.ts";
import { bytesToInteger } from "../bytes.ts";
import { ThresholdError } from "../errors.ts";
import type { HedgedRandom } from "../nonceSource.ts";
import { G, isValidPoint, type Point } from "../point.ts";
import { randomScalarBytes, untilUsable } from "../random.ts";

const REDACTED = "<redacted>";

/** (d, e), secret: for one share of one attempt. Whoever has them and that share has the key share. */
export type TakenNonces = { readonly hiding: bigint; readonly binding: bigint };

/**
 * The nonces of one signature share. They can be taken once, and then are overwritten here: a second share under them gives the key share away. They
 * are never on disk (D71), print as `<redacted>` and show nothing but their commitment. `drawSigningNonces` makes them.
 */
export class SigningNonces {
  /** D = dG and E = eG: valid and different. Public. */
  readonly commitment: { readonly hiding: Point; readonly binding: Point };
  readonly #hiding: Uint8Array;
  readonly #binding: Uint8Array;
  #isGone = false;

  private constructor(hiding: Uint8Array, binding: Uint8Array, commitment: { readonly hiding: Point; readonly binding: Point }) {
    this.#hiding = hiding;
    this.#binding = binding;
    this.commitment = Object.freeze({ ...commitment });
  }

  /** 2 x 32 secret bytes in 1..n-1 become its own; undefined where they show a point that nobody takes, or one point twice. */
  static of(hiding: Uint8Array, binding: Uint8Array): SigningNonces | undefined {
    const [d, e] = backend.calculate((calculation) =>
      calculation.points([hiding, binding].map((bytes) => calculation.timesSecret(G, calculation.secret(bytes)))),
    ) as [Point, Point]; // two in, two out
    if (isValidPoint(d) && isValidPoint(e) && !d.equals(e)) return new SigningNonces(hiding, binding, { hiding: d, binding: e });
    hiding.fill(0);
    binding.fill(0);
    return undefined;
  }

  /** Once, and never again: throws ERASED_SECRET the second time, and after `erase`. */
  take(): TakenNonces {
    if (this.#isGone) throw new ThresholdError("ERASED_SECRET", "These nonces are gone: a share takes fresh ones.");
    const taken = { hiding: bytesToInteger(this.#hiding), binding: bytesToInteger(this.#binding) };
    this.erase();
    return taken;
  }

  /** Overwrites them. */
  erase(): void {
    this.#isGone = true;
    this.#hiding.fill(0);
    this.#binding.fill(0);
  }

  get gone(): boolean {
    return this.#isGone;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}

/** Fresh nonces. Their source knows the share that they protect, and what it signs (D59). Throws INVALID_RANDOM. PROTOCOL section 10.1. */
export const drawSigningNonces = (random: HedgedRandom): SigningNonces =>
  untilUsable(() => SigningNonces.of(randomScalarBytes(random), randomScalarBytes(random)));
