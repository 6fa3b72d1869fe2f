import type { Fetch } from "./exchange.ts";

/**
 * Asks at public addresses only: `createEndpointFetch` of `@keyquorum/chain`, loaded when a keeper is first asked. Of a `fetch` that the caller gave
 * only the URL's host is checked: what it connects to is the caller's to check.
 */
export const guardedFetch = (fetch: Fetch | undefined): Fetch => {
  let loaded: Promise<Fetch> | undefined;
  return async (url, init) => {
    loaded ??= load(fetch).catch((error: unknown) => {
      loaded = undefined; // a page may load it the next time
      throw error;
    });
    return (await loaded)(url, init);
  };
};

const load = async (fetch: Fetch | undefined): Promise<Fetch> => {
  const { createEndpointFetch } = await import("./endpointFetch.ts");
  return fetch === undefined ? createEndpointFetch() : createEndpointFetch({ modules: null, fetch });
};
