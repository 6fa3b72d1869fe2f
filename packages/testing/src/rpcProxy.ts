import { Agent, request, type ServerResponse } from "node:http";
import { serveOnLoopback } from "./loopback.ts";

/** One JSON-RPC call on its way to a chain node. `count`: how many calls of this method came before it through this proxy. */
export type RpcCall = { readonly method: string; readonly params: unknown; readonly count: number };

/**
 * What happens to a call: `pass`; `drop` before it reaches the node, or `swallow` its answer after it took effect: the connection ends either way.
 */
export type RpcVerdict = "pass" | "drop" | "swallow";

/**
 * A JSON-RPC proxy on 127.0.0.1 before a chain node. Where tcpProxy cuts lines, this one looks at what is called, so that a test can act exactly
 * at a keeper's n-th transaction: kill it before the node has it, or after the node has it and before the keeper knows.
 */
export type RpcProxy = {
  readonly url: string;
  /** Judges every call from now on, before it is sent and again before its answer is. */
  readonly intercept: (judge: (call: RpcCall, moment: "before" | "after") => RpcVerdict | Promise<RpcVerdict>) => void;
  /** Lets everything pass again. */
  readonly clear: () => void;
  /** How many calls were dropped, and how many answers: the control that proves the fault was injected. */
  readonly met: () => number;
  readonly close: () => Promise<void>;
};

export const startRpcProxy = async (targetUrl: string): Promise<RpcProxy> => {
  let judge: Parameters<RpcProxy["intercept"]>[0] = () => "pass";
  let met = 0;
  const agent = new Agent({ keepAlive: true });
  /** By Node's own client: all that a keeper reads passes here, and `fetch` costs three times as much. */
  const post = (body: string): Promise<{ readonly status: number; readonly text: Buffer }> =>
    new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const sent = request(targetUrl, { method: "POST", headers, agent });
      sent.on("error", reject);
      sent.on("response", (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => resolve({ status: answer.statusCode ?? 502, text: Buffer.concat(chunks) }));
      });
      sent.end(body);
    });
  const counts = new Map<string, number>();
  const callsOf = (body: string): readonly RpcCall[] => {
    const parsed: unknown = JSON.parse(body);
    return [parsed].flat().map((call) => {
      const { method, params } = call as { readonly method: string; readonly params: unknown };
      const count = counts.get(method) ?? 0;
      counts.set(method, count + 1);
      return { method, params, count };
    });
  };
  const isCut = async (calls: readonly RpcCall[], moment: "before" | "after", verdict: RpcVerdict): Promise<boolean> => {
    const verdicts = await Promise.all(calls.map(async (call) => judge(call, moment)));
    const cut = verdicts.includes(verdict);
    if (cut) met += 1;
    return cut;
  };
  const handle = async (body: string, response: ServerResponse): Promise<void> => {
    const calls = callsOf(body);
    if (await isCut(calls, "before", "drop")) return void response.destroy();
    const answer = await post(body);
    if (await isCut(calls, "after", "swallow")) return void response.destroy();
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(answer.text);
  };
  const server = await serveOnLoopback(handle);
  return {
    url: server.url,
    intercept: (next) => {
      judge = next;
    },
    clear: () => {
      judge = () => "pass";
    },
    met: () => met,
    close: async () => {
      await server.close();
      agent.destroy();
    },
  };
};
