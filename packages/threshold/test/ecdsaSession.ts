// All parties of one ECDSA session in one process, by the functions under test: what each dealt, sums, and sends. For tests only.
import {
  combineEcdsaNonce,
  createEcdsaDeal,
  type EcdsaCheckPoints,
  type EcdsaFactors,
  type EcdsaNonce,
  type EcdsaShares,
  ecdsaCheckPoints,
  ecdsaFactors,
  ecdsaNoncePart,
  ecdsaProductPoint,
  ecdsaSignatureShare,
  ecdsaSignersNeeded,
  evaluatePolynomial,
  nobleBackend,
  openEcdsaPart,
  PairKeys,
  type Point,
  randomScalar,
  SecretScalar,
  sumEcdsaShares,
} from "../src/index.ts";
import { name32, seededRandom } from "./fixtures.ts";

const REGISTRY = new Uint8Array(20).fill(7);

/** A key of threshold t among 2t+1 parties with uneven slots; its private key is `x`. */
export const ecdsaKey = (threshold: number, seed = "key") => {
  const random = seededRandom(`ecdsa/${seed}/${threshold}`);
  const slots = Array.from({ length: ecdsaSignersNeeded(threshold) }, (_, i) => 2 * i + 1 + (i > 1 ? 3 : 0));
  const coefficients = Array.from({ length: threshold + 1 }, () => randomScalar(random));
  const shares = slots.map((slot) => SecretScalar.from(evaluatePolynomial(coefficients, BigInt(slot))));
  const secrets = slots.map(() => SecretScalar.from(randomScalar(random)));
  const members = slots.map((slot, i) => ({ slot, encryptionKey: nobleBackend.mulG((secrets[i] as SecretScalar).reveal()) }));
  const pairKeys = slots.map((slot, i) =>
    PairKeys.derive({ chainId: 31337n, registry: REGISTRY, epoch: 3, members, slot, encryptionSecret: secrets[i] as SecretScalar }),
  );
  const x = coefficients[0] as bigint;
  const verifyingShares = shares.map((share) => nobleBackend.mulG(share.reveal()));
  return { slots, threshold, shares, members, secrets, pairKeys, x, publicKey: nobleBackend.mulG(x), verifyingShares };
};
export type EcdsaKey = ReturnType<typeof ecdsaKey>;

/** Deal to check round of all parties, honest. */
export const ecdsaSession = (key: EcdsaKey, seed = "session") => {
  const { slots, threshold, pairKeys, shares } = key;
  const session = name32(`session ${seed}`);
  const made = slots.map((slot, i) =>
    createEcdsaDeal({ session, slots, threshold, slot, pairKeys: pairKeys[i] as PairKeys }, seededRandom(`${seed}/deal/${slot}`)),
  );
  const deals = made.map(({ dealt }) => dealt);
  const sums = slots.map((to, i): EcdsaShares => {
    const received = slots.flatMap((from, j) => {
      if (from === to) return [];
      const opened = openEcdsaPart({ session, from, to, dealt: deals[j] as (typeof deals)[number], pairKeys: pairKeys[i] as PairKeys });
      if (opened.kind === "invalid") throw new Error(`${to} complains about ${from}`);
      return [opened.shares];
    });
    return sumEcdsaShares([(made[i] as (typeof made)[number]).own, ...received]);
  });
  const nonces = sums.map(ecdsaNoncePart);
  const nonce = combineEcdsaNonce(key, nonces);
  if (typeof nonce === "string") throw new Error(nonce);
  const products = sums.map((sum) => ecdsaProductPoint(sum, nonce));
  const checks = sums.map((sum, i) => ecdsaCheckPoints(sum, shares[i] as SecretScalar, nonce));
  return { session, made, deals, sums, nonces, nonce, products, checks };
};
export type EcdsaSession = ReturnType<typeof ecdsaSession>;

export const DIGEST = name32("digest");
export const factorsFor = (publicKey: Point, nonce: EcdsaNonce, about: Partial<Parameters<typeof ecdsaFactors>[0]> = {}): EcdsaFactors => {
  const statement = { publicKey, offset: 0n, digest: DIGEST, requestId: name32("request"), blockHash: name32("block"), ...about };
  const factors = ecdsaFactors({ ...statement, nonce: nonce.point });
  if (factors === undefined) throw new Error("void");
  return factors;
};
/** Each party's share of the signature. */
export const sharesOf = ({ slots, shares }: EcdsaKey, { sums, nonce }: EcdsaSession, factors: EcdsaFactors): bigint[] =>
  slots.map((slot, i) =>
    ecdsaSignatureShare({ slots, slot, shares: sums[i] as EcdsaShares, share: shares[i] as SecretScalar, nonce, factors }),
  );
export type { EcdsaCheckPoints };
