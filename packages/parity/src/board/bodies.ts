// Bodies of the questions about a server key's generation, and of their answers. Who signed, and whether a set is whole, is the receiver's to check.
import type {
  Commitment,
  Contribution,
  ImportedKey,
  MovedKey,
  Otherwise,
  Redealer,
  ServerKeyProposal,
  ServerKeySession,
  ShownDealing,
  Signed,
  SignedComplaint,
} from "@keyquorum/protocol";
import { encodePoint, encodeScalar, MAX_MEMBERS, MIN_SERVER_KEY_MEMBERS, type Point, parsePoint, parseScalar } from "@keyquorum/threshold";
import {
  bytesToHex,
  checkField,
  Epoch,
  type ErrorCode,
  exactly,
  Hash32Text,
  hexOf,
  hexToBytes,
  hexUpTo,
  KeyquorumError,
  PointText,
  parseAddress,
  parseHash32,
  parseSessionId,
  SignatureText,
  Slot,
  type Static,
  Type,
} from "@keyquorum/wire";
import { RAW_SIGNATURE_BYTES } from "../formats/rawSignature.ts";
import { MAX_WALLET_PROOF_BYTES, parseWalletProof } from "../formats/walletProof.ts";
import { parseServiceProof } from "../services/serviceProof.ts";

/** Of 64 members and t = 63. */
const MAX_DEALING_BYTES = 64 * 64 + 64 + 32 * 64 + 128;

const all = { minItems: MIN_SERVER_KEY_MEMBERS, maxItems: MAX_MEMBERS };
/** Where the key is there already, one may be enough. */
const ofDealers = { minItems: 1, maxItems: MAX_MEMBERS };

/** What is known of a key that is dealt again: see `epochs/evidence.ts`. Of 64 members and t = 63 it takes 11,000. */
const MAX_ABOUT_BYTES = 16_384;
/** dealer, place, S_i or zeros: one after the other. */
const DEALER_BYTES = 1 + 32 + 33;
const MovedBody = exactly({
  publicKey: PointText,
  dealers: hexUpTo(DEALER_BYTES * MAX_MEMBERS),
  about: hexUpTo(MAX_ABOUT_BYTES),
});

const ImportedBody = exactly({
  publicKey: PointText,
  documentKey: Type.Optional(exactly({ commonPoint: PointText, encryptedPoint: PointText })),
  dealings: Type.Array(Hash32Text, { minItems: 1, maxItems: MAX_MEMBERS }),
});

export const ProposalBody = exactly({
  serverKeyId: Hash32Text,
  author: hexOf(20),
  authorSignature: hexUpTo(MAX_WALLET_PROOF_BYTES),
  threshold: Type.Integer({ minimum: 0, maximum: MAX_MEMBERS - 1 }),
  epoch: Epoch,
  members: Type.Array(Slot, all),
  coordinator: Slot,
  imported: Type.Optional(ImportedBody),
  moved: Type.Optional(MovedBody),
});
const SignedBody = exactly({ slot: Slot, signature: SignatureText });
const ContributionBody = exactly({ slot: Slot, contribution: Hash32Text, signature: SignatureText });
const CommitmentBody = exactly({ slot: Slot, commitment: Hash32Text, signature: SignatureText });
const DealingBody = exactly({ slot: Slot, dealing: hexUpTo(MAX_DEALING_BYTES), signature: SignatureText });
const ComplaintBody = exactly({
  ...{ slot: Slot, dealer: Slot, shared: PointText, signature: SignatureText },
  proof: exactly({ c: Hash32Text, z: Hash32Text }),
});
const session = { proposal: ProposalBody, sid: Hash32Text } as const;

/** What is asked, by question. */
export const ASK_BODIES = {
  propose: exactly({ proposal: ProposalBody, signature: SignatureText }),
  commit: exactly({ proposal: ProposalBody, contributions: Type.Array(ContributionBody, all) }),
  deal: exactly({ ...session, commitments: Type.Array(CommitmentBody, all) }),
  verdict: exactly({ ...session, dealings: Type.Array(DealingBody, ofDealers) }),
  confirm: exactly({ ...session, verdicts: Type.Array(SignedBody, all) }),
  result: exactly({ ...session, confirmations: Type.Array(SignedBody, all) }),
  abort: exactly({ ...session, slot: Slot, signature: SignatureText }),
} as const;

const otherwise = [
  exactly({ kind: Type.Literal("busy") }),
  exactly({ kind: Type.Literal("aborted"), slot: Slot, signature: SignatureText }),
  exactly({ kind: Type.Literal("generated"), confirmations: Type.Array(SignedBody, { maxItems: MAX_MEMBERS }) }),
] as const;

