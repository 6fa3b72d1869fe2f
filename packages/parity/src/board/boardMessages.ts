import type {
  AbortAsk,
  CommitAsk,
  CommitmentAnswer,
  ConfirmAsk,
  ConfirmationAnswer,
  ContributionAnswer,
  DealAsk,
  DealingAnswer,
  ProposeAsk,
  ResultAnswer,
  ResultAsk,
  VerdictAnswer,
  VerdictAsk,
} from "@keyquorum/protocol";
import {
  bytesToHex,
  checkSchema,
  ErrorBody,
  exactly,
  Hash32Text,
  hexToBytes,
  type PeerMessage,
  parseHash32,
  type Schema,
  SignatureText,
  Slot,
  type Static,
} from "@keyquorum/wire";
import {
  ANSWER_BODIES,
  ASK_BODIES,
  encodeCommitment,
  encodeComplaint,
  encodeContribution,
  encodeDealing,
  encodeOtherwise,
  encodeProposal,
  encodeSession,
  encodeSigned,
  parseCommitment,
  parseComplaint,
  parseContribution,
  parseDealing,
  parseOtherwise,
  parseProposal,
  parseSession,
  parseSigned,
} from "./bodies.ts";

/** The dealings of 64 members with t = 63: about 830 000. */
const MAX_ASK_BYTES = 917_504;
/** Confirmations of 64 members, or one dealing: about 13 000. */
const MAX_ANSWER_BYTES = 32_768;

/** A question by which member, to which; `nonce`: 32 bytes. The signature is over all of it: see `questionStatement`. */
export type Addressed<Ask> = {
  readonly from: number;
  readonly to: number;
  readonly nonce: Uint8Array;
  readonly signature: Uint8Array;
  readonly ask: Ask;
};

/** Names of questions: in routes, and by their number in what is signed. Never changed. */
export const QUESTIONS = { propose: 1, commit: 2, deal: 3, verdict: 4, confirm: 5, result: 6, abort: 7 } as const;
export type QuestionName = keyof typeof QUESTIONS;

const messageOf = <Ask, Answer, AskBody extends Schema, AnswerBody extends Schema>(
  name: QuestionName,
  {
    body,
    answer,
    ...codec
  }: {
    readonly body: AskBody;
    readonly answer: AnswerBody;
    readonly encodeAsk: (ask: Ask) => Static<AskBody>;
    readonly parseAsk: (body: Static<AskBody>) => Ask;
    readonly encodeAnswer: (answer: Answer) => Static<AnswerBody>;
    readonly parseAnswer: (body: Static<AnswerBody>) => Answer;
  },
): PeerMessage<Addressed<Ask>, Answer> & { readonly encodeContent: (ask: Ask) => unknown } => {
  const AddressedBody = exactly({ from: Slot, to: Slot, nonce: Hash32Text, signature: SignatureText, ask: body as Schema });
  return {
    route: {
      method: "POST",
      path: `/v1/peers/server-keys/${name}`,
      body: AddressedBody,
      responses: { 200: answer, "4xx": ErrorBody, "5xx": ErrorBody },
    },
    maxAskBytes: MAX_ASK_BYTES,
    maxAnswerBytes: MAX_ANSWER_BYTES,
    encodeContent: codec.encodeAsk,
    encodeAsk: ({ from, to, nonce, signature, ask }) => ({
      ...{ from, to, nonce: bytesToHex(nonce), signature: bytesToHex(signature) },
      ask: codec.encodeAsk(ask),
    }),
    parseAsk: (value) => {
      const read = checkSchema(AddressedBody, value, "INVALID_REQUEST");
      const { from, to, nonce, signature } = read;
      return {
        ...{ from, to, nonce: hexToBytes(nonce, 32), signature: hexToBytes(signature, 65) },
        ask: codec.parseAsk(checkSchema(body, read.ask, "INVALID_REQUEST")),
      };
    },
    encodeAnswer: codec.encodeAnswer,
    parseAnswer: (value) => codec.parseAnswer(checkSchema(answer, value, "BAD_ANSWER")),
  };
};

const ASK = "INVALID_REQUEST";

