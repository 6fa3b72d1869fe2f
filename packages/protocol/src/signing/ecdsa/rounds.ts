/** The public part of the rounds: what signer, coordinator and judge compute alike from what was sent. PROTOCOL section 11.3. */
import {
  backend,
  checkEcdsaProducts,
  checkEcdsaSums,
  combineEcdsaNonce,
  type EcdsaCheck,
  type EcdsaCheckPoints,
  type EcdsaFactors,
  type EcdsaNoncePart,
  type EcdsaSigners,
  ecdsaFactors,
  type EcdsaNonce as NonceOfSession,
  type Point,
  parsePoint,
  parseScalar,
  ThresholdError,
} from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import type { EcdsaAgreed, EcdsaCheckMessage, EcdsaNonce, EcdsaProduct } from "./messages.ts";
import type { EcdsaRequest } from "./ports.ts";

export type { NonceOfSession };

/** Which check of a round failed. "messages": what was shown is not a round of this session; "void": nobody's fault. */
export type RoundCheck = EcdsaCheck | "messages" | "hash" | "agreements" | "void";

/** Undefined where the bytes are no valid point, or no scalar: no honest signer sends such. */
const decoded = <T>(decode: () => T): T | undefined => {
  try {
    return decode();
  } catch (error) {
    if (error instanceof ThresholdError) return undefined;
    throw error;
  }
};

export const noncePartOf = ({ point, w }: Pick<EcdsaNonce, "point" | "w">): EcdsaNoncePart | undefined =>
  decoded(() => ({ point: parsePoint(point), w: parseScalar(w) }));

export const productPointOf = ({ point }: Pick<EcdsaProduct, "point">): Point | undefined => decoded(() => parsePoint(point));

export const checkPointsOf = ({ a, b, e }: Pick<EcdsaCheckMessage, "a" | "b" | "e">): EcdsaCheckPoints | undefined =>
  decoded(() => ({ a: parsePoint(a), b: parsePoint(b), e: parsePoint(e) }));

export const scalarOf = (bytes: Uint8Array): bigint | undefined => decoded(() => parseScalar(bytes));

/** All of a list, or nothing. */
const allOf = <From, To>(list: readonly From[], read: (from: From) => To | undefined): readonly To[] | undefined => {
  const all = list.map(read);
  return all.includes(undefined) ? undefined : (all as readonly To[]); // true: none is missing
};

export const isCheck = (value: unknown): value is RoundCheck => typeof value === "string";

/** R and w of a session; or the check that fails. */
export const nonceOf = (signers: EcdsaSigners, nonces: readonly EcdsaNonce[]): NonceOfSession | RoundCheck => {
  const parts = allOf(nonces, noncePartOf);
  return parts === undefined ? "messages" : combineEcdsaNonce(signers, parts);
};

/** The check that the products fail, if any. */
export const failedProducts = (signers: EcdsaSigners, nonce: NonceOfSession, products: readonly EcdsaProduct[]): RoundCheck | undefined => {
  const points = allOf(products, productPointOf);
  return points === undefined ? "messages" : checkEcdsaProducts(signers, nonce, points);
};

/** The check that the sums of A, B and E fail, if any. S is the key itself: S' without its offset. */
export const failedSums = (
  slots: readonly number[],
  request: EcdsaRequest,
  checks: readonly EcdsaCheckMessage[],
): RoundCheck | undefined => {
  const points = allOf(checks, checkPointsOf);
  return points === undefined ? "messages" : checkEcdsaSums(slots, masterKeyOf(request), points);
};

const masterKeyOf = ({ publicKey, offset }: EcdsaRequest): Point =>
  offset === 0n ? publicKey : backend.add(publicKey, backend.neg(backend.mulG(offset)));

/** delta and r. Undefined: the attempt is void. */
export const factorsOf = (request: EcdsaRequest, nonce: NonceOfSession): EcdsaFactors | undefined => {
  const { publicKey, offset, digest, requestId, blockHash } = request;
  return ecdsaFactors({ publicKey, offset, digest, nonce: nonce.point, requestId: hexToBytes(requestId, 32), blockHash });
};

export const isSameAgreed = (one: EcdsaAgreed, other: EcdsaAgreed): boolean => AGREED.every((name) => areEqual(one[name], other[name]));

const AGREED = ["digest", "offset", "delta", "hash"] as const satisfies readonly (keyof EcdsaAgreed)[];

export const areEqual = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);
