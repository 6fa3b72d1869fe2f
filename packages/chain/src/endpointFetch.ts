import { hostOf, isPublicAddress, isPublicHost } from "@keyquorum/wire";

/** As much of `fetch` as is needed to ask a keeper: of `init` the method, headers, a body of text, and the signal count. */
export type EndpointFetch = (url: string, init: RequestInit) => Promise<Response>;

type Resolved = string | { readonly address: string }[];
type Resolve = (hostname: string, options: object, callback: (error: Error | null, found: Resolved, family?: number) => void) => void;

/** Node's own modules, where this runs in Node: asked for in this way, so that bundlers for browsers do not look for them. */
export type NodeModules = (typeof process)["getBuiltinModule"];

export type EndpointFetchOptions = {
  /** Null: not in Node. */
  readonly modules?: NodeModules | null;
  readonly resolve?: Resolve;
  readonly isAllowed?: (address: string) => boolean;
  /** Sends where this does not run in Node. */
  readonly fetch?: EndpointFetch;
};

/** The refusal of an address that is of a private network. Its `code` is PRIVATE_ADDRESS. */
export class PrivateAddressError extends Error {
  override readonly name = "PrivateAddressError";
  readonly code = "PRIVATE_ADDRESS";
  constructor() {
    super("The endpoint leads to a private network.");
  }
}

/** What of an answer's headers is passed on. */
const HEADERS = ["content-type", "content-length", "date", "retry-after"];

/**
 * A `fetch` for endpoints that others registered: it connects to public addresses only and follows no redirect. In Node the check is made on the
 * very addresses that the socket is then opened to, so a name that is public first and private later (DNS rebinding) gains nothing; no proxy of the
 * environment is used. A browser shows no addresses: there only the URL's host is checked, and the browser's own rules hold.
 * Throws PrivateAddressError, and what the connection fails with.
 */
export const createEndpointFetch = ({
  modules = globalThis.process?.getBuiltinModule ?? null,
  resolve,
  isAllowed = isPublicAddress,
  fetch = (url, init) => globalThis.fetch(url, init),
}: EndpointFetchOptions = {}): EndpointFetch => {
  if (modules === null)
    return (url, init) =>
      isPublicHost(hostOf(new URL(url))) ? fetch(url, { ...init, redirect: "error" }) : Promise.reject(new PrivateAddressError());

  const [http, https, { isIP }, { Readable }] = [modules("node:http"), modules("node:https"), modules("node:net"), modules("node:stream")];
  const lookup = allowedOnly(resolve ?? (modules("node:dns").lookup as Resolve), isAllowed);
  const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };

  return (url, { method = "GET", headers, body, signal }) =>
    new Promise((fulfil, reject) => {
      const target = new URL(url);
      const host = hostOf(target);
      const isWorthATry = isIP(host) === 0 ? isPublicHost(host) : isAllowed(host); // an address is not looked up
      if (!isWorthATry) return reject(new PrivateAddressError());
      const sent = Object.fromEntries(new Headers(headers));
      const options = {
        method,
        headers: { ...sent, "accept-encoding": "identity" },
        lookup: lookup as never,
        ...(signal ? { signal } : {}),
      };
      const request =
        target.protocol === "https:"
          ? https.request(target, { ...options, agent: agents.https })
          : http.request(target, { ...options, agent: agents.http });
      request.on("error", reject);
      request.on("response", (answer) => {
        const status = answer.statusCode ?? 0;
        if (status >= 300 && status < 400) {
          answer.destroy();
          return reject(Object.assign(new Error("The endpoint redirects."), { code: "REDIRECTED" }));
        }
        try {
          const passed = HEADERS.flatMap((name) =>
            typeof answer.headers[name] === "string" ? [[name, answer.headers[name]] as [string, string]] : [],
          );
          const isEmpty = status === 204 || status === 205;
          if (isEmpty) answer.resume();
          fulfil(new Response(isEmpty ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>), { status, headers: passed }));
        } catch (cause) {
          answer.destroy(); // thrown here, what Response refuses would end the process
          reject(Object.assign(new Error("The status is not a valid HTTP status.", { cause }), { code: "INVALID_STATUS" }));
        }
      });
      request.end(typeof body === "string" ? body : undefined);
    });
};

/** Resolves as `resolve` does, and refuses a name when any of its addresses is not allowed. */
const allowedOnly =
  (resolve: Resolve, isAllowed: (address: string) => boolean): Resolve =>
  (hostname, options, callback) =>
    resolve(hostname, options, (error, found, family) => {
      if (error !== null) return callback(error, found, family);
      const addresses = typeof found === "string" ? [found] : found.map(({ address }) => address);
      if (addresses.length > 0 && addresses.every(isAllowed)) return callback(null, found, family);
      callback(new PrivateAddressError(), "", 0);
    });
