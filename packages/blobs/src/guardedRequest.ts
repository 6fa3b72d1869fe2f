import { lookup as systemLookup } from "node:dns";
import * as http from "node:http";
import * as https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { hostOf, isPublicAddress } from "@keyquorum/wire";

export type GuardOptions = { readonly lookup?: LookupFunction; readonly isAllowed?: (address: string) => boolean };

export type GuardedRequest = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
  /** Bytes of all headers of the answer: Node's own bound (16 KiB) unless told otherwise. */
  readonly maxHeaderBytes?: number;
};

/** Sends a request and gives the answer when its headers are there; its body is read or destroyed by the caller. */
export type SendGuarded = (target: URL, request: GuardedRequest) => Promise<http.IncomingMessage>;

/**
 * Requests that connect to allowed addresses only. The check is made on the very addresses that the socket is then opened to, so a name that resolves to
 * an allowed address first and another one later (DNS rebinding) gains nothing. It follows no redirects, uses no proxy, keeps no cookies and unpacks
 * nothing. `keepAlive`: connections are used again.
 */
export const createGuardedRequest = (
  { lookup: resolve = systemLookup as LookupFunction, isAllowed = isPublicAddress }: GuardOptions = {},
  { keepAlive }: { readonly keepAlive: boolean } = { keepAlive: false },
): SendGuarded => {
  const lookup = allowedOnly(resolve, isAllowed);
  const agents = { "http:": new http.Agent({ keepAlive }), "https:": new https.Agent({ keepAlive }) };
  return (target, { method, headers, body, signal, maxHeaderBytes }) =>
    new Promise((fulfil, reject) => {
      const host = hostOf(target);
      if (isIP(host) !== 0 && !isAllowed(host)) return reject(refusal()); // lookup is not called for these
      const isTls = target.protocol === "https:";
      const options = {
        method,
        headers: { ...headers, "accept-encoding": "identity", ...(body === undefined ? {} : { "content-length": String(body.length) }) },
        signal,
        lookup,
        ...(maxHeaderBytes === undefined ? {} : { maxHeaderSize: maxHeaderBytes }),
      };
      const request = isTls
        ? https.request(target, { ...options, agent: agents["https:"] })
        : http.request(target, { ...options, agent: agents["http:"] });
      request.on("error", reject);
      request.on("response", fulfil);
      request.on("close", () => reject(new Error("The connection was closed without an answer."))); // also after 101, of which Node says nothing else
      request.end(body);
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
