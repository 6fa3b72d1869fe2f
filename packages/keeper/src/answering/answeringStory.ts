import { transactionCost } from "@keyquorum/chain";
import { ADMISSION_LIMITS, createAdmission } from "@keyquorum/http";
import { createMirroredRequests, type MirroredRequests } from "../contracts/mirroredRequests.ts";
import type { KeeperStatus } from "../report/status.ts";
import type { Core } from "../run/core.ts";
import { every } from "../run/every.ts";
import type { Story } from "../run/story.ts";
import { ANSWERING_DUTIES } from "./answeringDuties.ts";
import { createAnswerRequest } from "./answerRequest.ts";
import { type AnswerService, createAnswerService } from "./answerService.ts";
import { createAuthorizeReader } from "./authorizeReader.ts";
import { createChallengeBudget } from "./challengeBudget.ts";
import { createChallengeLies } from "./challengeLies.ts";
import { createMayStillChallenge } from "./challengeTransaction.ts";
import { createFeeCredit } from "./feeCredit.ts";
import { createMayStillAnswer } from "./mayStillAnswer.ts";
import { createPostedAnswers } from "./postedAnswers.ts";
import { pruneRequests } from "./pruneRequests.ts";
import { createRefusals, type Refusals } from "./refusals.ts";
import { createRequestBudget } from "./requestBudget.ts";
import { createRequestLimits } from "./requestLimits.ts";
import { shareRequestRoute } from "./shareRequestRoute.ts";

const PRUNE_EVERY_MILLISECONDS = 60_000;
const DROP_EVERY_MILLISECONDS = 3_600_000;

/**
 * Readers ask, on chain and by HTTP: one decision and one answer for both; on chain, wrong answers of others are challenged.
 * `readAgainFrom`: the first block whose logs stay in the mirror, because they will be read a second time.
 */
export const answeringStory = (core: Core, readAgainFrom: (final: number) => number): Story => {
  const { vault, standing, seen, clock } = core;
  const refusals = createRefusals(core);
  const service = openService(core, refusals);
  const requests = createMirroredRequests(core);
  const feeCredit = createFeeCredit({ ...core, slot: standing.slot });
  const prune = every(PRUNE_EVERY_MILLISECONDS, clock, async () => {
    await vault.answers.prune(clock.now());
    await refusals.write();
  });
  const dropRequests = every(DROP_EVERY_MILLISECONDS, clock, (final: Parameters<typeof pruneRequests>[1]) =>
    pruneRequests({ ...core, readAgainFrom }, final, clock.now()),
  );
  const domain = { chainId: core.contracts.chainId, shareRequests: core.contracts.addresses.shareRequests };
  const authorizeReader = createAuthorizeReader({ ...core, domain, factories: core.config.wallets.factories });
  return {
    name: "answering",
    on: ANSWERING_DUTIES,
    work: onChainWork(core, service, requests),
    mayResend: { answer: createMayStillAnswer({ ...core, requests, service }), challenge: createMayStillChallenge(core) },
    routes: [
      shareRequestRoute({
        ...core,
        ...{ refusals, authorizeReader, domain, admission: openAdmission(core) },
        service: { answer: (input) => core.within(() => service.answer(input)) },
        newestBlockTime: () => seen.now()?.head.timestamp ?? 0,
        maxDeadlineSeconds: core.config.limits.maxDeadlineSeconds,
      }),
    ],
    upkeep: async (view) => {
      await prune();
      await dropRequests(view.final);
      await feeCredit.refresh(view.head);
    },
    status: () => ({ feeCreditWei: feeCredit.last()?.toString() ?? "" }) satisfies Partial<KeeperStatus>,
    close: async () => {
      await refusals.write(); // what is being written
      await refusals.write(); // what came meanwhile
    },
  };
};

const openService = (core: Core, refusals: Refusals): AnswerService => {
  const { config, seen } = core;
  const answers = createAnswerService({
    ...core,
    ...core.shares,
    limits: createRequestLimits({ ...config.limits, clock: core.clock }),
    refusals,
    maxHeadAge: config.chain.maxHeadAgeSeconds,
    minHeadNumber: seen.mirrored,
    mirroredFinal: seen.mirroredFinal,
  });
  return {
    answer: (asked) => core.giveWay.first(() => answers.answer(asked)),
    decide: (asked) => core.giveWay.first(() => answers.decide(asked)),
  };
};

const openAdmission = ({ clock, config, metrics }: Core) =>
  createAdmission({
    clock,
    // Waiting, answering (`core.within`) and the rest fit into the time of one request.
    limits: { ...ADMISSION_LIMITS, maxWaitMilliseconds: config.http.requestTimeoutMilliseconds / 10 },
    onWaiting: (waiting) => metrics.shareRequestsWaiting.set(waiting),
  });

const onChainWork = (core: Core, service: AnswerService, requests: MirroredRequests): NonNullable<Story["work"]> => {
  const { config, contracts, rpc, operator, standing, balance } = core;
  const { stagingBlocks } = config.chain;
  const own = { ...core, ...config.limits, slot: standing.slot, balance: balance.read };
  const posted = createPostedAnswers(core);
  const onChain = { ...core, requests, posted, stagingBlocks, slot: standing.slot };
  return {
    request: { handler: createAnswerRequest({ ...onChain, service, budget: createRequestBudget(own) }) },
    challenge: {
      handler: createChallengeLies({
        ...onChain,
        budget: createChallengeBudget(own),
        costOf: (data) => transactionCost(rpc, { from: operator, to: contracts.addresses.optimisticRequests, data }),
      }),
    },
  };
};
