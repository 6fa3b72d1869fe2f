/**
 * What of an RPC's URL may be shown: scheme, host and port. User, password, path and query can all be keys.
 * An URL that does not parse is shown as nothing.
 */
export const redactUrl = (url: string): string => {
  try {
    const { protocol, host, pathname, search } = new URL(url);
    return `${protocol}//${host}${pathname === "/" && search === "" ? "" : "/<redacted>"}`;
  } catch {
    return "<not an URL>";
  }
};

/** Takes everything that could be a secret of this URL out of a text that came from elsewhere. */
export const redactText = (text: string, url: string): string =>
  secretsOf(url).reduce((shown, secret) => shown.replaceAll(secret, "<redacted>"), text);

/** Shorter pieces ("v3", "rpc") are no secrets, and taking them out would spoil ordinary words. */
const MIN_SECRET = 6;

const secretsOf = (url: string): readonly string[] => {
  try {
    const { username, password, pathname, search, searchParams } = new URL(url);
    const pieces = [username, password, search.slice(1), pathname, ...pathname.split("/"), ...searchParams.values()];
    const spellings = [url, ...pieces.flatMap((piece) => [piece, decoded(piece)])];
    return [...new Set(spellings)].filter((piece) => piece.length >= MIN_SECRET).sort((a, b) => b.length - a.length);
  } catch {
    return url.length > 0 ? [url] : [];
  }
};

const decoded = (piece: string): string => {
  try {
    return decodeURIComponent(piece);
  } catch {
    return piece;
  }
};
