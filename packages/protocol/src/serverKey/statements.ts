/** What identity keys sign in a generation. The shell adds tag and domain (`peerDigest`). PROTOCOL section 8.1. */

import { backend, dealHashOf, keccakWords, type Point } from "@keyquorum/threshold";
import { bitmapOf, hexToBytes, type PeerStatement } from "@keyquorum/wire";
import type { ImportedKey, ServerKeyProposal, ServerKeySession, SignedComplaint } from "./messages.ts";
import { FIRST_MOVED_KIND, firstKindOf, movedHashOf } from "./moved.ts";

export type ServerKeyStatement = Pick<PeerStatement, "kind" | "about" | "content">;

/** Of the extension that generates server keys: 1 to 31; where the key is there already, above `firstKindOf`. Never changed. */
export const SERVER_KEY_KINDS = {
  proposal: 1,
  contribution: 2,
  question: 3,
  commitment: 4,
  dealing: 5,
  verdict: 6,
  complaint: 7,
  confirmation: 8,
  abort: 9,
} as const;

const RAW_SIGNATURE_BYTES = 65;

/** r, s, v of a raw signature. Of what has another length its hash, 0, 0: no signature has s = 0. */
const signatureWords = (signature: Uint8Array) =>
  signature.length === RAW_SIGNATURE_BYTES
    ? [signature.slice(0, 32), signature.slice(32, 64), signature[64] ?? 0]
    : [backend.keccak256(signature), 0, 0];

/** 32 bytes that name what is proposed, but for the id. */
export const contentOf = ({
  author,
  authorSignature,
  threshold,
  epoch,
  members,
  coordinator,
  imported,
  moved,
}: ServerKeyProposal): Uint8Array =>
  keccakWords(
    ...[hexToBytes(author, 20), ...signatureWords(authorSignature), threshold, epoch, bitmapOf(members), coordinator],
    ...(imported === undefined ? [] : [importedHashOf(imported)]),
    ...(moved === undefined ? [] : [movedHashOf(moved)]),
  );

/** 32 bytes that name an imported key and the old shares that it is made of. */
export const importedHashOf = ({ publicKey, documentKey, dealings }: ImportedKey): Uint8Array => {
  const pair = documentKey === undefined ? [0] : [1, documentKey.commonPoint, documentKey.encryptedPoint];
  return keccakWords(publicKey, ...pair, dealings.length, ...dealings.map((name) => hexToBytes(name, 32)));
};

export const proposalStatement = (proposal: ServerKeyProposal): ServerKeyStatement => ({
  kind: firstKindOf(proposal) + SERVER_KEY_KINDS.proposal,
  about: [hexToBytes(proposal.serverKeyId, 32), proposal.coordinator],
  content: contentOf(proposal),
});

export const contributionStatement = (proposal: ServerKeyProposal, slot: number, contribution: Uint8Array): ServerKeyStatement => ({
  kind: firstKindOf(proposal) + SERVER_KEY_KINDS.contribution,
  about: [hexToBytes(proposal.serverKeyId, 32), slot],
  content: keccakWords(contentOf(proposal), contribution),
});

const inSession = (
  kind: keyof typeof SERVER_KEY_KINDS,
  { proposal, sid }: ServerKeySession,
  slot: number,
  content: Uint8Array | 0,
): ServerKeyStatement => ({
  kind: firstKindOf(proposal) + SERVER_KEY_KINDS[kind],
  about: [hexToBytes(proposal.serverKeyId, 32), hexToBytes(sid, 32), slot],
  content,
});

export const commitmentStatement = (session: ServerKeySession, slot: number, commitment: Uint8Array): ServerKeyStatement =>
  inSession("commitment", session, slot, commitment);

/** @param shown hash of the commitments of all, by slot */
export const dealingStatement = (session: ServerKeySession, slot: number, shown: Uint8Array, dealing: Uint8Array): ServerKeyStatement =>
  inSession("dealing", session, slot, keccakWords(shown, dealingHashOf(dealing)));

/** @param echo hash of the dealings of all, by slot: what this member judged, and found right */
export const verdictStatement = (session: ServerKeySession, slot: number, echo: Uint8Array): ServerKeyStatement =>
  inSession("verdict", session, slot, echo);

export const complaintStatement = (
  session: ServerKeySession,
  { slot, dealer, shared, proof }: Omit<SignedComplaint, "signature">,
  echo: Uint8Array,
): ServerKeyStatement => inSession("complaint", session, slot, keccakWords(echo, dealer, shared, proof.c, proof.z));

/** What a key's members agree on. */
export type ServerKeyResult = { readonly publicKey: Point; readonly commitmentsHash: Uint8Array; readonly verifyingRoot: Uint8Array };

/** Of a key that was there already, it says for whom, by whose dealings, and what came with it, too: others count on it who were in no session. */
export const confirmationStatement = (session: ServerKeySession, slot: number, result: ServerKeyResult): ServerKeyStatement => {
  const { proposal, sid } = session;
  const moved = proposal.moved === undefined ? {} : { moved: contentOf(proposal) };
  return confirmationOf({ serverKeyId: proposal.serverKeyId, sid, ...moved }, slot, result);
};

/** The same for who was not in the session. `moved`: 32 bytes, of a key that was there already: `contentOf` its proposal. */
export const confirmationOf = (
  { serverKeyId, sid, moved }: Pick<ServerKeyProposal, "serverKeyId"> & Pick<ServerKeySession, "sid"> & { readonly moved?: Uint8Array },
  slot: number,
  { publicKey, commitmentsHash, verifyingRoot }: ServerKeyResult,
): ServerKeyStatement => ({
  kind: SERVER_KEY_KINDS.confirmation + (moved === undefined ? 0 : FIRST_MOVED_KIND),
  about: [hexToBytes(serverKeyId, 32), hexToBytes(sid, 32), slot],
  content: keccakWords(publicKey, commitmentsHash, verifyingRoot, ...(moved === undefined ? [] : [moved])),
});

/** "I hold no share of this session that counts, and never confirm it." */
export const abortStatement = (session: ServerKeySession, slot: number): ServerKeyStatement => inSession("abort", session, slot, 0);

/** What a dealer commits to, 32 bytes: `dealHashOf`. Of bytes that are no dealing: 0, which commits to nothing. */
export const dealingHashOf = (dealing: Uint8Array): Uint8Array =>
  dealing.length > 64 && dealing.length % 32 === 0 ? dealHashOf(dealing) : new Uint8Array(32);

/** keccak over what each member gave, 32 bytes each, by slot. Of dealings' hashes: the echo; their commitments are these hashes, so both are one. */
export const setHashOf = (hashes: readonly Uint8Array[]): Uint8Array => keccakWords(hashes.length, ...hashes);
