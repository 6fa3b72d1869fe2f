import type { Contribution, ServerKeyProposal, ServerKeySession, ShownDealing, Signed } from "@keyquorum/protocol";
import { MAX_MEMBERS, MIN_SERVER_KEY_MEMBERS } from "@keyquorum/threshold";
import {
  bytesToHex,
  checkSchema,
  Epoch,
  ErrorBody,
  exactly,
  type Hash32,
  Hash32Text,
  hexToBytes,
  hexUpTo,
  type PeerMessage,
  parseHash32,
  type Schema,
  SignatureText,
  Slot,
  type Static,
  Type,
} from "@keyquorum/wire";
import type { Addressed } from "../board/boardMessages.ts";
import {
  encodeContribution,
  encodeDealing,
  encodeSession,
  encodeSigned,
  ProposalBody,
  parseContribution,
  parseDealing,
  parseSession,
  parseSigned,
} from "../board/bodies.ts";

const MAX_BYTES = 131_072;
const all = { minItems: MIN_SERVER_KEY_MEMBERS, maxItems: MAX_MEMBERS };
const session = { proposal: ProposalBody, sid: Hash32Text } as const;
const SignedBody = exactly({ slot: Slot, signature: SignatureText });

/** Who drives a move asks a member of the key's epoch to deal its share. */
export type RedealAsk = ServerKeySession & { readonly contributions: readonly Contribution[] };
/** What a move ended with: every new member's word that its share is durable. */
export type Moved = ServerKeySession & {
  readonly commitmentsHash: Hash32;
  readonly verifyingRoot: Hash32;
  readonly confirmations: readonly Signed[];
};
/** A member of the key's epoch shows the key to a member of the newest one, which then drives its move. `about`: see `evidence.ts`. */
export type OfferAsk = { readonly serverKeyId: Hash32; readonly epoch: number; readonly toEpoch: number; readonly about: Uint8Array };
/** `moved`: it is there already. */
export type OfferAnswer = { readonly moved?: Moved };

const RedealBody = exactly({
  ...session,
  contributions: Type.Array(exactly({ slot: Slot, contribution: Hash32Text, signature: SignatureText }), all),
});
const MovedBody = exactly({
  ...session,
  commitmentsHash: Hash32Text,
  verifyingRoot: Hash32Text,
  confirmations: Type.Array(SignedBody, all),
});
const OfferBody = exactly({ serverKeyId: Hash32Text, epoch: Epoch, toEpoch: Epoch, about: hexUpTo(16_384) });
const DealingBody = exactly({ slot: Slot, dealing: hexUpTo(6_400), signature: SignatureText });
const OfferAnswerBody = exactly({ moved: Type.Optional(MovedBody) });

const encodeMoved = ({ confirmations, commitmentsHash, verifyingRoot, ...of }: Moved): Static<typeof MovedBody> => ({
  ...{ ...encodeSession(of), commitmentsHash, verifyingRoot, confirmations: confirmations.map(encodeSigned) },
});
const parseMoved = ({ confirmations, commitmentsHash, verifyingRoot, ...of }: Static<typeof MovedBody>): Moved => ({
  ...{ ...parseSession(of, "INVALID_REQUEST"), commitmentsHash: parseHash32(commitmentsHash), verifyingRoot: parseHash32(verifyingRoot) },
  confirmations: confirmations.map(parseSigned),
});

export type MoveMessage<Ask, Answer> = PeerMessage<Addressed<Ask>, Answer> & { readonly encodeContent: (ask: Ask) => unknown };

