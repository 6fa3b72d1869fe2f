import { readLimited } from "../readLimited.ts";

/** One HTTP POST with a body of text. `isRead`: sending it twice does no harm. `maxBytes`: of the answer, after decompression. */
export type PostRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isRead: boolean;
  readonly signal: AbortSignal;
  readonly maxBytes: number;
};

/** `text` undefined: the answer had more than `maxBytes`, and the connection was dropped. A redirect is given as it came, without its body. */
export type PostAnswer = { readonly status: number; readonly headers: object; readonly text: string | undefined };

/** Sends a request and follows no redirect: that could carry the request, and its header, elsewhere. Rejects when the connection fails, or is aborted. */
export type HttpPost = (request: PostRequest) => Promise<PostAnswer>;

export const isRedirect = (status: number): boolean => status >= 300 && status < 400;

/** By `fetch`, wherever this runs. In Node, `keepAlivePost` of `@keyquorum/chain/node` takes a third of the time. */
export const fetchPost =
  (fetch: typeof globalThis.fetch): HttpPost =>
  async ({ url, headers, body, signal, maxBytes }) => {
    const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
    const { status } = response;
    if (!isRedirect(status)) return { status, headers: response.headers, text: await readLimited(response, maxBytes) };
    response.body?.cancel().catch(() => {}); // nobody reads it
    return { status, headers: response.headers, text: "" };
  };
