import { type LoopbackServer, serveOnLoopback } from "./loopback.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Fields of results that hold a block number. */
const NUMBERS: ReadonlySet<string> = new Set(["number", "blockNumber", "oldestBlock"]);

/**
 * A JSON-RPC proxy on 127.0.0.1 that adds `offset` to every block number that the node says, and takes it from every one that it is asked for:
 * contracts then count other blocks than the RPC does, as on Arbitrum. Block 0 stays block 0; between the two there are no blocks.
 */
export const startRenumberingProxy = (targetUrl: string, offset: number): Promise<LoopbackServer> =>
  serveOnLoopback(async (body, response) => {
    const text = await answer(targetUrl, offset, body);
    response.writeHead(200, { "content-type": "application/json" }).end(text);
  });

const answer = async (targetUrl: string, offset: number, body: string): Promise<string> => {
  const calls = JSON.parse(body) as Json;
  const ask = async (call: Json): Promise<Json> => {
    const { method, params } = call as { readonly method: string; readonly params?: readonly Json[] };
    const sent = JSON.stringify({
      ...(call as object),
      params: (params ?? []).map((param, index) => lowered(method, param, index, offset)),
    });
    const response = await fetch(targetUrl, { method: "POST", headers: { "content-type": "application/json" }, body: sent });
    const text = (await response.json()) as { readonly result?: Json };
    return text.result === undefined ? text : { ...text, result: raised(method, text.result, offset) };
  };
  return JSON.stringify(Array.isArray(calls) ? await Promise.all(calls.map(ask)) : await ask(calls));
};

const isQuantity = (value: Json | undefined): value is string => typeof value === "string" && /^0x[0-9a-f]{1,12}$/.test(value);
const hex = (value: number): string => `0x${value.toString(16)}`;

const lower = (value: Json | undefined, offset: number): Json => {
  if (!isQuantity(value) || Number(value) === 0) return value ?? null;
  return hex(Number(value) > offset ? Number(value) - offset : 2 ** 40); // nobody has that block
};

/** The parameter that names a block: the first of these methods, the second of the others; and a filter's bounds. */
const FIRST: ReadonlySet<string> = new Set(["eth_getBlockByNumber", "eth_getBlockReceipts"]);
const SECOND: ReadonlySet<string> = new Set([
  ...["eth_call", "eth_estimateGas", "eth_getBalance", "eth_getCode", "eth_getTransactionCount", "eth_feeHistory"],
]);
const lowered = (method: string, param: Json, index: number, offset: number): Json => {
  if ((FIRST.has(method) && index === 0) || (SECOND.has(method) && index === 1)) return lower(param, offset);
  if (method !== "eth_getLogs" || param === null || typeof param !== "object") return param;
  return Object.fromEntries(
    Object.entries(param).map(([name, value]) => [name, ["fromBlock", "toBlock"].includes(name) ? lower(value, offset) : value]),
  );
};

const raise = (value: Json, offset: number): Json => (isQuantity(value) && Number(value) > 0 ? hex(Number(value) + offset) : value);

const raised = (method: string, result: Json, offset: number): Json => {
  if (method === "eth_blockNumber") return raise(result, offset);
  const walk = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, NUMBERS.has(name) ? raise(inner, offset) : walk(inner)]));
  };
  return walk(result);
};