/** What is answered, by question. */
export const ANSWER_BODIES = {
  propose: Type.Union([
    exactly({ kind: Type.Literal("contribution"), slot: Slot, contribution: Hash32Text, signature: SignatureText }),
    ...otherwise,
  ]),
  commit: Type.Union([
    exactly({ kind: Type.Literal("commitment"), slot: Slot, commitment: Hash32Text, signature: SignatureText }),
    ...otherwise,
  ]),
  deal: Type.Union([
    exactly({ kind: Type.Literal("dealing"), slot: Slot, dealing: hexUpTo(MAX_DEALING_BYTES), signature: SignatureText }),
    ...otherwise,
  ]),
  verdict: Type.Union([
    exactly({ kind: Type.Literal("verdict"), slot: Slot, signature: SignatureText, echo: Type.Optional(Hash32Text) }),
    exactly({
      ...{ kind: Type.Literal("complaint"), slot: Slot, dealer: Slot, shared: PointText, signature: SignatureText },
      proof: exactly({ c: Hash32Text, z: Hash32Text }),
    }),
    ...otherwise,
  ]),
  confirm: Type.Union([exactly({ kind: Type.Literal("confirmation"), slot: Slot, signature: SignatureText }), ...otherwise]),
  result: Type.Union([exactly({ kind: Type.Literal("stored") }), ...otherwise]),
  abort: exactly({}),
} as const;

export const encodeProposal = ({
  serverKeyId,
  author,
  authorSignature,
  members,
  imported,
  moved,
  ...proposal
}: ServerKeyProposal): Static<typeof ProposalBody> => ({
  ...{ serverKeyId, author, authorSignature: bytesToHex(authorSignature), threshold: proposal.threshold, epoch: proposal.epoch },
  ...{ members: [...members], coordinator: proposal.coordinator },
  ...(imported === undefined ? {} : { imported: encodeImported(imported) }),
  ...(moved === undefined ? {} : { moved: encodeMoved(moved) }),
});

const pointText = (point: Point): string => bytesToHex(encodePoint(point));

const encodeImported = ({ publicKey, documentKey, dealings }: ImportedKey): Static<typeof ImportedBody> => ({
  ...{ publicKey: pointText(publicKey), dealings: [...dealings] },
  ...(documentKey === undefined
    ? {}
    : { documentKey: { commonPoint: pointText(documentKey.commonPoint), encryptedPoint: pointText(documentKey.encryptedPoint) } }),
});

const parseImported = ({ publicKey, documentKey, dealings }: Static<typeof ImportedBody>): ImportedKey => {
  const pointOf = (text: string): Point => parsePoint(hexToBytes(text, 33));
  return {
    ...{ publicKey: pointOf(publicKey), dealings: dealings.map(parseHash32) },
    ...(documentKey === undefined
      ? {}
      : { documentKey: { commonPoint: pointOf(documentKey.commonPoint), encryptedPoint: pointOf(documentKey.encryptedPoint) } }),
  };
};

const encodeMoved = ({ publicKey, dealers, about }: MovedKey): Static<typeof MovedBody> => ({
  ...{ publicKey: bytesToHex(encodePoint(publicKey)), about: bytesToHex(about) },
  dealers: bytesToHex(
    Buffer.concat(
      dealers.map(({ dealer, place, verifyingShare }) =>
        Buffer.concat([
          Uint8Array.of(dealer),
          encodeScalar(place),
          verifyingShare === undefined ? new Uint8Array(33) : encodePoint(verifyingShare),
        ]),
      ),
    ),
  ),
});

/** Throws what its parts throw, and RangeError unless dealers ascend. */
const parseMoved = ({ publicKey, dealers, about }: Static<typeof MovedBody>): MovedKey => {
  const bytes = hexToBytes(dealers);
  if (bytes.length === 0 || bytes.length % DEALER_BYTES !== 0) throw new RangeError("dealers, one after the other");
  const read = Array.from({ length: bytes.length / DEALER_BYTES }, (_, i): Redealer => {
    const one = bytes.subarray(i * DEALER_BYTES, (i + 1) * DEALER_BYTES);
    const place = parseScalar(one.slice(1, 33));
    const known = one.slice(33);
    return { dealer: one[0] ?? 0, place, ...(known.every((byte) => byte === 0) ? {} : { verifyingShare: parsePoint(known) }) };
  });
  if (!read.every(({ dealer }, i) => dealer > (read[i - 1]?.dealer ?? 0))) throw new RangeError("dealers ascend");
  return { publicKey: parsePoint(hexToBytes(publicKey, 33)), dealers: read, about: hexToBytes(about) };
};

