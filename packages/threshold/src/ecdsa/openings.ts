import { backend } from "../backend.ts";
import { sameBytes } from "../bytes.ts";
import { lagrangeAtZero } from "../lagrange.ts";
import type { Point } from "../point.ts";
import { invertScalar, reduceScalar } from "../scalar.ts";
import { type EcdsaDealt, hiddenPart } from "./deal.ts";
import type { PairKeys } from "./pairKeys.ts";
import { EcdsaPolynomials } from "./polynomials.ts";
import { type EcdsaCheckPoints, type EcdsaNonce, type EcdsaNoncePart, ecdsaNoncePart, ecdsaProductPoint } from "./rounds.ts";
import { type EcdsaShares, sumEcdsaShares } from "./shares.ts";
import type { EcdsaSigners } from "./signers.ts";

/**
 * All that a signer dealt in a session that was given up: its coefficients (10t+2 words), and K_ij for each other signer by ascending slot (32 bytes each).
 * With those of all, everybody computes again what each should have sent. It shows k, and nothing of the key as long as no share of this session is out.
 */
export type EcdsaOpening = { readonly polynomials: Uint8Array; readonly padKeys: Uint8Array };

/** Throws ERASED_SECRET. The result is public from now on: whoever asked for it must not have agreed in this session. */
export function openEcdsaDeal(input: {
  readonly session: Uint8Array;
  readonly slots: readonly number[];
  readonly slot: number;
  readonly fresh: Uint8Array;
  readonly polynomials: EcdsaPolynomials;
  readonly pairKeys: PairKeys;
}): EcdsaOpening {
  const { session, slots, slot, fresh, polynomials, pairKeys } = input;
  const others = slots.filter((to) => to !== slot);
  const padKeys = new Uint8Array(32 * others.length);
  others.forEach((to, i) => {
    const key = pairKeys.padKey({ session, fresh, from: slot, to });
    padKeys.set(key, 32 * i);
    key.fill(0);
  });
  return { polynomials: polynomials.toBytes(), padKeys };
}

/** What the signers of a session sent, by the order of its slots, as far as it came; and what they opened. `verifyingShares` are X_i, authentic. Public. */
export type OpenedEcdsaSession = EcdsaSigners & {
  readonly deals: readonly EcdsaDealt[];
  readonly openings: readonly EcdsaOpening[];
  readonly nonces?: readonly EcdsaNoncePart[];
  readonly nonce?: EcdsaNonce;
  readonly products?: readonly Point[];
  readonly checks?: readonly EcdsaCheckPoints[];
  readonly verifyingShares: readonly Point[];
};

/** Whose message is not what its openings make of it, and which. */
export type EcdsaFault = { readonly slot: number; readonly what: "deal" | "nonce" | "product" | "check" };

/** The first that differs, by round and slot; undefined where everybody did its part. PROTOCOL section 11.5. */
export function judgeEcdsaOpenings(opened: OpenedEcdsaSession): EcdsaFault | undefined {
  const { slots, threshold, deals, openings } = opened;
  const dealers: EcdsaPolynomials[] = [];
  for (const [i, slot] of slots.entries()) {
    const polynomials = EcdsaPolynomials.parse((openings[i] as EcdsaOpening).polynomials, threshold);
    if (polynomials === undefined || !isDealOf(slots, slot, deals[i] as EcdsaDealt, openings[i] as EcdsaOpening, polynomials))
      return { slot, what: "deal" };
    dealers.push(polynomials);
  }
  const sums = slots.map((slot) => sumEcdsaShares(dealers.map((dealer) => dealer.at(slot))));
  return (
    firstFault("nonce", slots, opened.nonces, (sent, i) => isSameNonce(sent, ecdsaNoncePart(sums[i] as EcdsaShares))) ??
    (opened.nonce === undefined ? undefined : laterFault(opened, opened.nonce, sums))
  );
}

function laterFault(
  { slots, products, checks, verifyingShares }: OpenedEcdsaSession,
  nonce: EcdsaNonce,
  sums: readonly EcdsaShares[],
): EcdsaFault | undefined {
  const k = slots.reduce((sum, slot, i) => reduceScalar(sum + lagrangeAtZero(slots, slot) * (sums[i] as EcdsaShares).k.reveal()), 0n);
  return (
    firstFault("product", slots, products, (sent, i) => sent.equals(ecdsaProductPoint(sums[i] as EcdsaShares, nonce))) ??
    firstFault("check", slots, checks, (sent, i) => isCheckOf(sent, sums[i] as EcdsaShares, nonce, k, verifyingShares[i] as Point))
  );
}

/** Whether A = (c + d) R, B = ck X + fR and E = eR: what x makes of B, k makes of X. */
function isCheckOf(sent: EcdsaCheckPoints, shares: EcdsaShares, { point, w }: EcdsaNonce, k: bigint, verifyingShare: Point): boolean {
  const c = reduceScalar(shares.a.reveal() * invertScalar(w));
  return (
    sent.a.equals(backend.mulVar(point, reduceScalar(c + shares.d.reveal()))) &&
    sent.b.equals(backend.msmVar([verifyingShare, point], [reduceScalar(c * k), shares.f.reveal()])) &&
    sent.e.equals(backend.mulVar(point, shares.e.reveal()))
  );
}

/** Whether a dealt message is exactly what these polynomials and pad keys make. */
function isDealOf(
  slots: readonly number[],
  slot: number,
  dealt: EcdsaDealt,
  { padKeys }: EcdsaOpening,
  polynomials: EcdsaPolynomials,
): boolean {
  const others = slots.filter((to) => to !== slot);
  if (!(padKeys instanceof Uint8Array) || padKeys.length !== 32 * others.length || dealt.parts.length !== others.length) return false;
  return others.every((to, i) => {
    const part = hiddenPart(padKeys.subarray(32 * i, 32 * i + 32), to, polynomials.at(to));
    const sent = dealt.parts[i];
    return sent?.slot === to && sameBytes(sent.words, part.words) && sameBytes(sent.commit, part.commit);
  });
}

function firstFault<Sent>(
  what: EcdsaFault["what"],
  slots: readonly number[],
  sent: readonly Sent[] | undefined,
  isRight: (sent: Sent, index: number) => boolean,
): EcdsaFault | undefined {
  const at = sent?.findIndex((one, i) => !isRight(one, i)) ?? -1;
  return at < 0 ? undefined : { slot: slots[at] as number, what };
}

const isSameNonce = (one: EcdsaNoncePart, other: EcdsaNoncePart): boolean => one.point.equals(other.point) && one.w === other.w;
