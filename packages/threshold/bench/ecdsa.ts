// What an ECDSA signature costs each of 2t+1 signers, without network and chain. Read by operations.ts.
import {
  backend,
  checkEcdsaProducts,
  checkEcdsaSums,
  combineEcdsaNonce,
  combineEcdsaShares,
  createEcdsaDeal,
  type EcdsaFactors,
  type EcdsaNonce,
  type EcdsaShares,
  ecdsaCheckPoints,
  ecdsaFactors,
  ecdsaNoncePart,
  ecdsaProductPoint,
  ecdsaSignatureShare,
  encodeScalar,
  evaluatePolynomial,
  keccakWords,
  openEcdsaPart,
  PairKeys,
  randomScalar,
  SecretScalar,
  secureRandom,
  sumEcdsaShares,
  verifyEcdsaShare,
} from "../src/index.ts";

const session = keccakWords(1);
const digest = keccakWords(2);

/** All signers of one session, honest, up to the shares. */
function setUp(threshold: number) {
  const slots = Array.from({ length: 2 * threshold + 1 }, (_, i) => i + 1);
  const polynomial = Array.from({ length: threshold + 1 }, () => randomScalar());
  const publicKey = backend.mulG(polynomial[0] as bigint);
  const keyShares = slots.map((slot) => SecretScalar.from(evaluatePolynomial(polynomial, BigInt(slot))));
  const secrets = slots.map(() => SecretScalar.from(randomScalar()));
  const members = slots.map((slot, i) => ({ slot, encryptionKey: backend.mulG((secrets[i] as SecretScalar).reveal()) }));
  const registry = new Uint8Array(20);
  const pairKeys = slots.map((slot, i) =>
    PairKeys.derive({ chainId: 1n, registry, epoch: 1, members, slot, encryptionSecret: secrets[i] as SecretScalar }),
  );
  const deal = (i: number) =>
    createEcdsaDeal({ session, slots, threshold, slot: slots[i] as number, pairKeys: pairKeys[i] as PairKeys }, secureRandom);
  const deals = slots.map((_, i) => deal(i));
  const sumOf = (i: number): EcdsaShares => {
    const received = slots.flatMap((from, j) => {
      const dealt = deals[j]?.dealt as NonNullable<(typeof deals)[number]>["dealt"];
      if (i === j) return [];
      const opened = openEcdsaPart({ session, from, to: slots[i] as number, dealt, pairKeys: pairKeys[i] as PairKeys });
      if (opened.kind === "invalid") throw new Error("The bench made a wrong deal.");
      return [opened.shares];
    });
    return sumEcdsaShares([(deals[i] as (typeof deals)[number]).own, ...received]);
  };
  const signers = { slots, threshold };
  const sums = slots.map((_, i) => sumOf(i));
  const nonces = sums.map(ecdsaNoncePart);
  const nonce = combineEcdsaNonce(signers, nonces) as EcdsaNonce;
  const factors = (): EcdsaFactors =>
    ecdsaFactors({ publicKey, offset: 0n, digest, nonce: nonce.point, requestId: session, blockHash: session }) as EcdsaFactors;
  const products = sums.map((sum) => ecdsaProductPoint(sum, nonce));
  const checks = sums.map((sum, i) => ecdsaCheckPoints(sum, keyShares[i] as SecretScalar, nonce));
  const shareOf = (i: number): bigint =>
    ecdsaSignatureShare({
      ...{ slots, slot: slots[i] as number, shares: sums[i] as EcdsaShares, share: keyShares[i] as SecretScalar },
      ...{ nonce, factors: factors() },
    });
  const shares = slots.map((_, i) => shareOf(i));
  const combine = () => combineEcdsaShares({ publicKey, digest }, factors(), shares);
  if (combine().kind !== "valid") throw new Error("The bench made a wrong signature.");

  const identity = encodeScalar(randomScalar());
  const signature = backend.sign(digest, identity);
  /** A signer's own messages, and those that it verifies: N of each round that it is shown, and each question. */
  const messages = (own: number, shown: number): void => {
    for (let i = 0; i < own; i += 1) backend.sign(digest, identity);
    for (let i = 0; i < own + shown * (slots.length - 1); i += 1) backend.recover(digest, signature);
  };
  const online = (): void => {
    checkEcdsaProducts(signers, nonce, products);
    factors();
    ecdsaCheckPoints(sums[0] as EcdsaShares, keyShares[0] as SecretScalar, nonce);
    checkEcdsaSums(slots, publicKey, checks);
    shareOf(0);
  };
  const all = (): void => {
    deal(0);
    ecdsaNoncePart(sumOf(0));
    combineEcdsaNonce(signers, nonces);
    ecdsaProductPoint(sums[0] as EcdsaShares, nonce);
    online();
  };
  const verifyShare = (): boolean =>
    verifyEcdsaShare(
      {
        ...{ slots, slot: 1, nonce, factors: factors() },
        ...{ product: products[0] as (typeof products)[number], check: checks[0] as (typeof checks)[number] },
      },
      shares[0] as bigint,
    );
  return { messages, online, all, combine, verifyShare };
}

/** What one signer computes for one signature, with and without the signatures of messages; the online part is what follows a presignature. */
export function ecdsaOperations(threshold: number): readonly { readonly name: string; readonly run: () => void }[] {
  let ready: ReturnType<typeof setUp> | undefined;
  const made = (): ReturnType<typeof setUp> => {
    ready ??= setUp(threshold);
    return ready;
  };
  const named = (what: string): string => `ECDSA ${what}, N = ${2 * threshold + 1}`;
  return [
    { name: named("signer, six rounds"), run: () => made().all() },
    {
      name: named("signer, with signatures of messages"),
      ...(threshold === 2 ? { target: 90 } : {}),
      run: () => {
        made().all();
        made().messages(6, 5);
      },
    },
    {
      name: named("signer, online part with signatures of messages"),
      run: () => {
        made().online();
        made().messages(3, 3);
      },
    },
    { name: named("combine and verify"), run: () => void made().combine() },
    { name: named("judge one share"), run: () => void made().verifyShare() },
  ];
}
