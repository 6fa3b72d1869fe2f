import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import type { FastifyInstance } from "fastify";

/** What web pages may read, from the origins that the configuration names. */
const PUBLIC_ROUTES = "/v1/";

/** Tells browsers what pages may do with answers: read `/v1/...` from the given origins, frame and run nothing. Hides what serves. */
export const guardFromWebPages = async (server: FastifyInstance, origins: readonly string[] = ["*"]): Promise<void> => {
  await server.register(helmet, {
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    crossOriginResourcePolicy: { policy: "cross-origin" },
  });
  const readable = {
    origin: originOf(origins),
    methods: ["GET", "POST"],
    allowedHeaders: ["content-type"],
    exposedHeaders: ["retry-after"],
    maxAge: 600,
  };
  // What is for the operator and the machine is for no web page.
  await server.register(cors, {
    delegator: (request, done) => done(null, request.url?.startsWith(PUBLIC_ROUTES) === true ? readable : { origin: false }),
  });
};

const originOf = (origins: readonly string[]): "*" | string[] => (origins.includes("*") ? "*" : [...origins]);
