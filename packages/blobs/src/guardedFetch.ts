import { lookup as systemLookup } from "node:dns";
import * as http from "node:http";
import * as https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { Readable } from "node:stream";
import { hostOf, isPublicAddress } from "@keyquorum/wire";
import type { Fetch } from "./remote.ts";

export type GuardOptions = { readonly lookup?: LookupFunction; readonly isAllowed?: (address: string) => boolean };

/**
 * A `fetch` that connects to public addresses only. The check is made on the very addresses that the socket is then opened to, so a name that
 * resolves to a public address first and a private one later (DNS rebinding) gains nothing. It follows no redirects, uses no proxy and unpacks nothing.
 */
export const createGuardedFetch = ({
  lookup: resolve = systemLookup as LookupFunction,
  isAllowed = isPublicAddress,
}: GuardOptions = {}): Fetch => {
  const lookup = allowedOnly(resolve, isAllowed);
  const agents = { "http:": new http.Agent({ keepAlive: true }), "https:": new https.Agent({ keepAlive: true }) };
  return (url, { method, headers, signal }) =>
    new Promise((fulfil, reject) => {
      const target = new URL(url);
      const host = hostOf(target);
      if (isIP(host) !== 0 && !isAllowed(host)) return reject(refusal()); // lookup is not called for these
      const isTls = target.protocol === "https:";
      const options = { method, headers: { ...headers, "accept-encoding": "identity" }, signal, lookup };
      const request = isTls
        ? https.request(target, { ...options, agent: agents["https:"] })
        : http.request(target, { ...options, agent: agents["http:"] });
      request.on("error", reject);
      request.on("response", (answer) => {
        try {
          fulfil(toResponse(answer));
        } catch {
          answer.destroy(); // a status that Response refuses: thrown here, it would end the process
          reject(Object.assign(new Error("The status is not one of HTTP."), { code: "INVALID_STATUS" }));
        }
      });
      request.end();
    });
};

const toResponse = (answer: http.IncomingMessage): Response => {
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

/** Resolves as `resolve` does, and refuses a name when any of its addresses is not allowed. */
const allowedOnly =
  (resolve: LookupFunction, isAllowed: (address: string) => boolean): LookupFunction =>
  (hostname, options, callback) =>
    resolve(hostname, options, (error, found, family) => {
      if (error !== null) return callback(error, found, family);
      const addresses = typeof found === "string" ? [found] : found.map(({ address }) => address);
      if (addresses.length > 0 && addresses.every(isAllowed)) return callback(null, found, family);
      callback(refusal(), "", 0);
    });

const refusal = (): NodeJS.ErrnoException => Object.assign(new Error("The address is of a private network."), { code: "PRIVATE_ADDRESS" });
