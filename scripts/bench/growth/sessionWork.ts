// What one keeper computes in a session, at n keepers with the largest t, with what it needs made once.
import {
  assembleKeyShare,
  assembleResharedShare,
  backend,
  createDealing,
  createReshareDealing,
  type DkgMember,
  evaluatePolynomial,
  keccakWords,
  type OpenedDealing,
  openShare,
  parseDealing,
  randomScalar,
  SecretScalar,
  verifyDealing,
} from "@keyquorum/threshold";
import { cpuOfOne } from "./cpu.ts";

/** Milliseconds of CPU of one dealing, of all that a keeper does in the session, and a dealing's bytes. */
export type SessionWork = { readonly deal: number; readonly all: number; readonly bytes: number };

const [sid, keyId] = [keccakWords(1), keccakWords(2)] as [Uint8Array, Uint8Array];
const SHIFT = 7n;

export const largestThreshold = (n: number): number => Math.floor((n - 1) / 2);

const committeeOf = (n: number) => {
  const secrets = Array.from({ length: n }, () => SecretScalar.from(randomScalar()));
  const members: DkgMember[] = secrets.map((secret, i) => ({ slot: i + 1, encryptionKey: backend.mulG(secret.reveal()) }));
  return { members, encryptionSecret: secrets[0] as SecretScalar };
};

/** Deals, reads, verifies and opens all n dealings, and assembles the share. */
export const generationWork = async (n: number): Promise<SessionWork> => {
  const threshold = largestThreshold(n);
  const { members, encryptionSecret } = committeeOf(n);
  const dealingOf = (dealer: number): Uint8Array => createDealing({ sid, dealer, threshold, members });
  const take = (dealer: number, bytes: Uint8Array): OpenedDealing => {
    const dealing = parseDealing(bytes, { threshold, members: n });
    if (!verifyDealing({ sid, dealer, dealing })) throw new Error("The bench dealt what does not verify.");
    return opened(dealing, dealer);
  };
  const opened = (dealing: ReturnType<typeof parseDealing>, dealer: number): OpenedDealing => {
    const share = openShare({ sid, dealer, recipient: 1, encryptionSecret, members, dealing });
    if (share.kind === "invalid") throw new Error("The bench dealt a wrong share.");
    return { dealer, dealing, share: share.share };
  };
  const dealt = members.map(({ slot }) => dealingOf(slot));
  const qual = dealt.map((bytes, i) => take(i + 1, bytes));
  const deal = await cpuOfOne(() => dealingOf(1));
  const takeOne = await cpuOfOne(() => take(2, dealt[1] as Uint8Array));
  const assemble = await cpuOfOne(() => assembleKeyShare({ keyId, epoch: 1, slot: 1, qual, shift: SHIFT, members }));
  return { deal, all: deal + n * takeOne + assemble, bytes: dealt[0]?.length ?? 0 };
};

/** From n keepers to as many: deals its old share, reads and opens all n dealings, and assembles its new one of t+1. */
export const reshareWork = async (n: number): Promise<SessionWork> => {
  const threshold = largestThreshold(n);
  const { members, encryptionSecret } = committeeOf(n);
  const coefficients = Array.from({ length: threshold + 1 }, () => randomScalar());
  const dealingOf = (dealer: number): Uint8Array => {
    const share = SecretScalar.from(evaluatePolynomial(coefficients, BigInt(dealer)));
    return createReshareDealing({ sid, dealer, share, threshold, recipients: members });
  };
  const take = (dealer: number, bytes: Uint8Array): OpenedDealing => {
    const dealing = parseDealing(bytes, { threshold, members: n });
    const share = openShare({ sid, dealer, recipient: 1, encryptionSecret, members, dealing });
    if (share.kind === "invalid") throw new Error("The bench dealt a wrong share.");
    return { dealer, dealing, share: share.share };
  };
  const dealt = members.slice(0, threshold + 1).map(({ slot }) => dealingOf(slot));
  const qual = dealt.map((bytes, i) => take(i + 1, bytes));
  const jointKey = backend.mulG(coefficients[0] as bigint);
  const deal = await cpuOfOne(() => dealingOf(1));
  const takeOne = await cpuOfOne(() => take(2, dealt[1] as Uint8Array));
  const assemble = await cpuOfOne(() => assembleResharedShare({ keyId, epoch: 2, jointKey, slot: 1, qual, members }));
  return { deal, all: deal + n * takeOne + assemble, bytes: dealt[0]?.length ?? 0 };
};
