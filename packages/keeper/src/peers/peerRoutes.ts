import { bodySchema, type HttpRoute } from "@keyquorum/http";
import type { PeerAnswerer } from "./peerTransport.ts";

/** What this keeper answers to other keepers, by HTTP. */
export const peerRoutes =
  ({
    answerers,
    assertServing,
    within = (work) => work(),
    perMinute,
  }: {
    readonly answerers: readonly PeerAnswerer[];
    readonly assertServing: () => void;
    /** Bounds the work of one request. Default: nothing does. */
    readonly within?: <Result>(work: () => Promise<Result>) => Promise<Result>;
    /** Of one address. Default: what the server allows all of its routes together. */
    readonly perMinute?: number;
  }): HttpRoute =>
  (server) => {
    const rate = perMinute === undefined ? {} : { config: { rateLimit: { max: perMinute, timeWindow: 60_000 } } };
    for (const { route, maxAskBytes, respond } of answerers)
      server.post(route.path, { bodyLimit: maxAskBytes, ...bodySchema(route.body), ...rate }, async (request, reply) => {
        assertServing();
        return reply.send(await within(() => respond(request.body)));
      });
  };