/** What members ask each other while a server key is generated. PROTOCOL section 8.1. */
export const BOARD_MESSAGES = {
  propose: messageOf<ProposeAsk, ContributionAnswer, typeof ASK_BODIES.propose, typeof ANSWER_BODIES.propose>("propose", {
    ...{ body: ASK_BODIES.propose, answer: ANSWER_BODIES.propose },
    encodeAsk: ({ proposal, signature }) => ({ proposal: encodeProposal(proposal), signature: bytesToHex(signature) }),
    parseAsk: ({ proposal, signature }) => ({ proposal: parseProposal(proposal, ASK), signature: hexToBytes(signature, 65) }),
    encodeAnswer: (answer) =>
      answer.kind === "contribution" ? { kind: answer.kind, ...encodeContribution(answer) } : encodeOtherwise(answer),
    parseAnswer: (body) => (body.kind === "contribution" ? { kind: body.kind, ...parseContribution(body) } : parseOtherwise(body)),
  }),
  commit: messageOf<CommitAsk, CommitmentAnswer, typeof ASK_BODIES.commit, typeof ANSWER_BODIES.commit>("commit", {
    ...{ body: ASK_BODIES.commit, answer: ANSWER_BODIES.commit },
    encodeAsk: ({ proposal, contributions }) => ({
      proposal: encodeProposal(proposal),
      contributions: contributions.map(encodeContribution),
    }),
    parseAsk: ({ proposal, contributions }) => ({
      proposal: parseProposal(proposal, ASK),
      contributions: contributions.map(parseContribution),
    }),
    encodeAnswer: (answer) => (answer.kind === "commitment" ? { kind: answer.kind, ...encodeCommitment(answer) } : encodeOtherwise(answer)),
    parseAnswer: (body) => (body.kind === "commitment" ? { kind: body.kind, ...parseCommitment(body) } : parseOtherwise(body)),
  }),
  deal: messageOf<DealAsk, DealingAnswer, typeof ASK_BODIES.deal, typeof ANSWER_BODIES.deal>("deal", {
    ...{ body: ASK_BODIES.deal, answer: ANSWER_BODIES.deal },
    encodeAsk: ({ commitments, ...session }) => ({ ...encodeSession(session), commitments: commitments.map(encodeCommitment) }),
    parseAsk: ({ commitments, ...session }) => ({ ...parseSession(session, ASK), commitments: commitments.map(parseCommitment) }),
    encodeAnswer: (answer) => (answer.kind === "dealing" ? { kind: answer.kind, ...encodeDealing(answer) } : encodeOtherwise(answer)),
    parseAnswer: (body) => (body.kind === "dealing" ? { kind: body.kind, ...parseDealing(body) } : parseOtherwise(body)),
  }),
  verdict: messageOf<VerdictAsk, VerdictAnswer, typeof ASK_BODIES.verdict, typeof ANSWER_BODIES.verdict>("verdict", {
    ...{ body: ASK_BODIES.verdict, answer: ANSWER_BODIES.verdict },
    encodeAsk: ({ dealings, ...session }) => ({ ...encodeSession(session), dealings: dealings.map(encodeDealing) }),
    parseAsk: ({ dealings, ...session }) => ({ ...parseSession(session, ASK), dealings: dealings.map(parseDealing) }),
    encodeAnswer: (answer) => {
      if (answer.kind === "verdict")
        return { kind: answer.kind, ...encodeSigned(answer), ...(answer.echo === undefined ? {} : { echo: answer.echo }) };
      return answer.kind === "complaint" ? { kind: answer.kind, ...encodeComplaint(answer) } : encodeOtherwise(answer);
    },
    parseAnswer: (body) => {
      if (body.kind === "verdict")
        return { kind: body.kind, ...parseSigned(body), ...(body.echo === undefined ? {} : { echo: parseHash32(body.echo) }) };
      return body.kind === "complaint" ? { kind: body.kind, ...parseComplaint(body, "BAD_ANSWER") } : parseOtherwise(body);
    },
  }),
  confirm: messageOf<ConfirmAsk, ConfirmationAnswer, typeof ASK_BODIES.confirm, typeof ANSWER_BODIES.confirm>("confirm", {
    ...{ body: ASK_BODIES.confirm, answer: ANSWER_BODIES.confirm },
    encodeAsk: ({ verdicts, ...session }) => ({ ...encodeSession(session), verdicts: verdicts.map(encodeSigned) }),
    parseAsk: ({ verdicts, ...session }) => ({ ...parseSession(session, ASK), verdicts: verdicts.map(parseSigned) }),
    encodeAnswer: (answer) => (answer.kind === "confirmation" ? { kind: answer.kind, ...encodeSigned(answer) } : encodeOtherwise(answer)),
    parseAnswer: (body) => (body.kind === "confirmation" ? { kind: body.kind, ...parseSigned(body) } : parseOtherwise(body)),
  }),
  result: messageOf<ResultAsk, ResultAnswer, typeof ASK_BODIES.result, typeof ANSWER_BODIES.result>("result", {
    ...{ body: ASK_BODIES.result, answer: ANSWER_BODIES.result },
    encodeAsk: ({ confirmations, ...session }) => ({ ...encodeSession(session), confirmations: confirmations.map(encodeSigned) }),
    parseAsk: ({ confirmations, ...session }) => ({ ...parseSession(session, ASK), confirmations: confirmations.map(parseSigned) }),
    encodeAnswer: (answer) => (answer.kind === "stored" ? { kind: answer.kind } : encodeOtherwise(answer)),
    parseAnswer: (body) => (body.kind === "stored" ? { kind: body.kind } : parseOtherwise(body)),
  }),
  abort: messageOf<AbortAsk, void, typeof ASK_BODIES.abort, typeof ANSWER_BODIES.abort>("abort", {
    ...{ body: ASK_BODIES.abort, answer: ANSWER_BODIES.abort },
    encodeAsk: ({ slot, signature, ...session }) => ({ ...encodeSession(session), ...encodeSigned({ slot, signature }) }),
    parseAsk: ({ slot, signature, ...session }) => ({ ...parseSession(session, ASK), ...parseSigned({ slot, signature }) }),
    encodeAnswer: () => ({}),
    parseAnswer: () => undefined,
  }),
} as const;
