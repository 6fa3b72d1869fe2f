// What a Schnorr signature costs each party, without messages and chain. Read by operations.ts.
import {
  combineSignatureShares,
  createSignatureShare,
  drawSigningNonces,
  evaluatePolynomial,
  type FrostAttempt,
  type HedgedRandom,
  keccakWords,
  nobleBackend,
  openPackage,
  randomScalar,
  SecretScalar,
  secureRandom,
  verifySchnorrSignature,
  verifySignatureShare,
} from "../src/index.ts";

const hedged = secureRandom as HedgedRandom; // no secret depends on it here

/** Signers 1 to t+1 of a key that lives as long as this object. */
function setUp(threshold: number) {
  const polynomial = Array.from({ length: threshold + 1 }, () => randomScalar());
  const message = keccakWords(7);
  const publicKey = nobleBackend.mulG(polynomial[0] as bigint);
  const slots = polynomial.map((_, i) => i + 1);
  const shares = slots.map((slot) => SecretScalar.from(evaluatePolynomial(polynomial, BigInt(slot))));
  const verifyingShares = shares.map((share) => nobleBackend.mulG(share.reveal()));
  const commit = () => drawSigningNonces(hedged);
  const others = slots.slice(1).map((slot) => ({ slot, ...commit().commitment }));
  const open = (own: ReturnType<typeof commit>): FrostAttempt =>
    openPackage({ publicKey, message, quorum: slots.length, commitments: [{ slot: 1, ...own.commitment }, ...others] }) as FrostAttempt;
  const drawn = slots.map((slot) => ({ slot, nonces: commit() }));
  const attempt = openPackage({
    ...{ publicKey, message, quorum: slots.length },
    commitments: drawn.map(({ slot, nonces }) => ({ slot, ...nonces.commitment })),
  }) as FrostAttempt;
  const made = drawn.map(({ slot, nonces }, i) => ({
    slot,
    z: createSignatureShare({ attempt, slot, share: shares[i] as SecretScalar, offset: 0n, nonces }) as bigint,
    verifyingShare: verifyingShares[i] as (typeof verifyingShares)[number],
  }));
  const combined = combineSignatureShares({ attempt, offset: 0n, shares: made });
  if (combined.kind !== "signature") throw new Error("The bench made a wrong signature.");
  const signature = { c: combined.c, z: combined.z };
  return { publicKey, message, share: shares[0] as SecretScalar, commit, open, attempt, made, signature };
}

/** A signer commits and signs, once each; its coordinator checks t+1 shares and combines. */
export function frostOperations(threshold: number): readonly { readonly name: string; readonly run: () => void }[] {
  let ready: ReturnType<typeof setUp> | undefined;
  const made = (): ReturnType<typeof setUp> => {
    ready ??= setUp(threshold);
    return ready;
  };
  const named = (what: string): string => `FROST ${what}, ${threshold + 1} signers`;
  return [
    { name: named("commit"), run: () => void made().commit() },
    {
      name: named("commit and sign"),
      run: () => {
        const { commit, open, share } = made();
        const nonces = commit();
        createSignatureShare({ attempt: open(nonces), slot: 1, share, offset: 0n, nonces });
      },
    },
    {
      name: named("verify share"),
      run: () => {
        const { attempt, made: shares } = made();
        const [first] = shares as [(typeof shares)[number]];
        verifySignatureShare({ attempt, offset: 0n, ...first }, first.z);
      },
    },
    {
      name: named("combine and verify"),
      run: () => void combineSignatureShares({ attempt: made().attempt, offset: 0n, shares: made().made }),
    },
    { name: named("verify signature"), run: () => void verifySchnorrSignature(made().publicKey, made().message, made().signature) },
  ];
}
