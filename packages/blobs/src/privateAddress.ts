import { hostOf, isLoopbackHost, isPublicHost, KeyquorumError } from "@keyquorum/wire";

/**
 * Checks the URL of a remote store that only public addresses may serve: https, no user name or password, no name or address of a private network.
 * A public name may still resolve to a private address: only Node can check that (`createGuardedFetch`). Throws `INVALID_VALUE`.
 */
export const checkPublicUrl = (url: URL): void => {
  if (url.protocol !== "https:") throw refused(url, "it is not https");
  if (!isPublicHost(hostOf(url))) throw refused(url, "it is of a private network");
};

/** Whether a URL names this machine: `localhost`, 127.0.0.0/8 or ::1, in whatever spelling URLs allow. */
export const isLoopbackUrl = (text: string): boolean => URL.canParse(text) && isLoopbackHost(hostOf(new URL(text)));

/** Reads the URL of a remote store. Throws `INVALID_VALUE`; the error never repeats a user name or password. */
export const parseStoreUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["https:", "http:"].includes(url.protocol)) {
    throw new KeyquorumError("INVALID_VALUE", "A store's address is not an http or https URL.");
  }
  if (url.username !== "" || url.password !== "") throw refused(url, "it has a user name or password: give these apart");
  if (url.search !== "" || url.hash !== "") throw refused(url, "it has a query or a fragment");
  return url;
};

const refused = (url: URL, reason: string): KeyquorumError =>
  new KeyquorumError("INVALID_VALUE", `The address ${url.origin} is refused: ${reason}.`, { details: { store: url.origin, reason } });
