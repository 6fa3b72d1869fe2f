import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { Vault } from "@keyquorum/vault";
import type { RequestId } from "@keyquorum/wire";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { MirroredRequests } from "../contracts/mirroredRequests.ts";
import { DONE, WAIT, type WorkHandler, type WorkOutcome } from "../run/workRunner.ts";
import type { RequestWork } from "./answerRequest.ts";
import { createChallengeTerms } from "./challengeTerms.ts";
import { type Displacement, displacementOf } from "./displacement.ts";
import type { PostedAnswers } from "./postedAnswers.ts";
import { isQuiet, phaseAt, type Quiet } from "./quietRequest.ts";
import { createRequestNews } from "./requestNews.ts";
import { challengeNext, type SendOptions } from "./sendChallenge.ts";

type Options = SendOptions & {
  readonly vault: Pick<Vault, "logs">;
  readonly requests: MirroredRequests;
  readonly reader: ChainReader;
  readonly posted: PostedAnswers;
  /** This keeper's slot now; 0 while it has none. */
  readonly slot: () => number;
};

/** Challenge windows are a minute or longer. */
const NOTHING_YET: WorkOutcome = { kind: "wait", milliseconds: 2_000 };
/** A request of which nothing new is mirrored is looked at so often while a window lasts, for what news cannot tell. */
const LOOKS_PER_WINDOW = 8n;

/**
 * Challenges wrong answers that would be paid in the place of this keeper's (D63). PROTOCOL section 5.5. Works at the head: the window may be over
 * before a block is final. The lies are shared out among the displaced keepers by rank, one each; whoever comes next takes a lie over a step later,
 * if it still stands. A keeper challenges an answer once, and one of a request at a time: when its own is paid, it is done.
 */
export const createChallengeLies = (options: Options): WorkHandler<RequestWork> => {
  const { requests, posted } = options;
  const terms = createChallengeTerms(options);
  const dueAt = new Map<string, number>();
  const said = new Set<string>();
  const quiet = new Map<string, Quiet>();
  const news = createRequestNews(options);

  const finish = (work: RequestWork): WorkOutcome => {
    const { requestId, blockHash } = work;
    terms.forget(work);
    quiet.delete(`${requestId}:${blockHash}`);
    posted.forget(requestId);
    for (const name of [...dueAt.keys(), ...said]) {
      if (!name.startsWith(requestId)) continue;
      dueAt.delete(name);
      said.delete(name);
    }
    return DONE;
  };

  return async (work, heads): Promise<WorkOutcome> => {
    const { requestId, blockNumber } = work;
    const { head, final } = heads;
    const name = `${requestId}:${work.blockHash}`;
    const seen = `${options.slot()} ${await news.of(requestId, heads)}`;
    if (isQuiet(quiet.get(name), seen, heads)) return NOTHING_YET;
    quiet.delete(name);
    const requested = await requests.find(work);
    if (requested === undefined) return final.number < blockNumber ? WAIT : finish(work); // reorganised away; if it came back, that is other work
    const window = await terms.windowAt(head);
    const { deadline } = requested.request;
    const nothingYet = (): WorkOutcome => {
      const times = { deadline, end: deadline + window, again: BigInt(head.timestamp) + window / LOOKS_PER_WINDOW };
      quiet.set(name, { seen, ...times, phase: phaseAt(times, heads) });
      return NOTHING_YET;
    };
    if (BigInt(final.timestamp) > deadline + window) return finish(work);
    const own = options.slot();
    const fixed = await terms.of(work, head.hash);
    const header = await requests.headerOf(requested);
    if (own === 0 || fixed === undefined || header === undefined) return nothingYet();

    const answers = await posted.list(requested, fixed, header);
    const displacementAt = async (toBlock: number, isOpen: boolean): Promise<Displacement | undefined> =>
      displacementOf({
        answers,
        disproved: await disprovedSlots(options, requestId, toBlock),
        quorum: fixed.quorum,
        members: fixed.members.map(({ slot }) => slot),
        own,
        isOpen,
      });
    const displacement = await displacementAt(head.number, BigInt(head.timestamp) <= deadline);
    if (displacement === undefined) {
      const isForGood = BigInt(final.timestamp) > deadline && (await displacementAt(final.number, false)) === undefined;
      return isForGood ? finish(work) : nothingYet();
    }
    if (BigInt(head.timestamp) > deadline + window) return nothingYet();
    return challengeNext(options, { requested, terms: fixed, header, own }, displacement, heads, { dueAt, said });
  };
};

/** Whose answers were proved wrong, up to a block. */
const disprovedSlots = async ({ vault, contracts }: Options, requestId: RequestId, toBlock: number): Promise<readonly number[]> => {
  const filter = { address: contracts.addresses.optimisticRequests, topic0: eventTopic("AnswerDisproved"), topic1: requestId, toBlock };
  const logs = await vault.logs.find(filter);
  return logs.flatMap((log) => {
    const event = parseContractLogOf(contracts.deployment, log, "AnswerDisproved");
    return event === undefined ? [] : [Number(event.args.slot)];
  });
};
