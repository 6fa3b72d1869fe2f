import { KeyquorumError } from "@keyquorum/wire";
import { createPatientAsker, type Patience, patienceOf } from "./patience.ts";
import { ask, type Fetch, readBody, remoteFailed, remoteRefuses, statusFailed } from "./remote.ts";

const MAX_ANSWER_BYTES = 64 * 1024;
const NOT_THERE = /could not find|not found|context deadline exceeded/i;

export type KuboRpcOptions = {
  readonly fetch: Fetch;
  /** `http://127.0.0.1:5001`. */
  readonly url: URL;
  /** The `authorization` header, asked for before every request. Secret. */
  readonly authorization?: (() => string | Promise<string>) | undefined;
  readonly timeoutMs: number;
  readonly patience?: Partial<Patience> | undefined;
};

export type KuboCall = {
  /** `block/put`. */
  readonly command: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly body?: FormData;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Kubo's RPC (https://docs.ipfs.tech/reference/kubo/rpc/): POST only, arguments in the query, an error as JSON with status 500.
 * Throws `BLOB_REMOTE_FAILED`; nothing in it comes from the headers that were sent.
 */
export const createKuboRpc = ({ fetch, url, authorization, timeoutMs, patience }: KuboRpcOptions) => {
  const base = `${url.href.replace(/\/+$/, "")}/api/v0`;
  const store = url.origin;

  const patiently = createPatientAsker<string>(patienceOf(patience));
  const failureOf = (error: unknown): KeyquorumError => {
    if (error instanceof KeyquorumError && error.code === "BLOB_REMOTE_FAILED") return error;
    throw error;
  };

  /** All calls may be made twice: blocks and pins that are there stay as they are. */
  const call = async <T>(options: KuboCall, read: (response: Response) => Promise<T>): Promise<T> => {
    const asked = await patiently([store], () => callOnce(options, read), { signal: options.signal, failureOf });
    if ("value" in asked) return asked.value;
    throw asked.failures[0]?.error ?? remoteFailed(store, "it was not asked");
  };

  const callOnce = async <T>({ command, parameters, body, signal }: KuboCall, read: (response: Response) => Promise<T>): Promise<T> => {
    const headers: { readonly authorization?: string } =
      authorization === undefined ? {} : { authorization: checkHeader(await authorization()) };
    return ask(
      {
        fetch,
        store,
        url: `${base}/${command}?${new URLSearchParams(parameters)}`,
        method: "POST",
        headers,
        ...(body === undefined ? {} : { body }),
        timeoutMs,
        signal,
      },
      async (response) => {
        if (response.status === 200) return read(response);
        // With 500 Kubo speaks itself, and says the same again; anything else is a proxy's.
        if (response.status !== 500) throw statusFailed(store, response, `${command}: `);
        throw remoteRefuses(store, `${command}: ${await readFailure(response, headers.authorization)}`);
      },
    );
  };

  return {
    store,
    call,
    /** The answer's JSON object. */
    json: (options: KuboCall): Promise<Readonly<Record<string, unknown>>> =>
      call(options, async (response) => {
        const bytes = await readBody(response, MAX_ANSWER_BYTES);
        const parsed = bytes === undefined ? undefined : parseObject(new TextDecoder().decode(bytes));
        if (parsed === undefined) throw remoteFailed(store, `${options.command}: its answer is not a JSON object`);
        return parsed;
      }),
  };
};

export type KuboRpc = ReturnType<typeof createKuboRpc>;

/** Undefined when Kubo says that it does not have the block. */
export const orNotThere = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof KeyquorumError && error.code === "BLOB_REMOTE_FAILED" && NOT_THERE.test(String(error.details.reason)))
      return undefined;
    throw error;
  }
};

export const parseObject = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Kubo's own words (`{ Message, Code, Type }`), cut and printable; only the status when it is not such an answer (a proxy's page), or repeats the
 * authorization.
 */
const readFailure = async (response: Response, authorization = ""): Promise<string> => {
  const bytes = await readBody(response, MAX_ANSWER_BYTES);
  const message = bytes === undefined ? undefined : parseObject(new TextDecoder().decode(bytes))?.Message;
  const isSecret = authorization.split(" ").some((part) => part.length > 6 && String(message).includes(part));
  const words = typeof message === "string" && !isSecret ? ` (${message.replace(/[^\x20-\x7e]/g, " ").slice(0, 200)})` : "";
  return `status ${response.status}${words}`;
};

/** A header that `fetch` refuses would be repeated in its error: checked here, where it is not. */
const checkHeader = (value: string): string => {
  if (/^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(value)) return value;
  throw new KeyquorumError("INVALID_VALUE", "The authorization is not a header value.");
};
