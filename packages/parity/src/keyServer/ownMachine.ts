import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "./keyServerOptions.ts";

/**
 * Whether a request comes from a program of this machine, or from a page that the operator named. Browsers carry pages of any web site to loopback: they add
 * an Origin to whatever changes something, say of the rest that it crosses sites, and bring the page's own name as Host where it points to this machine (DNS
 * rebinding).
 */
export type IsFromOwnMachine = (headers: IncomingHttpHeaders) => boolean;

/**
 * @param options.origins pages that are named; "*": all of them
 * @param options.hosts names of this machine beside loopback's; undefined: any
 */
export const createOwnMachine = (options: {
  readonly origins: readonly string[];
  readonly hosts: readonly string[] | undefined;
}): IsFromOwnMachine => {
  const { origins } = options;
  const isAnyPage = origins.includes("*");
  const hosts = options.hosts?.map(hostNameOf);
  return ({ origin, host = "", "sec-fetch-site": site }) => {
    const isNamed = isAnyPage || (origin !== undefined && origins.includes(origin));
    if (!isNamed && (origin !== undefined || site === "cross-site" || site === "same-site")) return false;
    const name = hostNameOf(host);
    return hosts === undefined || isLoopback(name) || hosts.includes(name);
  };
};

/** Without the port, and an IPv6 address without its brackets. */
const hostNameOf = (host: string): string =>
  host
    .replace(/:[0-9]*$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
