import type { ServerKeyProposal } from "@keyquorum/protocol";
import { KeyquorumError } from "@keyquorum/wire";
import type { ServerKeyRecord } from "../records/serverKeyRecord.ts";
import { isSamePair } from "../retrieval/membership.ts";
import { dealersNeeded, type KeyEvidence, readEvidence, verifyingShareOf } from "./evidence.ts";

export const wrong = (sentence: string): KeyquorumError => new KeyquorumError("INVALID_REQUEST", sentence);
export const unknownKey = (): KeyquorumError => new KeyquorumError("UNKNOWN_KEY", "This keeper has no such key in that epoch.");

/** What a proposal shows of its key. Throws INVALID_REQUEST unless the key is the proposal's, and enough of its members deal. */
export const readProposal = (proposal: ServerKeyProposal): KeyEvidence => {
  const { moved, author, threshold, epoch, members } = proposal;
  const evidence = moved === undefined ? undefined : readEvidence(moved.about);
  if (moved === undefined || evidence === undefined) throw wrong("It shows no key.");
  const isOfKey =
    evidence.author === author && evidence.threshold === threshold && evidence.commitments[0]?.equals(moved.publicKey) === true;
  if (!isOfKey || evidence.epoch >= epoch) throw wrong("It shows another key, or none of an earlier epoch.");
  if (threshold + 1 > members.length) throw wrong("t is below the number of members.");
  const areShares = moved.dealers.every(
    ({ dealer, place, verifyingShare }) =>
      evidence.members.includes(dealer) && place === BigInt(dealer) && verifyingShare?.equals(verifyingShareOf(evidence, dealer)) === true,
  );
  if (!areShares || moved.dealers.length < dealersNeeded(evidence)) throw wrong("Its dealers are not enough of the key's members.");
  return evidence;
};

/** Throws REQUEST_CONFLICT where this keeper knows of a document key that would not go along. */
export const assertSameDocumentKey = (
  { documentKey: own }: Pick<ServerKeyRecord, "documentKey">,
  { documentKey: shown }: Pick<KeyEvidence, "documentKey">,
): void => {
  if (own === undefined || (shown !== undefined && (isSamePair(own, shown) || own.certificate.length === 0))) return;
  throw new KeyquorumError("REQUEST_CONFLICT", "A document key is stored here, or about to be, that is not the one that would be moved.");
};
