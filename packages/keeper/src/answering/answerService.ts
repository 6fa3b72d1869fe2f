import { type Heads, isUnavailable } from "@keyquorum/chain";
import {
  type CheckedShareRequest,
  checkShareRequest,
  type DecidedShareRequest,
  matchShareRequest,
  type ReceivedShareRequest,
} from "@keyquorum/protocol";
import { parseVesAnswer, type VesAnswer } from "@keyquorum/threshold";
import type { AnswersGiven, Vault } from "@keyquorum/vault";
import { type DocumentHeader, KeyquorumError } from "@keyquorum/wire";
import { createPermissionDoor, type PermissionDoor, type PermissionDoorOptions, type SeenHeads } from "../contracts/permissionDoor.ts";
import { describeError } from "../report/describeError.ts";
import type { Metrics } from "../report/metrics.ts";
import type { Core } from "../run/core.ts";
import { every } from "../run/every.ts";
import type { KeyMaterial } from "../shares/keyMaterial.ts";
import type { Authorization, ReaderProof } from "./authorizeReader.ts";
import { createDecisionLines } from "./decisionLines.ts";
import { createDenials, type Denials } from "./denials.ts";
import { type AnswerOptions, makeAnswer, writeDown } from "./newAnswer.ts";
import { orRefuse } from "./orRefuse.ts";
import { blocksOf, decide, questionOf, requirePermittedAtHead } from "./permission.ts";
import { createProvedHeaders, type ProvedHeaders } from "./provedHeaders.ts";
import { refusalOf } from "./refusal.ts";
import type { Refusals } from "./refusals.ts";
import type { RequestLimits } from "./requestLimits.ts";
import { requireServed, withoutShare } from "./servedEpoch.ts";

/** An answer that may be sent now: it and its audit record are durable. */
export type GivenAnswer = {
  /** Body of POST /v1/share-requests: the same bytes for the same request. */
  readonly body: string;
  /** The answer, read from what was stored. */
  readonly answer: () => VesAnswer;
  readonly header: DocumentHeader;
  readonly material: KeyMaterial;
};

/** A request and what came with it. */
export type Asked = {
  readonly request: ReceivedShareRequest;
  readonly header: DocumentHeader;
  /** Seconds since 1970, for the deadline: the keeper's clock (HTTP) or, where it is left out, the head's timestamp (chain). */
  readonly now?: bigint;
  /** What shows that the requester asks. Requests on chain need none: the requester sent the transaction. */
  readonly proof?: ReaderProof;
};

export type AnswerService = {
  /**
   * Decides about a request as of now and gives this keeper's answer. To be called before every send, stored answers included (D27).
   * Throws KeyquorumError with the code of the refusal.
   */
  readonly answer: (asked: Asked) => Promise<GivenAnswer>;
  /**
   * The decision alone, as of now, about a request on chain whose answer was given before and is to be sent again: no answer is made, stored or
   * recorded, and neither a yes nor a no is counted. Throws KeyquorumError with the code of the refusal.
   */
  readonly decide: (asked: Pick<Asked, "request" | "header">) => Promise<void>;
};

type Options = PermissionDoorOptions &
  AnswerOptions &
  Pick<Core, "reader" | "operators" | "log"> &
  Pick<Core["shares"], "materials" | "handOver" | "committees"> & {
    readonly vault: Pick<Vault, "answers" | "keyShares" | "transaction">;
    readonly limits: RequestLimits;
    readonly refusals: Refusals;
    /** The final block that the mirror had at the last look; -1 before the first. */
    readonly mirroredFinal: () => number;
    readonly metrics: Pick<Metrics, "sharesReleased" | "auditRecords" | "shareRequests">;
  };

const SAY_AGAIN_MILLISECONDS = 10_000;

export const createAnswerService = (options: Options): AnswerService => {
  const lines = createDecisionLines(options);
  const deciding: Deciding = {
    ...options,
    permissions: createPermissionDoor(options),
    denials: createDenials(),
    isProved: createProvedHeaders(),
  };
  /** Once in a while: as long as the node is away, every request fails so. */
  const sayUnavailable = every(SAY_AGAIN_MILLISECONDS, options.clock, async (error: unknown) =>
    options.log.warn("The chain could not be asked for a decision", describeError(error)),
  );
  return {
    decide: async (input) => {
      try {
        const { heads } = await decideAsked(deciding, input, { isVerified: true });
        await decideAgain(deciding, input, heads);
      } catch (error) {
        if (isUnavailable(error)) await sayUnavailable(error);
        throw refusalOf(error, options.log, "A share request");
      }
    },
    answer: async (input) => {
      const { channel } = input.request;
      const asked: AskedRequest = { isVerified: channel === "chain" };
      try {
        const given = await giveAnswer(deciding, input, asked);
        options.metrics.shareRequests.inc({ channel, outcome: "ANSWERED" });
        options.metrics.sharesReleased.inc();
        const { requestId, document } = input.request;
        const { keyId, epoch, slot } = given.material;
        lines.write({ lane: "released", outcome: "ANSWERED", data: { channel, requestId, document, keyId, epoch, slot } });
        return given;
      } catch (error) {
        const refusal = refusalOf(error, options.log, "A share request");
        if (isUnavailable(error)) await sayUnavailable(error);
        options.metrics.shareRequests.inc({ channel, outcome: refusal.code });
        options.refusals.note(refusal, refusal.code, refusedRequest(input, asked));
        throw refusal;
      }
    },
  };
};

