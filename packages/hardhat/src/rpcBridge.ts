import { createServer, type IncomingMessage } from "node:http";

/** The part of an EIP-1193 provider that is needed. */
export type RequestProvider = { readonly request: (call: { readonly method: string; readonly params?: unknown[] }) => Promise<unknown> };

export type RpcBridge = { readonly url: string; readonly close: () => Promise<void> };

type RpcCall = { readonly id?: unknown; readonly method?: unknown; readonly params?: unknown };

const MAX_BODY_BYTES = 16 * 1024 * 1024;

/**
 * Serves a provider that lives in this process by JSON-RPC on a free port of 127.0.0.1, so that keepers in processes of their own can reach it.
 * The port is guarded by a path that nobody guesses: the provider signs for its accounts.
 */
export const startRpcBridge = async (provider: RequestProvider, path: string): Promise<RpcBridge> => {
  const server = createServer((request, response) => {
    const finish = (status: number, body: string): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    };
    if (request.method !== "POST" || request.url !== `/${path}`) return finish(404, "{}");
    answer(provider, request).then(
      (body) => finish(200, JSON.stringify(body)),
      () => finish(400, JSON.stringify(failure(null, { code: -32700, message: "This is not a JSON-RPC call." }))),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  // A test that forgets to stop still ends.
  server.unref();
  server.on("connection", (socket) => socket.unref());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The JSON-RPC bridge has no port.");
  return {
    url: `http://127.0.0.1:${address.port}/${path}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};

const answer = async (provider: RequestProvider, request: IncomingMessage): Promise<unknown> => {
  const call: unknown = JSON.parse(await readBody(request));
  return Array.isArray(call) ? Promise.all(call.map((one) => answerOne(provider, one))) : answerOne(provider, call);
};

const answerOne = async (provider: RequestProvider, call: unknown): Promise<unknown> => {
  const { id = null, method, params = [] } = (typeof call === "object" && call !== null ? call : {}) as RpcCall;
  if (typeof method !== "string" || !Array.isArray(params)) return failure(id, { code: -32600, message: "This is not a JSON-RPC call." });
  try {
    return { jsonrpc: "2.0", id, result: (await provider.request({ method, params })) ?? null };
  } catch (error) {
    return failure(id, error);
  }
};

/** The provider's own error, with its code and data: a reverted call's data is what the caller reads. */
const failure = (id: unknown, error: unknown): unknown => {
  const {
    code = -32000,
    data,
    message = "The call failed.",
  } = error as { readonly code?: unknown; readonly data?: unknown; readonly message?: unknown };
  return {
    jsonrpc: "2.0",
    id,
    error: { code: typeof code === "number" ? code : -32000, message, ...(data === undefined ? {} : { data }) },
  };
};

const readBody = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_BODY_BYTES) throw new Error("The body is too large.");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
};
