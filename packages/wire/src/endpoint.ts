import { KeyquorumError } from "./errorCodes.ts";

/** Ports of other services that browsers refuse, too: https://fetch.spec.whatwg.org/#port-blocking */
const OTHER_SERVICES: ReadonlySet<number> = new Set([
  ...[1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080],
]);

/**
 * Reads a keeper's endpoint as the registry has it: its operator's word, and so a stranger's. An http or https URL, which may have a path; without
 * user name, password, query and fragment, at port 80, 443 or above 1023. Where the name leads is another question.
 * Throws `INVALID_VALUE`; the error repeats nothing of it.
 */
export const parseEndpoint = (text: string): URL => {
  const url = URL.parse(text);
  if (url === null || !["https:", "http:"].includes(url.protocol)) throw refused("is no http or https URL");
  if (url.username !== "" || url.password !== "") throw refused("has a user name or password");
  if (/[?#]/.test(text)) throw refused("has a query or a fragment");
  const port = Number(url.port);
  if (url.port !== "" && port !== 80 && port !== 443 && (port < 1024 || OTHER_SERVICES.has(port)))
    throw refused("names the port of another service");
  return url;
};

/** The URL of one of a keeper's routes below its endpoint. Throws `INVALID_VALUE` as `parseEndpoint`. */
export const endpointUrl = (endpoint: string, path: string): string => {
  const url = parseEndpoint(endpoint);
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return new URL(path.replace(/^\//, ""), url).href;
};

const refused = (what: string): KeyquorumError => new KeyquorumError("INVALID_VALUE", `The keeper's endpoint ${what}.`);
