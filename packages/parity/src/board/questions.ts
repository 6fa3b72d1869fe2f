import type { ExtensionServices } from "@keyquorum/keeper";
import {
  SERVER_KEY_KINDS,
  type ServerKeyAnswers,
  type ServerKeyContext,
  type ServerKeyProposal,
  type ServerKeyStatement,
} from "@keyquorum/protocol";
import { hexToBytes, KeyquorumError, type PeerMessage } from "@keyquorum/wire";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { type Addressed, BOARD_MESSAGES, QUESTIONS, type QuestionName } from "./boardMessages.ts";

/**
 * What a member signs to ask another one: which question about which id, whom, a nonce, so that no two questions are the same, and the content as it is
 * sent. It keeps strangers out and counts for the sender's limits; what members count on is signed by itself.
 */
export const questionStatement = (
  name: QuestionName,
  { from, to, nonce }: Pick<Addressed<unknown>, "from" | "to" | "nonce">,
  { serverKeyId }: ServerKeyProposal,
  content: unknown,
): ServerKeyStatement => ({
  kind: SERVER_KEY_KINDS.question,
  about: [hexToBytes(serverKeyId, 32), from, to, QUESTIONS[name], nonce],
  content: keccak_256(utf8ToBytes(JSON.stringify(content))),
});

/** How long the questions of one undertaking may take, together. */
export type Budget = { readonly over: Promise<never>; readonly end: () => void };

/** @param milliseconds by the keeper's own clock */
export const createBudget = ({ clock, stopping }: Pick<ExtensionServices, "clock" | "stopping">, milliseconds: number): Budget => {
  const ended = new AbortController();
  const over = clock.sleep(milliseconds, AbortSignal.any([stopping, ended.signal])).then((): never => {
    throw new KeyquorumError("UNAVAILABLE", "The keeper does not answer in time.");
  });
  over.catch(() => undefined); // it loses where all answer in time
  return { over, end: () => ended.abort() };
};

type Services = Pick<ExtensionServices, "chain" | "members" | "peers" | "random">;

/** Another member, as this one asks it: by its registered endpoint, while the budget lasts. Throws KeyquorumError. */
export const askingPeer = (services: Services, context: ServerKeyContext, budget: Budget, to: number): ServerKeyAnswers => {
  const ask = async <Ask extends { readonly proposal: ServerKeyProposal }, Answer>(
    name: QuestionName,
    message: PeerMessage<Addressed<Ask>, Answer> & { readonly encodeContent: (ask: Ask) => unknown },
    asked: Ask,
  ): Promise<Answer> => {
    const nonce = services.random({
      session: hexToBytes(asked.proposal.serverKeyId, 32),
      statement: keccak_256(utf8ToBytes(`question ${name}`)),
    })(32);
    const addressed = { from: context.slot, to, nonce };
    const signature = context.sign(questionStatement(name, addressed, asked.proposal, message.encodeContent(asked)));
    const heads = services.chain.seen() ?? (await services.chain.look());
    const asking = services.members
      .endpointOf(to, heads)
      .then((endpoint = "") => services.peers.ask(message, endpoint, { ...addressed, signature, ask: asked }));
    asking.catch(() => undefined); // it may fail after the budget has
    return Promise.race([asking, budget.over]);
  };
  return {
    propose: (asked) => ask("propose", BOARD_MESSAGES.propose, asked),
    commit: (asked) => ask("commit", BOARD_MESSAGES.commit, asked),
    deal: (asked) => ask("deal", BOARD_MESSAGES.deal, asked),
    verdict: (asked) => ask("verdict", BOARD_MESSAGES.verdict, asked),
    confirm: (asked) => ask("confirm", BOARD_MESSAGES.confirm, asked),
    result: (asked) => ask("result", BOARD_MESSAGES.result, asked),
    abort: (asked) => ask("abort", BOARD_MESSAGES.abort, asked),
  };
};