const messageOf = <Ask, Answer, AskBody extends Schema, AnswerBody extends Schema>(
  name: string,
  codec: {
    readonly body: AskBody;
    readonly answer: AnswerBody;
    readonly encodeAsk: (ask: Ask) => Static<AskBody>;
    readonly parseAsk: (body: Static<AskBody>) => Ask;
    readonly encodeAnswer: (answer: Answer) => Static<AnswerBody>;
    readonly parseAnswer: (body: Static<AnswerBody>) => Answer;
  },
): MoveMessage<Ask, Answer> => {
  const AddressedBody = exactly({ from: Slot, to: Slot, nonce: Hash32Text, signature: SignatureText, ask: codec.body as Schema });
  return {
    route: {
      ...{ method: "POST", path: `/v1/peers/server-keys/${name}`, body: AddressedBody },
      responses: { 200: codec.answer, "4xx": ErrorBody, "5xx": ErrorBody },
    },
    ...{ maxAskBytes: MAX_BYTES, maxAnswerBytes: MAX_BYTES, encodeContent: codec.encodeAsk },
    encodeAsk: ({ from, to, nonce, signature, ask }) => ({
      ...{ from, to, nonce: bytesToHex(nonce), signature: bytesToHex(signature), ask: codec.encodeAsk(ask) },
    }),
    parseAsk: (value) => {
      const read = checkSchema(AddressedBody, value, "INVALID_REQUEST");
      return {
        ...{ from: read.from, to: read.to, nonce: hexToBytes(read.nonce, 32), signature: hexToBytes(read.signature, 65) },
        ask: codec.parseAsk(checkSchema(codec.body, read.ask, "INVALID_REQUEST")),
      };
    },
    encodeAnswer: codec.encodeAnswer,
    parseAnswer: (value) => codec.parseAnswer(checkSchema(codec.answer, value, "BAD_ANSWER")),
  };
};

/** Numbers of the questions, as they are signed: behind those of generation. Never changed. */
export const MOVE_QUESTIONS = { redeal: 8, moved: 9, offer: 10 } as const;

/** What members of two epochs ask each other while keys are moved. PROTOCOL section 8.6. */
export const MOVE_MESSAGES = {
  redeal: messageOf<RedealAsk, ShownDealing, typeof RedealBody, typeof DealingBody>("redeal", {
    ...{ body: RedealBody, answer: DealingBody, encodeAnswer: encodeDealing, parseAnswer: parseDealing },
    encodeAsk: ({ contributions, ...of }) => ({ ...encodeSession(of), contributions: contributions.map(encodeContribution) }),
    parseAsk: ({ contributions, ...of }) => ({
      ...parseSession(of, "INVALID_REQUEST"),
      contributions: contributions.map(parseContribution),
    }),
  }),
  moved: messageOf<Moved, void, typeof MovedBody, ReturnType<typeof exactly>>("moved", {
    ...{ body: MovedBody, answer: exactly({}), encodeAsk: encodeMoved, parseAsk: parseMoved },
    encodeAnswer: () => ({}),
    parseAnswer: () => undefined,
  }),
  offer: messageOf<OfferAsk, OfferAnswer, typeof OfferBody, typeof OfferAnswerBody>("offer", {
    ...{ body: OfferBody, answer: OfferAnswerBody },
    // One order, whoever made it: its JSON is what is signed.
    encodeAsk: ({ serverKeyId, epoch, toEpoch, about }) => ({ serverKeyId, epoch, toEpoch, about: bytesToHex(about) }),
    parseAsk: ({ serverKeyId, about, ...ask }) => ({ ...ask, serverKeyId: parseHash32(serverKeyId), about: hexToBytes(about) }),
    encodeAnswer: ({ moved }) => (moved === undefined ? {} : { moved: encodeMoved(moved) }),
    parseAnswer: ({ moved }) => (moved === undefined ? {} : { moved: parseMoved(moved) }),
  }),
} as const;

/** Of which id, for the signature under a question. */
export const idOfAsk = (ask: { readonly proposal: ServerKeyProposal } | Pick<OfferAsk, "serverKeyId">): Hash32 =>
  "proposal" in ask ? ask.proposal.serverKeyId : ask.serverKeyId;
