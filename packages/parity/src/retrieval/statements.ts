/** What identity keys sign about document keys. Tag and domain are put in front (`peerDigest`). PROTOCOL sections 8.2 and 8.3. */
import { keccakWords } from "@keyquorum/threshold";
import { bitmapOf, extensionTag, type Hash32, hexToBytes, type PeerDomain, type PeerStatement, peerDigest } from "@keyquorum/wire";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { EXTENSION_NAME } from "../extensionName.ts";
import type { DocumentKeyPair } from "../records/serverKeyRecord.ts";
import type { SlotSignature } from "../records/slotSignature.ts";
import type { ContributeAsk, FindAsk, HeldContribution, StoreAsk } from "./messages.ts";

/** Among the kinds of this extension: 32 to 63, 96 to 127 for wallets, 160 to 191 for service contracts. Never changed. */
const KINDS = {
  ...{ askStore: 32, confirmation: 33, askFind: 34, found: 35, askContribution: 36, contribution: 37, proof: 38 },
  ...{ askWalletContribution: 96, askRequestContribution: 160, askPublication: 161, publication: 162 },
} as const;

export type DocumentKeyStatement = Pick<PeerStatement, "kind" | "about" | "content">;

/** Of which server key, in which epoch, and who says it. */
export type Speaker = { readonly serverKeyId: Uint8Array; readonly epoch: number; readonly slot: number };

const statement = (kind: keyof typeof KINDS, { serverKeyId, epoch, slot }: Speaker, content: Uint8Array | 0): DocumentKeyStatement => ({
  ...{ kind: KINDS[kind], about: [serverKeyId, epoch, slot], content },
});

/** 32 bytes that name a pair. */
export const pairHashOf = ({ commonPoint, encryptedPoint }: DocumentKeyPair): Uint8Array => keccakWords(commonPoint, encryptedPoint);

const signaturesHashOf = (signatures: readonly SlotSignature[]): Uint8Array =>
  keccakWords(signatures.length, ...signatures.flatMap(({ slot, signature }) => [slot, keccak_256(signature)]));

export const askStoreStatement = ({ authorSignature, certificate, pair, ...ask }: Omit<StoreAsk, "signature">): DocumentKeyStatement =>
  statement("askStore", ask, keccakWords(pairHashOf(pair), keccak_256(authorSignature), signaturesHashOf(certificate)));

/** That a member holds a pair durably, and no other: what a certificate is made of. */
export const confirmationStatement = (speaker: Speaker, pair: DocumentKeyPair): DocumentKeyStatement =>
  statement("confirmation", speaker, pairHashOf(pair));

export const askFindStatement = ({ nonce, ...ask }: Omit<FindAsk, "signature">): DocumentKeyStatement => statement("askFind", ask, nonce);

/** @param asked digest of the question, so that an answer of another time is none */
export const foundStatement = (speaker: Speaker, asked: Hash32, pair: DocumentKeyPair | undefined): DocumentKeyStatement =>
  statement("found", speaker, keccakWords(hexToBytes(asked, 32), pair === undefined ? 0 : pairHashOf(pair)));

/** A wallet's reading, and a service contract's, are other kinds: what one kind of reader signed or asked stands for no other. */
export const askContributionStatement = ({
  holders,
  pair,
  certificate,
  readerSignature,
  wallet,
  request,
  nonce,
  ...ask
}: Omit<ContributeAsk, "signature">): DocumentKeyStatement => {
  const set = [bitmapOf(holders), pairHashOf(pair), signaturesHashOf(certificate)];
  const signed = keccak_256(readerSignature);
  if (request !== undefined) {
    const { contract, requesterKey } = request;
    return statement("askRequestContribution", ask, keccakWords(...set, hexToBytes(contract, 20), requesterKey, nonce));
  }
  if (wallet === undefined) return statement("askContribution", ask, keccakWords(...set, signed, nonce));
  const { account, readerKey, deadline } = wallet;
  return statement("askWalletContribution", ask, keccakWords(...set, hexToBytes(account, 20), readerKey, deadline, signed, nonce));
};

export const contributionStatement = (
  speaker: Speaker,
  asked: Hash32,
  { point, commitment, proof, shadow }: Omit<HeldContribution, "slot" | "signature">,
): DocumentKeyStatement =>
  statement("contribution", speaker, keccakWords(hexToBytes(asked, 32), point, commitment, proof.c, proof.z, keccak_256(shadow)));

/** What a contribution's proof is bound to: the ask, and the holder. Nobody signs it. */
export const proofStatement = (speaker: Speaker, asked: Hash32): DocumentKeyStatement => statement("proof", speaker, hexToBytes(asked, 32));

/** A whole reading for a service contract. @param asked digest of what its holders were asked @param parts their own signatures */
export const askPublicationStatement = (speaker: Speaker, asked: Hash32, parts: readonly SlotSignature[]): DocumentKeyStatement =>
  statement("askPublication", speaker, keccakWords(hexToBytes(asked, 32), signaturesHashOf(parts)));

/** That a holder will post its part of it. @param asked digest of the question */
export const publicationStatement = (speaker: Speaker, asked: Hash32): DocumentKeyStatement =>
  statement("publication", speaker, hexToBytes(asked, 32));

/** The 32 bytes of a statement, in one deployment. */
export const digestOf = (domain: PeerDomain, said: DocumentKeyStatement): Hash32 =>
  peerDigest({ ...said, tag: extensionTag(EXTENSION_NAME), domain });
