import { assertHolders, combineContributions, readDocumentKey } from "@keyquorum/protocol";
import { type Point, SecretScalar } from "@keyquorum/threshold";
import { bytesToHex, type Hash32, hexToBytes } from "@keyquorum/wire";
import { decryptEcies } from "../formats/ecies.ts";
import { visiblePoint } from "../formats/signRule.ts";
import type { WalletDomain } from "../formats/walletRequests.ts";
import { verifyingSharesOf } from "../records/serverKeyRecord.ts";
import { askContributionStatement, contributionStatement, digestOf, proofStatement } from "../retrieval/statements.ts";
import { isCertificate } from "./certificate.ts";
import { areMembersOf, type SeenEpoch, serverKeyFault } from "./serverKeyProof.ts";
import type { ReadingAnswer, SignedReading } from "./walletBodies.ts";

/** Of a holder: the proof of its part is wrong, or what it encrypted to the reader is not what it committed to. It signed both. */
export type HolderFaultReason = "BAD_CONTRIBUTION" | "BAD_SHADOW";

export type CheckedReading =
  /** All signatures and proofs hold. What each holder encrypted, only the reader sees: `openReading`. */
  | { readonly kind: "right"; readonly decryptedSecret: Point; readonly asked: Hash32 }
  /** These holders signed a part that is wrong. */
  | { readonly kind: "holders"; readonly slots: readonly number[]; readonly asked: Hash32 }
  /** What the keeper that was asked brought is not what the members signed: its doing, whoever else lies. `why`: for people. */
  | { readonly kind: "coordinator"; readonly why: string };

const lie = (why: string): CheckedReading => ({ kind: "coordinator", why });

/**
 * Whether the pair is the one that was stored: confirmed by enough members of the key's epoch, or of the one in which it was stored before the key was
 * moved. @param epoch that one. PROTOCOL section 8.5.
 */
export const isCertified = (epoch: SeenEpoch, { key, pair, certificate, certifiedIn = key }: ReadingAnswer): boolean => {
  const { serverKeyId, threshold } = key;
  const { epoch: storedIn, members } = certifiedIn;
  return areMembersOf(epoch, members) && isCertificate(epoch, { serverKeyId, threshold, epoch: storedIn, members }, pair, certificate);
};

/**
 * Checks an answer against the chain's members and the reader's own request: nothing in it is believed. PROTOCOL section 8.5.
 * @param certifiedBy the epoch of the certificate. Left out where only the holders' parts are judged: they signed for which pair.
 */
export const checkReading = (
  { chainId, registry }: WalletDomain,
  epoch: SeenEpoch,
  request: Pick<SignedReading, "serverKeyId" | "reader" | "readerKey" | "deadline" | "signature" | "without">,
  answer: ReadingAnswer,
  certifiedBy?: SeenEpoch,
): CheckedReading => {
  const { key, pair, certificate, coordinator, holders, nonce, contributions } = answer;
  const domain = { chainId, contract: registry };
  const { serverKeyId, signature: readerSignature, reader: account, readerKey, deadline, without } = request;
  const wrongKey = isSame(key.serverKeyId, serverKeyId) ? serverKeyFault(epoch, key) : "its id";
  if (wrongKey !== undefined) return lie(`the server key: ${wrongKey}`);
  if (certifiedBy !== undefined && !isCertified(certifiedBy, answer)) return lie("the certificate of the document key");
  const isUsable = (slot: number) => key.members.includes(slot) && !epoch.absent.includes(slot);
  if (!areHolders(holders, key.threshold) || !holders.every(isUsable) || !isUsable(coordinator)) return lie("the holders");
  if (holders.some((slot) => without.includes(slot))) return lie("holders that it was not to ask");
  if (contributions.length !== holders.length || contributions.some(({ slot }, i) => slot !== holders[i])) return lie("the contributions");

  const about = { serverKeyId, epoch: key.epoch };
  const wallet = { account, readerKey, deadline };
  const asked = digestOf(
    domain,
    askContributionStatement({ ...about, slot: coordinator, holders, pair, certificate, readerSignature, wallet, nonce }),
  );
  for (const given of contributions)
    if (!epoch.isSignedBy(given.slot, contributionStatement({ ...about, slot: given.slot }, asked, given), given.signature))
      return lie(`the signature of slot ${given.slot}`);
  const outcome = combineContributions({
    ...{ threshold: key.threshold, holders, ...pair, verifyingShares: verifyingSharesOf(key) },
    contributions: new Map(contributions.map((one) => [one.slot, one])),
    contextOf: (slot) => hexToBytes(digestOf(domain, proofStatement({ ...about, slot }, asked)), 32),
  });
  switch (outcome.kind) {
    case "combined":
      return { kind: "right", decryptedSecret: outcome.decryptedSecret, asked };
    case "faults":
      return { kind: "holders", slots: outcome.faults.map(({ slot }) => slot), asked };
    case "degenerate":
      return lie("a sum that is no point");
  }
};

const areHolders = (holders: readonly number[], threshold: number): boolean => {
  try {
    assertHolders(holders, threshold);
    return true;
  } catch {
    return false; // another number of slots, or another order
  }
};

const isSame = (a: Uint8Array, b: Uint8Array): boolean => bytesToHex(a) === bytesToHex(b);

export type OpenedReading =
  | { readonly kind: "read"; readonly documentKey: Point }
  /** These encrypted something else than they committed to. */
  | { readonly kind: "holders"; readonly slots: readonly number[] }
  | { readonly kind: "coordinator"; readonly why: string };

/** Opens a reading that is right. @param secret of the reading's key */
export const openReading = async (
  secret: SecretScalar,
  { key: { threshold }, pair, contributions }: ReadingAnswer,
  decryptedSecret: Point,
): Promise<OpenedReading> => {
  const shadows = await Promise.all(
    contributions.map(async ({ slot, commitment, shadow }) => ({
      ...{ slot, commitment: visiblePoint(commitment, threshold), shadow: await shadowOf(() => decryptEcies(secret, shadow)) },
    })),
  );
  try {
    const opened = readDocumentKey({ decryptedSecret, commonPoint: visiblePoint(pair.commonPoint, threshold), shadows });
    if (opened.kind === "faults") return { kind: "holders", slots: opened.slots };
    return opened.kind === "read" ? opened : { kind: "coordinator", why: "a document key that is no point" };
  } finally {
    for (const { shadow } of shadows) shadow?.erase();
  }
};

/** A shadow as it was encrypted; undefined: it cannot be opened, or is no scalar. The bytes are overwritten. */
export const shadowOf = async (open: () => Promise<Uint8Array>): Promise<SecretScalar | undefined> => {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await open();
    return SecretScalar.fromBytes(bytes);
  } catch {
    return undefined; // whoever encrypted it chose what it is: the reason is that holder's
  } finally {
    bytes?.fill(0);
  }
};
