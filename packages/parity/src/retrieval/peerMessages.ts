import {
  AddressText,
  bytesToHex,
  checkField,
  checkSchema,
  Epoch,
  ErrorBody,
  exactly,
  Hash32Text,
  hexToBytes,
  hexUpTo,
  MAX_SIGNATURE_BYTES,
  type PeerMessage,
  PointText,
  parseAddress,
  type Schema,
  SignatureText,
  Slot,
  type Static,
  Type,
  Uint64Text,
} from "@keyquorum/wire";
import { MAX_WALLET_PROOF_BYTES } from "../formats/walletProof.ts";
import {
  CertificateBody,
  ContributionBody,
  deadlineOf,
  encodeCertificate,
  encodeContribution,
  encodePair,
  HoldersBody,
  PairBody,
  type PairText,
  parseCertificate,
  parseContribution,
  parsePair,
  pointOf,
  pointText,
  SlotSignatureBody,
} from "../proofs/bodyParts.ts";
import { encodeSlotSignature, parseSlotSignature, type SlotSignature, type SlotSignatureText } from "../records/slotSignature.ts";
import type { ContributeAsk, FindAsk, Found, HeldContribution, RequestReader, StoreAsk, WalletReader } from "./messages.ts";

/** A certificate of 64 members has about 11 000 characters. */
const MAX_BODY_BYTES = 32_768;

const ask = { serverKeyId: Hash32Text, epoch: Epoch, slot: Slot, signature: SignatureText } as const;

const StoreAskBody = exactly({ ...ask, pair: PairBody, authorSignature: hexUpTo(MAX_WALLET_PROOF_BYTES), certificate: CertificateBody });
const FindAskBody = exactly({ ...ask, nonce: Hash32Text });
const FoundBody = exactly({
  ...{ slot: Slot, signature: SignatureText },
  held: Type.Optional(exactly({ pair: PairBody, confirmation: SignatureText, certificate: CertificateBody })),
});
const ContributeAskBody = exactly({
  ...ask,
  holders: HoldersBody,
  ...{ pair: PairBody, certificate: CertificateBody, readerSignature: SignatureText, nonce: Hash32Text },
});
const WalletBody = exactly({ account: AddressText, readerKey: PointText, deadline: Uint64Text, signature: hexUpTo(MAX_SIGNATURE_BYTES) });
const ContributeToWalletBody = exactly({
  ...ask,
  holders: HoldersBody,
  ...{ pair: PairBody, certificate: CertificateBody, wallet: WalletBody, nonce: Hash32Text },
});
const RequestBody = exactly({ contract: AddressText, requesterKey: PointText });
const ContributeToRequestBody = exactly({
  ...ask,
  holders: HoldersBody,
  ...{ pair: PairBody, certificate: CertificateBody, request: RequestBody, nonce: Hash32Text },
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

type SetText = {
  readonly holders: readonly number[];
  readonly pair: PairText;
  readonly certificate: readonly SlotSignatureText[];
  readonly nonce: string;
};
const encodeSet = ({ holders, pair, certificate, nonce }: Pick<ContributeAsk, keyof SetText>) => ({
  ...{ holders: [...holders], pair: encodePair(pair), certificate: encodeCertificate(certificate), nonce: bytesToHex(nonce) },
});
const parseSet = ({ holders, pair, certificate, nonce }: SetText) => ({
  ...{ holders, pair: parsePair(pair, "INVALID_REQUEST"), certificate: parseCertificate(certificate), nonce: hexToBytes(nonce, 32) },
});

const contribution: Pick<PeerMessage<never, HeldContribution>, "encodeAnswer" | "parseAnswer"> = {
  encodeAnswer: encodeContribution,
  parseAnswer: (body) => parseContribution(checkSchema(ContributionBody, body, "BAD_ANSWER")),
};

const contribute: PeerMessage<ContributeAsk, HeldContribution> = {
  ...routeOf("contribute", ContributeAskBody, ContributionBody),
  encodeAsk: (asked) => ({ ...encodeAskStart(asked), ...encodeSet(asked), readerSignature: bytesToHex(asked.readerSignature) }),
  parseAsk: (body) => {
    const read = checkSchema(ContributeAskBody, body, "INVALID_REQUEST");
    return { ...parseAskStart(read), ...parseSet(read), readerSignature: hexToBytes(read.readerSignature, 65) };
  },
  ...contribution,
};

/** A question for a service contract's requester, as text and back. */
export const RequestAskBody = ContributeToRequestBody;
export const encodeRequestAsk = ({ request, readerSignature: _, ...asked }: ContributeAsk): Static<typeof RequestAskBody> => {
  if (request === undefined) throw new TypeError("a service contract's reading has a request");
  return { ...encodeAskStart(asked), ...encodeSet(asked), request: encodeRequestReader(request) };
};
export const parseRequestAsk = (read: Static<typeof RequestAskBody>): ContributeAsk => ({
  ...{ ...parseAskStart(read), ...parseSet(read), readerSignature: new Uint8Array(0), request: parseRequestReader(read.request) },
});
const encodeRequestReader = ({ contract, requesterKey }: RequestReader) => ({ contract, requesterKey: pointText(requesterKey) });
const parseRequestReader = ({ contract, requesterKey }: Static<typeof RequestBody>): RequestReader => ({
  contract: checkField("request.contract", "INVALID_REQUEST", () => parseAddress(contract)),
  requesterKey: pointOf("request.requesterKey", requesterKey, "INVALID_REQUEST"),
});

/** The same for a wallet: PROTOCOL section 8.5. */
const contributeToWallet: PeerMessage<ContributeAsk, HeldContribution> = {
  ...routeOf("contribute-to-wallet", ContributeToWalletBody, ContributionBody),
  encodeAsk: ({ wallet, readerSignature, ...asked }) => {
    if (wallet === undefined) throw new TypeError("a wallet's reading has a wallet");
    return { ...encodeAskStart(asked), ...encodeSet(asked), wallet: encodeWalletReader(wallet, readerSignature) };
  },
  parseAsk: (body) => {
    const read = checkSchema(ContributeToWalletBody, body, "INVALID_REQUEST");
    return { ...parseAskStart(read), ...parseSet(read), ...parseWalletReader(read.wallet) };
  },
  ...contribution,
};

const encodeWalletReader = ({ account, readerKey, deadline }: WalletReader, signature: Uint8Array) => ({
  ...{ account, readerKey: pointText(readerKey), deadline: deadline.toString(), signature: bytesToHex(signature) },
});
const parseWalletReader = ({ account, readerKey, deadline, signature }: Static<typeof WalletBody>) => ({
  readerSignature: hexToBytes(signature),
  wallet: {
    account: checkField("wallet.account", "INVALID_REQUEST", () => parseAddress(account)),
    readerKey: pointOf("wallet.readerKey", readerKey, "INVALID_REQUEST"),
    deadline: deadlineOf(deadline),
  },
});

/** The same for a service contract's requester: PROTOCOL section 8.8. */
const contributeToRequest: PeerMessage<ContributeAsk, HeldContribution> = {
  ...routeOf("contribute-to-request", ContributeToRequestBody, ContributionBody),
  encodeAsk: encodeRequestAsk,
  parseAsk: (body) => parseRequestAsk(checkSchema(ContributeToRequestBody, body, "INVALID_REQUEST")),
  ...contribution,
};

/** What a member answers to others about document keys. PROTOCOL sections 8.2 and 8.3. */
export const DOCUMENT_KEY_MESSAGES = { store, find, contribute, contributeToWallet, contributeToRequest } as const;
