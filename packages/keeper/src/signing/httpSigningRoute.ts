import { type Admission, addressGroupOf, bodySchema, type HttpRoute } from "@keyquorum/http";
import {
  encodeSignatureBody,
  type GivenSignature,
  type Hash32,
  KeyquorumError,
  MAX_SIGNING_BODY_BYTES,
  parseHttpSigningRequest,
  SIGNING_REQUEST_ROUTE,
  type SignedHttpSigningRequest,
  type SigningRequestsDomain,
} from "@keyquorum/wire";
import { createFirstAndAgain } from "../answering/requestLimits.ts";
import type { Core } from "../run/core.ts";
import { setNewest } from "../run/newestOnly.ts";
import type { AuthoriseSigning } from "./authoriseSigning.ts";
import type { Coordinate } from "./coordinate.ts";
import { type FoundRequest, requestByHttp } from "./foundRequest.ts";
import type { SigningParties } from "./signingParties.ts";
import { countedSigning } from "./signingRefusal.ts";

type Options = Pick<Core, "clock" | "log" | "metrics" | "assertServing" | "within"> & {
  readonly domain: SigningRequestsDomain;
  readonly parties: Pick<SigningParties, "activeEpochOf">;
  readonly authorise: AuthoriseSigning;
  readonly coordinate: Coordinate;
  readonly admission: Pick<Admission, "run">;
  readonly requestsPerRequesterPerMinute: number;
};

/** Signatures that are kept, so that who asks again gets the same one. */
const MOST_KEPT = 256;

/**
 * POST /v1/signing/requests: a requester has a key sign by HTTP, without gas; this keeper coordinates. PROTOCOL section 9. It decides first, as every
 * signer does again: who may not, costs no other keeper anything. A signature that was made is decided about anew before it is given again.
 */
export const httpSigningRoute = (options: Options): HttpRoute => {
  const { domain, parties, authorise, coordinate, admission, metrics, log } = options;
  const requesters = createFirstAndAgain(options.requestsPerRequesterPerMinute, options.clock);
  const making = new Map<Hash32, Promise<GivenSignature>>();

  const made = (found: FoundRequest, asked: SignedHttpSigningRequest): Promise<GivenSignature> => {
    const known = making.get(found.requestId);
    if (known !== undefined) return known;
    const work = coordinate(found, asked);
    setNewest(making, found.requestId, work, MOST_KEPT);
    work.catch(() => making.delete(found.requestId));
    return work;
  };

  const sign = countedSigning({ log, metrics }, "request", async (asked: SignedHttpSigningRequest): Promise<GivenSignature> => {
    const found = requestByHttp(domain, asked);
    const permit = async (): Promise<void> => void (await authorise(found, await parties.activeEpochOf(found)));
    await permit();
    const retryAfterSeconds = requesters.count(found.requester, found.requestId as string as Parameters<typeof requesters.count>[1]);
    if (retryAfterSeconds > 0)
      throw new KeyquorumError("RATE_LIMITED", "This account asked too often.", { details: { limit: "requester", retryAfterSeconds } });
    const isKnown = making.has(found.requestId);
    const given = await made(found, asked);
    if (isKnown) await permit();
    return given;
  });

  return (server) => {
    const { path, body } = SIGNING_REQUEST_ROUTE;
    server.post(path, { bodyLimit: MAX_SIGNING_BODY_BYTES, ...bodySchema(body) }, async (request, reply) => {
      options.assertServing();
      const asked = parseHttpSigningRequest(request.body);
      const until = Number(asked.request.deadline) * 1000;
      const given = await admission.run({ address: addressGroupOf(request.ip), until }, () => options.within(() => sign(asked)));
      return reply.send(encodeSignatureBody(given));
    });
  };
};
