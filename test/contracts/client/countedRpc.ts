import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";

type Call = { readonly id: unknown; readonly method: string; readonly params: readonly unknown[] };
type Answer = { readonly result: unknown } | { readonly error: { readonly code: number; readonly message: string } };
type Node = (method: string, params: readonly unknown[]) => Promise<unknown>;

/** A JSON-RPC node on 127.0.0.1 that counts HTTP requests, their calls, and connections. `instead` answers in the node's place, or refuses. */
export const serveCounted = async (node: Node) => {
  const state = {
    /** The methods of each HTTP request. */
    requests: [] as (readonly string[])[],
    connections: new Set<Socket>(),
    /** Digits that calls of contracts returned. */
    returned: 0,
    instead: (async () => undefined) as (method: string, params: readonly unknown[]) => Promise<Answer | undefined>,
  };
  const answer = async ({ id, method, params }: Call): Promise<object> => {
    const other = await state.instead(method, params);
    if (other !== undefined) return { jsonrpc: "2.0", id, ...other };
    return node(method, params).then(
      (result) => {
        if (method === "eth_call") state.returned += String(result).length;
        return { jsonrpc: "2.0", id, result };
      },
      (error: unknown) => ({ jsonrpc: "2.0", id, error: { code: -32000, message: error instanceof Error ? error.message : "failed" } }),
    );
  };
  const server = createServer((request, response) => {
    const handle = async (): Promise<void> => {
      const asked = JSON.parse(await textOf(request)) as Call | Call[]; // the test's own client
      const calls = [asked].flat();
      state.requests.push(calls.map(({ method }) => method));
      const answers = await Promise.all(calls.map(answer));
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(Array.isArray(asked) ? answers : answers[0]));
    };
    handle().catch(() => response.destroy());
  });
  server.on("connection", (socket) => state.connections.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server has one
  return {
    state,
    url: `http://127.0.0.1:${port}`,
    /** What is counted from now on. */
    reset: (): void => {
      state.requests = [];
      state.returned = 0;
      state.instead = async () => undefined;
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

export type CountedRpc = Awaited<ReturnType<typeof serveCounted>>;

const textOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer); // no encoding is set
  return Buffer.concat(parts).toString("utf8");
};
