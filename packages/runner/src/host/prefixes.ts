import { KeyquorumError } from "@keyquorum/wire";

/** Where a module may go: an origin, and the path segments that its URLs have to begin with. */
export type UrlPrefix = { readonly origin: string; readonly segments: readonly string[] };

const segmentsOf = ({ pathname }: URL): readonly string[] => pathname.split("/").filter((segment) => segment !== "");

/**
 * What some servers take for a separator or for the segment above, and we do not: encoded ones, also twice or in more bytes than UTF-8 needs, and dots
 * with a parameter (`..;`).
 */
const HIDDEN_SEPARATOR = /%2f|%5c|%00|%25(2e|2f|5c)|%c0%a[ef]|%c1%9c|(^|\/)(\.|%2e){1,2};/i;

/** Reads one of a manifest's `permissions`. Throws `INVALID_VALUE` for what is no http or https URL, or has more than an origin and a path. */
export const parsePrefix = (text: string): UrlPrefix => {
  const url = URL.parse(text);
  const isPlain =
    url !== null && ["http:", "https:"].includes(url.protocol) && url.username === "" && url.password === "" && !/[?#]/.test(text);
  if (!isPlain || HIDDEN_SEPARATOR.test(url.pathname))
    throw new KeyquorumError("INVALID_VALUE", "A permission is an http or https URL of scheme, host, port and path.");
  return { origin: url.origin, segments: segmentsOf(url) };
};

/** Whether a URL begins as one of the prefixes: the same scheme, host and port, and whole segments. URLs are normal by then: dots are resolved. */
export const isPermitted = (url: URL, prefixes: readonly UrlPrefix[]): boolean =>
  prefixes.some(
    ({ origin, segments }) =>
      url.origin === origin &&
      (segments.length === 0 || !HIDDEN_SEPARATOR.test(url.pathname)) &&
      segments.every((segment, index) => segmentsOf(url)[index] === segment),
  );
