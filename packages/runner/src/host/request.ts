import { validateHeaderName, validateHeaderValue } from "node:http";
import { HTTP_ERRORS } from "../child/blocklessHttp.ts";
import type { EgressRequest } from "./egress.ts";

/** A guest's request, as it may be sent. */
export type ParsedRequest = {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly timeoutMs: number | undefined;
};

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/** Headers that are the host's to say: they frame the request or name who asks. */
const NOT_THE_GUESTS = /^(host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|accept-encoding)$/;
const MAX_HEADERS = 100;

/** The guest's request, or the error number for it. */
export const parseRequest = ({ url: text, options }: EgressRequest): ParsedRequest | number => {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol) || url.username !== "" || url.password !== "") return HTTP_ERRORS.url;
  const given = parseObject(options === "" ? "{}" : options);
  if (given === undefined) return HTTP_ERRORS.encoding;
  const asked = given.method ?? "GET";
  const method = typeof asked === "string" ? asked.toUpperCase() : "";
  if (!METHODS.includes(method)) return HTTP_ERRORS.method;
  const headers = parseHeaders(given.headers);
  if (headers === undefined) return HTTP_ERRORS.headers;
  if (given.body !== undefined && given.body !== null && typeof given.body !== "string") return HTTP_ERRORS.encoding;
  const seconds = secondsIn(given.readTimeout) + secondsIn(given.connectTimeout);
  return {
    url,
    method,
    headers,
    body: typeof given.body === "string" && method !== "GET" && method !== "HEAD" ? new TextEncoder().encode(given.body) : undefined,
    timeoutMs: Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds * 1_000) : undefined,
  };
};

/** Numbers only: what is none has methods that JSON can take away, and then it cannot be made one. */
const secondsIn = (given: unknown): number => (typeof given === "number" ? given : 0);

/** Characters of JSON outside its texts. A real request has some hundreds; a million lists in two megabytes take a third of a second to read. */
const MAX_STRUCTURE = 16 * 1024;

const isPlain = (text: string): boolean => {
  let [structure, isInside] = [0, false];
  for (let at = 0; at < text.length && structure <= MAX_STRUCTURE; at++) {
    const letter = text.charCodeAt(at);
    if (letter === 0x22) isInside = !isInside;
    if (letter === 0x5c && isInside)
      at += 1; // what it escapes is of the text
    else if (letter === 0x22 || !isInside) structure += 1;
  }
  return structure <= MAX_STRUCTURE;
};

const parseObject = (text: string): Readonly<Record<string, unknown>> | undefined => {
  if (!isPlain(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return objectOf(value);
  } catch {
    return undefined;
  }
};

const objectOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;

/** Blockless's SDK gives headers as a JSON object in a string; an object is taken, too. */
const parseHeaders = (given: unknown): Readonly<Record<string, string>> | undefined => {
  if (given === undefined || given === null || given === "") return {};
  const object = typeof given === "string" ? parseObject(given) : objectOf(given);
  if (object === undefined || Object.keys(object).length > MAX_HEADERS) return undefined;
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(object)) {
    const low = name.toLowerCase();
    if (low === "content-length") continue; // it is what the body is
    if (NOT_THE_GUESTS.test(low) || (typeof value !== "string" && typeof value !== "number")) return undefined;
    try {
      validateHeaderName(name);
      validateHeaderValue(name, String(value));
    } catch {
      return undefined;
    }
    headers[low] = String(value);
  }
  return headers;
};
