import { encodePoint, encodeScalar, type Point, parsePoint, parseScalar } from "@keyquorum/threshold";
import {
  bytesToHex,
  checkField,
  checkSchema,
  Epoch,
  ErrorBody,
  type ErrorCode,
  exactly,
  Hash32Text,
  hexOf,
  hexToBytes,
  hexUpTo,
  type PeerMessage,
  PointText,
  type Schema,
  SignatureText,
  Slot,
  Type,
} from "@keyquorum/wire";
import { ECIES_OVERHEAD } from "../formats/ecies.ts";
import type { DocumentKeyPair } from "../records/serverKeyRecord.ts";
import { encodeSlotSignature, parseSlotSignature, type SlotSignature, type SlotSignatureText } from "../records/slotSignature.ts";
import type { ContributeAsk, FindAsk, Found, HeldContribution, StoreAsk } from "./messages.ts";

const MOST_MEMBERS = 64;
const SHADOW_BYTES = ECIES_OVERHEAD + 32;
/** A certificate of 64 members has about 11 000 characters. */
const MAX_BODY_BYTES = 32_768;

const SlotSignatureBody = exactly({ slot: Slot, signature: SignatureText });
const PairBody = exactly({ commonPoint: PointText, encryptedPoint: PointText });
const CertificateBody = Type.Array(SlotSignatureBody, { maxItems: MOST_MEMBERS });
const ask = { serverKeyId: Hash32Text, epoch: Epoch, slot: Slot, signature: SignatureText } as const;

const StoreAskBody = exactly({ ...ask, pair: PairBody, authorSignature: hexUpTo(65), certificate: CertificateBody });
const FindAskBody = exactly({ ...ask, nonce: Hash32Text });
const FoundBody = exactly({
  ...{ slot: Slot, signature: SignatureText },
  held: Type.Optional(exactly({ pair: PairBody, confirmation: SignatureText, certificate: CertificateBody })),
});
const ContributeAskBody = exactly({
  ...ask,
  holders: Type.Array(Slot, { minItems: 1, maxItems: MOST_MEMBERS }),
  ...{ pair: PairBody, certificate: CertificateBody, readerSignature: SignatureText, nonce: Hash32Text },
});
const ContributionBody = exactly({
  ...{ slot: Slot, point: PointText, commitment: PointText, proof: exactly({ c: Hash32Text, z: Hash32Text }) },
  ...{ shadow: hexOf(SHADOW_BYTES), signature: SignatureText },
});

const routeOf = (name: string, body: Schema, answer: Schema) =>
  ({
    route: {
      method: "POST",
      path: `/v1/peers/document-keys/${name}`,
      body,
      responses: { 200: answer, "4xx": ErrorBody, "5xx": ErrorBody },
    },
    ...{ maxAskBytes: MAX_BODY_BYTES, maxAnswerBytes: MAX_BODY_BYTES },
  }) as const;

const encodeAskStart = ({ serverKeyId, epoch, slot, signature }: Pick<StoreAsk, "serverKeyId" | "epoch" | "slot" | "signature">) => ({
  ...{ serverKeyId: bytesToHex(serverKeyId), epoch, slot, signature: bytesToHex(signature) },
});
type AskStartText = { readonly serverKeyId: string; readonly epoch: number; readonly slot: number; readonly signature: string };
const parseAskStart = ({ serverKeyId, epoch, slot, signature }: AskStartText) => ({
  ...{ serverKeyId: hexToBytes(serverKeyId, 32), epoch, slot, signature: hexToBytes(signature, 65) },
});

type PairText = { readonly commonPoint: string; readonly encryptedPoint: string };
const pointText = (point: Point): string => bytesToHex(encodePoint(point));
const pointOf = (field: string, text: string, code: ErrorCode): Point => checkField(field, code, () => parsePoint(hexToBytes(text, 33)));
const encodePair = ({ commonPoint, encryptedPoint }: DocumentKeyPair): PairText => ({
  ...{ commonPoint: pointText(commonPoint), encryptedPoint: pointText(encryptedPoint) },
});
const parsePair = ({ commonPoint, encryptedPoint }: PairText, code: ErrorCode): DocumentKeyPair => ({
  commonPoint: pointOf("commonPoint", commonPoint, code),
  encryptedPoint: pointOf("encryptedPoint", encryptedPoint, code),
});
const encodeCertificate = (certificate: readonly SlotSignature[]) => certificate.map(encodeSlotSignature);
const parseCertificate = (certificate: readonly SlotSignatureText[]) => certificate.map(parseSlotSignature);

