import { bodySchema, type HttpRoute } from "@keyquorum/http";
import type { PeerAnswerer } from "./peerTransport.ts";

/** What this keeper answers to other keepers, by HTTP. */
export const peerRoutes =
  ({
    answerers,
    assertServing,
    within = (work) => work(),
  }: {
    readonly answerers: readonly PeerAnswerer[];
    readonly assertServing: () => void;
    /** Bounds the work of one request. Default: nothing does. */
    readonly within?: <Result>(work: () => Promise<Result>) => Promise<Result>;
  }): HttpRoute =>
  (server) => {
    for (const { route, maxAskBytes, respond } of answerers)
      server.post(route.path, { bodyLimit: maxAskBytes, ...bodySchema(route.body) }, async (request, reply) => {
        assertServing();
        return reply.send(await within(() => respond(request.body)));
      });
  };