/** What is known so far about a request that is being decided. */
type AskedRequest = { isVerified: boolean; heads?: Heads };

const refusedRequest = (
  { request: { channel, requestId, document, requester }, proof }: Asked,
  { isVerified, heads }: AskedRequest,
): Parameters<Refusals["note"]>[2] => ({
  ...{ isVerified, channel, requestId, document, requester },
  ...(proof?.sessionKey === undefined ? {} : { sessionKey: proof.sessionKey }),
  ...(heads === undefined ? {} : blocksOf(heads)),
});

type Deciding = Options & { readonly permissions: PermissionDoor; readonly denials: Denials; readonly isProved: ProvedHeaders };

const giveAnswer = async (options: Deciding, input: Asked, asked: AskedRequest): Promise<GivenAnswer> => {
  const { decided, authorization, material, answers, heads } = await decideAsked(options, input, asked);
  const stored = answers.in(decided.epoch); // one that came meanwhile is found when this one is written down
  const given = await writeDown(options, decided, authorization, stored ?? (await makeAnswer(options, decided, material)));
  await decideAgain(options, { ...input, request: { ...input.request, epoch: decided.epoch } }, heads); // a request may leave it open: this answer is of one
  return { body: given.body, answer: () => parseVesAnswer(given.answer), header: input.header, material };
};

/** An answer leaves on a look that began at most so long ago (D76). */
const OLDEST_LOOK_MILLISECONDS = 1_000;
const MOST_LOOKS = 5;

/** Decides anew where deciding, making and writing down the answer took long, as often as that takes too long itself. Nothing of it is counted. */
const decideAgain = async (options: Deciding, input: Asked, heads: SeenHeads): Promise<void> => {
  let { age } = heads;
  for (let looks = 0; age() > OLDEST_LOOK_MILLISECONDS; looks += 1) {
    if (looks === MOST_LOOKS)
      throw new KeyquorumError(
        "UNAVAILABLE",
        "The chain could not be asked within a second: this keeper's node, or this machine, is too slow.",
        {
          details: { reason: "TIMEOUT" },
        },
      );
    ({ age } = (await decideAsked({ ...options, limits: UNCOUNTED }, input, { isVerified: true })).heads);
  }
};

const UNCOUNTED: RequestLimits = { countRequester: () => undefined, countDocument: () => undefined };

type Decided = {
  readonly decided: DecidedShareRequest;
  readonly authorization: Authorization;
  readonly material: KeyMaterial;
  /** What was answered to this request before. */
  readonly answers: AnswersGiven;
  /** What was decided by. */
  readonly heads: SeenHeads;
};

/** The order is PROTOCOL section 5.1's: what costs least is refused first, and nothing is counted against a requester or a document that is not proved. */
const decideAsked = async (options: Deciding, input: Asked, asked: AskedRequest): Promise<Decided> => {
  const { vault, contracts, reader, limits } = options;
  const { request, header, now, proof } = input;
  const deployment = { chainId: contracts.chainId, documentRegistry: contracts.addresses.documentRegistry };
  const unmatched = matchShareRequest({ request, header, deployment });
  if (unmatched !== undefined) orRefuse(unmatched);
  const isProved = (): void => {
    asked.isVerified = true;
    limits.countRequester(request.requester, request.requestId);
  };
  if (proof?.kind === "signed") isProved();

  const heads = await options.permissions.look();
  asked.heads = heads;
  options.permissions.requireFresh(heads);
  if (proof?.kind === "session") {
    options.permissions.foresee(questionOf(request, header), heads);
    await proof.proveRequester(heads).then(isProved);
  }
  await requirePermittedAtHead(options, { request, header, isProved: asked.isVerified }, heads);
  if (proof?.kind === "claimed") await proof.proveRequester(heads).then(isProved);
  const authorization = (await proof?.proveStatement(heads)) ?? {};
  if (request.channel === "http") limits.countDocument(request.document, request.requestId);

  const [key, answers] = await Promise.all([reader.at(heads.final.hash).keyOf(header.keyId), vault.answers.to(request.requestId)]);
  const answered = answers.headerHash();
  const checked = orRefuse<CheckedShareRequest>(
    checkShareRequest({
      request,
      header,
      key: key === undefined ? undefined : { keyId: header.keyId, ...key },
      ...{ deployment, isProved: options.isProved },
      now: now ?? BigInt(heads.head.timestamp),
      ...(answered === undefined ? {} : { answeredHeader: answered }),
    }),
  );
  if (checked.epoch !== key?.activeEpoch) await requireServed(options, checked, heads.final);
  const material = await options.materials.load(checked.keyId, checked.epoch, heads.final);
  if (material === undefined) throw await withoutShare(options, checked, heads);
  return { decided: await decide(options.permissions, checked, heads), authorization, material, answers, heads };
};
