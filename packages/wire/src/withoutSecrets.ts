const URLS = /\b(?:https?|wss?):\/\/[^\s"'<>`\\]+/gi;
const AUTHORIZATION = /\b(basic|bearer|token)[ :]+["']?[\w+/=.~-]{6,}/gi;
const MAX_DEPTH = 5;
const MAX_TEXT = 2_000;

/** Shows of the URLs in a text scheme, host and port only, and nothing of an Authorization header: everything else of them can be a key. */
export const withoutKeys = (text: string): string =>
  text
    .replace(URLS, (found) => {
      const url = URL.parse(found.replace(/[),.;\]}]+$/, ""));
      if (url === null) return "<url>";
      return `${url.protocol}//${url.host}`;
    })
    .replace(AUTHORIZATION, "$1 <redacted>");

/**
 * An error of somebody else's, as it may stand as the `cause` of one of ours: it is printed, logged and sent to error trackers with all that it
 * carries. ethers, for one, puts the RPC's URL with its key, the request and its headers into its errors. What holds no more than plain values without
 * URLs is returned as it is. Of everything else there is a copy: name, code, sentence, where it happened, revert data, and its own cause, too.
 */
export const withoutSecrets = (error: unknown, depth = 0): unknown => {
  if (typeof error === "string") return withoutKeys(error).slice(0, MAX_TEXT);
  if (typeof error === "function") return undefined;
  if (typeof error !== "object" || error === null) return error;
  try {
    return isPlain(error, depth) ? error : copyOf(error, depth);
  } catch {
    return new Error("An error that cannot be read."); // a proxy, for one
  }
};

/** Whether an error has nothing but values that cannot hold a key. */
const isPlain = (error: object, depth: number): boolean => {
  if (depth > MAX_DEPTH || (!(error instanceof Error) && !isPlainObject(error))) return false;
  return Object.entries(Object.getOwnPropertyDescriptors(error)).every(([name, { value, get }]) => {
    if (name === "stack") return isClean(readOf(error, "stack"));
    if (get !== undefined || typeof value === "function") return false;
    if (typeof value !== "object" || value === null) return isClean(value);
    if (name === "cause") return isPlain(value, depth + 1);
    return (
      name === "details" && isPlainObject(value) && Object.values(value).every((detail) => typeof detail !== "object" && isClean(detail))
    );
  });
};

/** A property of what is somebody else's: reading it may throw. */
const readOf = (object: unknown, name: string): unknown => {
  try {
    return (object as Readonly<Record<string, unknown>>)[name];
  } catch {
    return undefined;
  }
};

const isPlainObject = (value: object): boolean => [Object.prototype, null].includes(Object.getPrototypeOf(value) as never);
const isClean = (value: unknown): boolean => typeof value !== "string" || (value.length <= MAX_TEXT && withoutKeys(value) === value);

const copyOf = (error: object, depth: number): Error => {
  const text = (name: string): string | undefined => {
    const value: unknown = readOf(error, name);
    return typeof value === "string" ? withoutKeys(value).slice(0, MAX_TEXT) : undefined;
  };
  const cause: unknown = depth < MAX_DEPTH ? readOf(error, "cause") : undefined;
  // ethers' whole message repeats the request and the server's answer; its short one is the sentence.
  const copy = new Error(
    text("shortMessage") ?? text("message") ?? "no message",
    cause === undefined ? {} : { cause: withoutSecrets(cause, depth + 1) },
  );
  copy.name = text("name") ?? "Error";
  const frames =
    text("stack")
      ?.split("\n")
      .filter((line) => /^\s+at /.test(line)) ?? [];
  copy.stack = [`${copy.name}: ${copy.message}`, ...frames].join("\n");
  const code: unknown = readOf(error, "code");
  const data = revertDataIn(error, 0);
  return Object.assign(
    copy,
    typeof code === "number" ? { code } : text("code") === undefined ? {} : { code: text("code") },
    data === undefined ? {} : { data },
  );
};

/** What a contract reverted with, where libraries put it. */
const revertDataIn = (error: unknown, depth: number): string | undefined => {
  if (typeof error !== "object" || error === null || depth > MAX_DEPTH) return undefined;
  const data: unknown = readOf(error, "data");
  if (typeof data === "string" && /^0x([0-9a-f]{2}){4,1024}$/i.test(data)) return data;
  for (const place of ["data", "error", "info"]) {
    const found = revertDataIn(readOf(error, place), depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
};
