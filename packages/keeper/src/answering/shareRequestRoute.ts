import { type Admission, addressGroupOf, bodySchema, errorReplyOf, type HttpRoute } from "@keyquorum/http";
import type { ReceivedShareRequest } from "@keyquorum/protocol";
import { KeyquorumError, type NodeErrorCode, parseShareRequestBody, ROUTES, type SigningDomain, shareRequestDigest } from "@keyquorum/wire";
import type { Clock } from "../run/clock.ts";
import type { AnswerService } from "./answerService.ts";
import { type AuthorizeReader, delegationOf } from "./authorizeReader.ts";
import { createReadHeaders } from "./readHeaders.ts";
import type { Refusals } from "./refusals.ts";

/** POST /v1/share-requests: a reader asks for this keeper's share, by a signature and without gas. PROTOCOL sections 4.4, 5.1 and 5.6. */
export const shareRequestRoute =
  (options: {
    readonly service: Pick<AnswerService, "answer">;
    readonly authorizeReader: AuthorizeReader;
    readonly refusals: Pick<Refusals, "note">;
    /** Decides a few requests at once, those of addresses that were answered lately first. */
    readonly admission: Pick<Admission, "run">;
    readonly domain: SigningDomain;
    readonly clock: Clock;
    /** Seconds; of the newest block seen. A clock that is a little behind it is wrong, and a request must not be refused for that. Default: none. */
    readonly newestBlockTime?: () => number;
    /** Throws KeyquorumError while this keeper cannot answer at all. */
    readonly assertServing: () => void;
    readonly maxDeadlineSeconds: number;
  }): HttpRoute =>
  (server) => {
    const { path, body } = ROUTES.postShareRequest;
    const readHeader = createReadHeaders();
    // Whatever is refused here, from the limit per address on; what the service refused it has noted itself, with all that it knew.
    server.addHook("onError", (_request, _reply, error, done) => {
      options.refusals.note(error, errorReplyOf(error).body.code as NodeErrorCode); // true: a keeper sends codes of the table only
      done();
    });
    server.post(path, bodySchema(body), async (request, reply) => {
      options.assertServing();
      const signed = parseShareRequestBody(request.body, readHeader);
      const delegated = delegationOf(signed);
      const { document, headerHash, requester, readerKey, contextHash, deadline } = signed.request;
      assertDeadline(deadline, timeFor(deadline, options), options.maxDeadlineSeconds);
      const requestId = shareRequestDigest(options.domain, signed.request);
      const received: ReceivedShareRequest = {
        state: "received",
        channel: "http",
        requestId,
        document,
        headerHash,
        requester,
        readerKey,
        contextHash,
        deadline,
        ...(signed.epoch === undefined ? {} : { epoch: signed.epoch }),
      };
      const given = await options.admission.run({ address: addressGroupOf(request.ip), until: Number(deadline) * 1000 }, () => {
        const then = timeFor(deadline, options); // its turn may have come later
        assertDeadline(deadline, then, options.maxDeadlineSeconds);
        const proof = options.authorizeReader({ asked: signed, requestId, delegated, now: then });
        return options.service.answer({ request: received, header: signed.header, now: then, proof });
      });
      // A suspended machine may wake up here, much later.
      const then = timeFor(deadline, options);
      assertDeadline(deadline, then, options.maxDeadlineSeconds);
      if (delegated !== undefined && delegated.session.until <= then)
        throw new KeyquorumError("SESSION_EXPIRED", undefined, { details: { field: "delegation.until" } });
      return reply.type("application/json; charset=utf-8").send(given.body);
    });
  };

/** Further ahead than this it is the chain's time that is odd: a development chain was moved. */
const MAX_CLOCK_ERROR_SECONDS = 300;

/**
 * Seconds: this machine's clock. Where a deadline is too far by it, and the newest block shows it to be behind by an error that clocks have: that
 * block's time. Nothing is called over by the chain's time: readers sign by their own clocks.
 */
const timeFor = (
  deadline: bigint,
  {
    clock,
    newestBlockTime = () => 0,
    maxDeadlineSeconds,
  }: { readonly clock: Clock; readonly newestBlockTime?: () => number; readonly maxDeadlineSeconds: number },
): bigint => {
  const own = Math.floor(clock.now() / 1000);
  if (deadline <= BigInt(own + maxDeadlineSeconds)) return BigInt(own);
  const chain = newestBlockTime();
  return BigInt(chain > own && chain - own <= MAX_CLOCK_ERROR_SECONDS ? chain : own);
};

/** Cheap, so before the signature. protocol checks the deadline again, with the same clock. */
const assertDeadline = (deadline: bigint, now: bigint, maxSeconds: number): void => {
  if (deadline <= now) throw new KeyquorumError("DEADLINE_PASSED", undefined, { details: { field: "request.deadline" } });
  if (deadline > now + BigInt(maxSeconds))
    throw new KeyquorumError("DEADLINE_TOO_FAR", undefined, { details: { field: "request.deadline", maxSeconds } });
};
