import type { ReceivedShareRequest } from "@keyquorum/protocol";
import {
  type Address,
  isCanonicalSignature,
  KeyquorumError,
  parseAddress,
  parseShareRequestBody,
  type RequestId,
  ROUTES,
  type SigningDomain,
  shareRequestDigest,
} from "@keyquorum/wire";
import { recoverAddress, Signature } from "ethers";
import type { AnswerService } from "../answers/answerService.ts";
import type { Clock } from "../clock.ts";
import type { KeeperRoute } from "./httpServer.ts";

/** POST /v1/share-requests: a reader asks for this keeper's share, by a signature and without gas. PROTOCOL sections 4.4 and 5.1. */
export const shareRequestRoute =
  (options: {
    readonly service: AnswerService;
    readonly domain: SigningDomain;
    readonly clock: Clock;
    /** Throws KeyquorumError while this keeper cannot answer at all. */
    readonly assertServing: () => void;
    readonly maxDeadlineSeconds: number;
  }): KeeperRoute =>
  (server) => {
    const { path, body } = ROUTES.postShareRequest;
    server.post(path, { schema: { body } }, async (request, reply) => {
      options.assertServing();
      const { header, request: asked, signature, delegation } = parseShareRequestBody(request.body);
      if (delegation !== undefined)
        throw new KeyquorumError("INVALID_REQUEST", "The field delegation is not known to this version.", {
          details: { field: "delegation" },
        });
      const now = secondsOf(options.clock);
      assertDeadline(asked.deadline, now, options.maxDeadlineSeconds);
      const requestId = shareRequestDigest(options.domain, asked);
      assertSignature(requestId, signature, asked.requester);
      const { document, headerHash, requester, readerKey, contextHash, deadline } = asked;
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
      };
      const given = await options.service.answer({ request: received, header, now });
      assertDeadline(deadline, secondsOf(options.clock), options.maxDeadlineSeconds); // a suspended machine may wake up here, much later
      return reply.type("application/json; charset=utf-8").send(given.body);
    });
  };

const secondsOf = (clock: Clock): bigint => BigInt(Math.floor(clock.now() / 1000));

/** Cheap, so before the signature. protocol checks the deadline again, with the same clock. */
const assertDeadline = (deadline: bigint, now: bigint, maxSeconds: number): void => {
  if (deadline <= now) throw new KeyquorumError("DEADLINE_PASSED", undefined, { details: { field: "request.deadline" } });
  if (deadline > now + BigInt(maxSeconds))
    throw new KeyquorumError("DEADLINE_TOO_FAR", undefined, { details: { field: "request.deadline", maxSeconds } });
};

/** Version 1 accepts an account's own signature: 65 bytes, low s, v 27 or 28, recovering to the requester (D31). */
const assertSignature = (digest: RequestId, signature: Uint8Array, requester: Address): void => {
  if (recover(digest, signature) === requester) return;
  throw new KeyquorumError("INVALID_SIGNATURE", undefined, { details: { field: "signature" } });
};

const recover = (digest: RequestId, signature: Uint8Array): Address | undefined => {
  if (!isCanonicalSignature(signature)) return undefined;
  try {
    return parseAddress(recoverAddress(digest, Signature.from(`0x${Buffer.from(signature).toString("hex")}`)));
  } catch {
    return undefined; // r is no x-coordinate: nobody signed
  }
};