const store: PeerMessage<StoreAsk, SlotSignature> = {
  ...routeOf("store", StoreAskBody, SlotSignatureBody),
  encodeAsk: ({ pair, authorSignature, certificate, ...start }) => ({
    ...encodeAskStart(start),
    ...{ pair: encodePair(pair), authorSignature: bytesToHex(authorSignature), certificate: encodeCertificate(certificate) },
  }),
  parseAsk: (body) => {
    const read = checkSchema(StoreAskBody, body, "INVALID_REQUEST");
    return {
      ...parseAskStart(read),
      pair: parsePair(read.pair, "INVALID_REQUEST"),
      authorSignature: hexToBytes(read.authorSignature),
      certificate: parseCertificate(read.certificate),
    };
  },
  encodeAnswer: encodeSlotSignature,
  parseAnswer: (body) => parseSlotSignature(checkSchema(SlotSignatureBody, body, "BAD_ANSWER")),
};

const find: PeerMessage<FindAsk, Found> = {
  ...routeOf("find", FindAskBody, FoundBody),
  encodeAsk: ({ nonce, ...start }) => ({ ...encodeAskStart(start), nonce: bytesToHex(nonce) }),
  parseAsk: (body) => {
    const read = checkSchema(FindAskBody, body, "INVALID_REQUEST");
    return { ...parseAskStart(read), nonce: hexToBytes(read.nonce, 32) };
  },
  encodeAnswer: ({ held, ...signed }) => ({
    ...encodeSlotSignature(signed),
    ...(held === undefined
      ? {}
      : {
          held: {
            ...{
              pair: encodePair(held.pair),
              confirmation: bytesToHex(held.confirmation),
              certificate: encodeCertificate(held.certificate),
            },
          },
        }),
  }),
  parseAnswer: (body) => {
    const { held, ...signed } = checkSchema(FoundBody, body, "BAD_ANSWER");
    if (held === undefined) return parseSlotSignature(signed);
    return {
      ...parseSlotSignature(signed),
      held: {
        pair: parsePair(held.pair, "BAD_ANSWER"),
        confirmation: hexToBytes(held.confirmation, 65),
        certificate: parseCertificate(held.certificate),
      },
    };
  },
};

const contribute: PeerMessage<ContributeAsk, HeldContribution> = {
  ...routeOf("contribute", ContributeAskBody, ContributionBody),
  encodeAsk: ({ holders, pair, certificate, readerSignature, nonce, ...start }) => ({
    ...encodeAskStart(start),
    ...{ holders: [...holders], pair: encodePair(pair), certificate: encodeCertificate(certificate) },
    ...{ readerSignature: bytesToHex(readerSignature), nonce: bytesToHex(nonce) },
  }),
  parseAsk: (body) => {
    const read = checkSchema(ContributeAskBody, body, "INVALID_REQUEST");
    return {
      ...{ ...parseAskStart(read), holders: read.holders, pair: parsePair(read.pair, "INVALID_REQUEST") },
      ...{ certificate: parseCertificate(read.certificate), readerSignature: hexToBytes(read.readerSignature, 65) },
      nonce: hexToBytes(read.nonce, 32),
    };
  },
  encodeAnswer: ({ slot, point, commitment, proof, shadow, signature }) => ({
    ...{ slot, point: pointText(point), commitment: pointText(commitment) },
    proof: { c: bytesToHex(encodeScalar(proof.c)), z: bytesToHex(encodeScalar(proof.z)) },
    ...{ shadow: bytesToHex(shadow), signature: bytesToHex(signature) },
  }),
  parseAnswer: (body) => {
    const read = checkSchema(ContributionBody, body, "BAD_ANSWER");
    const scalarOf = (field: "c" | "z") => checkField(field, "BAD_ANSWER", () => parseScalar(hexToBytes(read.proof[field], 32)));
    return {
      slot: read.slot,
      ...{ point: pointOf("point", read.point, "BAD_ANSWER"), commitment: pointOf("commitment", read.commitment, "BAD_ANSWER") },
      proof: { c: scalarOf("c"), z: scalarOf("z") },
      ...{ shadow: hexToBytes(read.shadow, SHADOW_BYTES), signature: hexToBytes(read.signature, 65) },
    };
  },
};

/** What a member answers to others about document keys. PROTOCOL sections 8.2 and 8.3. */
export const DOCUMENT_KEY_MESSAGES = { store, find, contribute } as const;
