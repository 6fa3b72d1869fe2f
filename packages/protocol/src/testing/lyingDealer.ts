/** An old member that deals its share with errors for some recipients, and proves what it sent: only they can see it. */
import {
  CURVE_ORDER,
  DOMAINS,
  encodeDealing,
  evaluatePolynomial,
  hashToScalar,
  keccakWords,
  nobleBackend,
  provePossession,
  type RandomSource,
  randomScalar,
  SecretScalar,
} from "@keyquorum/threshold";
import { hexToBytes, type SessionId } from "@keyquorum/wire";
import type { KeyGenerationMember } from "../session/view.ts";

/** Of each recipient: what is added to its share. */
export type DealtErrors = ReadonlyMap<number, bigint>;

export const dealWrongly = (
  input: {
    readonly sid: SessionId;
    readonly dealer: number;
    readonly share: bigint;
    readonly threshold: number;
    readonly members: readonly KeyGenerationMember[];
    readonly errors: DealtErrors;
  },
  random: RandomSource,
): Uint8Array => {
  const { dealer, share, threshold, members, errors } = input;
  const sid = hexToBytes(input.sid, 32);
  const coefficients = [share, ...Array.from({ length: threshold }, () => randomScalar(random))];
  const e = randomScalar(random);
  const [ephemeral, ...commitments] = nobleBackend.normalize([e, ...coefficients].map(nobleBackend.mulG));
  if (ephemeral === undefined) throw new RangeError("there is an ephemeral key");
  const encryptedShares = members.map(({ slot, encryptionKey }) => {
    const pad = hashToScalar(DOMAINS.pad, sid, dealer, slot, nobleBackend.mulSecret(encryptionKey, e));
    return modulo(evaluatePolynomial(coefficients, BigInt(slot)) + pad + (errors.get(slot) ?? 0n));
  });
  const body = keccakWords(...commitments, ephemeral, ...encryptedShares);
  const message = keccakWords(DOMAINS.reshareDealing, sid, dealer, body);
  const prove = (secret: bigint) => provePossession(SecretScalar.from(secret), message, random);
  const possessions = { possessionOfConstant: prove(share), possessionOfEphemeral: prove(e) };
  return encodeDealing({ commitments, ephemeral, encryptedShares, ...possessions });
};

const modulo = (value: bigint): bigint => ((value % CURVE_ORDER) + CURVE_ORDER) % CURVE_ORDER;