/** Throws `code`, also unless members ascend and imported points are valid. */
export const parseProposal = (body: Static<typeof ProposalBody>, code: ErrorCode): ServerKeyProposal =>
  checkField("proposal", code, () => {
    const { serverKeyId, author, authorSignature, imported, moved, ...proposal } = body;
    if (!proposal.members.every((slot, i) => i === 0 || slot > (proposal.members[i - 1] ?? 0)))
      throw new KeyquorumError("INVALID_VALUE", "Members must ascend.");
    if (imported !== undefined && moved !== undefined) throw new KeyquorumError("INVALID_VALUE", "A key is imported or moved, not both.");
    const shown = hexToBytes(authorSignature);
    if (shown.length !== RAW_SIGNATURE_BYTES && parseWalletProof(shown) === undefined && parseServiceProof(shown) === undefined)
      throw new KeyquorumError("INVALID_VALUE", "An author signs the bare id, or by a wallet, or asks a service contract.");
    return {
      ...{ ...proposal, serverKeyId: parseHash32(serverKeyId), author: parseAddress(author), authorSignature: shown },
      ...(imported === undefined ? {} : { imported: parseImported(imported) }),
      ...(moved === undefined ? {} : { moved: parseMoved(moved) }),
    };
  });

type SessionBody = { readonly proposal: Static<typeof ProposalBody>; readonly sid: string };
export const encodeSession = ({ proposal, sid }: ServerKeySession): SessionBody => ({ proposal: encodeProposal(proposal), sid });
export const parseSession = ({ proposal, sid }: SessionBody, code: ErrorCode): ServerKeySession => ({
  proposal: parseProposal(proposal, code),
  sid: parseSessionId(sid),
});

export const encodeSigned = ({ slot, signature }: Signed): Static<typeof SignedBody> => ({ slot, signature: bytesToHex(signature) });
export const parseSigned = ({ slot, signature }: Static<typeof SignedBody>): Signed => ({ slot, signature: hexToBytes(signature, 65) });

export const encodeContribution = ({ contribution, ...signed }: Contribution): Static<typeof ContributionBody> => ({
  ...encodeSigned(signed),
  contribution: bytesToHex(contribution),
});
export const parseContribution = ({ contribution, ...signed }: Static<typeof ContributionBody>): Contribution => ({
  ...parseSigned(signed),
  contribution: hexToBytes(contribution, 32),
});

export const encodeCommitment = ({ commitment, ...signed }: Commitment): Static<typeof CommitmentBody> => ({
  ...encodeSigned(signed),
  commitment: bytesToHex(commitment),
});
export const parseCommitment = ({ commitment, ...signed }: Static<typeof CommitmentBody>): Commitment => ({
  ...parseSigned(signed),
  commitment: hexToBytes(commitment, 32),
});

export const encodeDealing = ({ dealing, ...signed }: ShownDealing): Static<typeof DealingBody> => ({
  ...encodeSigned(signed),
  dealing: bytesToHex(dealing),
});
export const parseDealing = ({ dealing, ...signed }: Static<typeof DealingBody>): ShownDealing => ({
  ...parseSigned(signed),
  dealing: hexToBytes(dealing),
});

export const encodeComplaint = ({ dealer, shared, proof, ...signed }: SignedComplaint): Static<typeof ComplaintBody> => ({
  ...{ ...encodeSigned(signed), dealer, shared: bytesToHex(encodePoint(shared)) },
  proof: { c: bytesToHex(encodeScalar(proof.c)), z: bytesToHex(encodeScalar(proof.z)) },
});
/** Throws `code` for what is no point or no scalar. */
export const parseComplaint = ({ dealer, shared, proof, ...signed }: Static<typeof ComplaintBody>, code: ErrorCode): SignedComplaint => ({
  ...{ ...parseSigned(signed), dealer, shared: checkField("shared", code, () => parsePoint(hexToBytes(shared, 33))) },
  proof: {
    c: checkField("proof.c", code, () => parseScalar(hexToBytes(proof.c, 32))),
    z: checkField("proof.z", code, () => parseScalar(hexToBytes(proof.z, 32))),
  },
});

type OtherwiseBody = Static<(typeof otherwise)[number]>;
export const encodeOtherwise = (answer: Otherwise): OtherwiseBody => {
  if (answer.kind === "busy") return { kind: "busy" };
  if (answer.kind === "aborted") return { kind: "aborted", ...encodeSigned(answer) };
  return { kind: "generated", confirmations: answer.confirmations.map(encodeSigned) };
};
export const parseOtherwise = (body: OtherwiseBody): Otherwise => {
  if (body.kind === "busy") return { kind: "busy" };
  if (body.kind === "aborted") return { kind: "aborted", ...parseSigned(body) };
  return { kind: "generated", confirmations: body.confirmations.map(parseSigned) };
};
