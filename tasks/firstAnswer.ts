import { nodeFailureOf, nodeFailureSentence, retryAfterMs } from "@keyquorum/bindings";
import { UsageError } from "./usageError.ts";

const REACH_MS = 10_000;
const TRIES = 6;
/** Of all waits: longer, and the user is told instead. */
const PATIENCE_MS = 20_000;

type Outside = { readonly fetch: typeof globalThis.fetch; readonly sleep: (milliseconds: number) => Promise<void> };
const REAL: Outside = { fetch: globalThis.fetch, sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)) };

/**
 * The chain id, by the first question to a node. It is asked without ethers, which would continue forever where nothing answers. A node that is busy or
 * starting is asked again for 20 s; redirects are not followed, since they would carry the key elsewhere. Throws UsageError, without the URL's path.
 */
export const firstAnswer = async (url: URL, warn: (line: string) => void, outside: Outside = REAL): Promise<bigint> => {
  const shown = url.origin; // the path may hold an API key
  let waited = 0;
  for (let tried = 1; ; tried += 1) {
    const said = await ask(url, outside.fetch);
    if (said.kind === "chain") return said.chainId;
    const pause = said.waitMs ?? 250 * 2 ** tried;
    if (!said.mayPass || tried >= TRIES || waited + pause > PATIENCE_MS) throw new UsageError(said.sentence(shown), { cause: said.cause });
    warn(`${said.sentence(shown)} Asking again in ${(pause / 1_000).toFixed(1)} s.`);
    waited += pause;
    await outside.sleep(pause);
  }
};

type Said =
  | { readonly kind: "chain"; readonly chainId: bigint }
  | {
      readonly kind: "failure";
      readonly mayPass: boolean;
      readonly waitMs?: number | undefined;
      readonly sentence: (shown: string) => string;
      readonly cause?: unknown;
    };

const ask = async (url: URL, fetch: Outside["fetch"]): Promise<Said> => {
  let response: Response;
  let text: string;
  try {
    response = await fetch(bareOf(url), {
      method: "POST",
      headers: { "content-type": "application/json", ...credentialsOf(url) },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] }),
      signal: AbortSignal.timeout(REACH_MS),
      redirect: "manual",
    });
    text = await response.text();
  } catch (cause) {
    const { system } = nodeFailureOf(cause);
    const why = system === undefined ? "" : ` (${system})`;
    const sentence = (shown: string): string =>
      `No chain answers at ${shown}${why}. Start one with \`npm run devnet\`, or name another with --rpc URL.`;
    return { kind: "failure", mayPass: false, sentence, cause };
  }
  const { status } = response;
  const answer = parse(text);
  const result = typeof answer === "object" && answer !== null && "result" in answer ? answer.result : undefined;
  if (status === 200 && typeof result === "string" && /^0x[0-9a-f]{1,64}$/i.test(result)) return { kind: "chain", chainId: BigInt(result) };
  const failure = nodeFailureOf({ status, headers: response.headers, responseBody: text });
  const told = response.headers.get("retry-after");
  return {
    kind: "failure",
    mayPass: failure.reason === "RATE_LIMITED" || status >= 500,
    waitMs: failure.retryAfterMs ?? (told === null ? undefined : retryAfterMs(told, Date.now())),
    sentence: (shown) => `${shown}: ${nodeFailureSentence(failure)}${failure.reason === "REDIRECTED" ? "" : " Check --rpc."}`,
  };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const bareOf = (url: URL): URL => {
  const bare = new URL(url);
  [bare.username, bare.password] = ["", ""];
  return bare;
};

const credentialsOf = ({ username, password }: URL): Readonly<Record<string, string>> =>
  username === "" ? {} : { authorization: `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}` };
