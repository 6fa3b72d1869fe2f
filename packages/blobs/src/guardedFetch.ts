import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { createGuardedRequest, type GuardOptions } from "./guardedRequest.ts";
import type { Fetch } from "./remote.ts";

export type { GuardOptions } from "./guardedRequest.ts";

/** A `fetch` that connects to public addresses only, as `createGuardedRequest` does. */
export const createGuardedFetch = (guard: GuardOptions = {}): Fetch => {
  const send = createGuardedRequest(guard, { keepAlive: true });
  return async (url, { method, headers, signal }) => {
    const answer = await send(new URL(url), { method, headers, signal });
    try {
      return toResponse(answer);
    } catch {
      answer.destroy(); // a status that Response refuses
      throw Object.assign(new Error("The status is not a valid HTTP status."), { code: "INVALID_STATUS" });
    }
  };
};

const toResponse = (answer: IncomingMessage): Response => {
  const status = answer.statusCode ?? 0;
  const isBodiless = [204, 205, 304].includes(status);
  if (isBodiless) answer.resume();
  const kept = ["content-length", "content-type", "retry-after"].flatMap((name) => {
    const value = answer.headers[name];
    return typeof value === "string" ? [[name, value] as [string, string]] : [];
  });
  return new Response(isBodiless ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>), {
    status,
    headers: kept,
  });
};
