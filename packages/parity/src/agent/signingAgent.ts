import { createPlainServer, type PlainAnswer, type PlainServer } from "@keyquorum/http";
import type { Clock, Logger } from "@keyquorum/keeper";
import { JSON_TYPE } from "../formats/bodies.ts";
import { createCors } from "../keyServer/cors.ts";
import { isLoopback } from "../keyServer/keyServerOptions.ts";
import { createOwnMachine } from "../keyServer/ownMachine.ts";
import { createAccounts } from "./accounts.ts";
import { answerJsonRpc } from "./jsonRpc.ts";
import { readKeystores } from "./keystoreFolder.ts";
import { createMethods } from "./methods.ts";
import { RPC_CODES } from "./rpcError.ts";

export type SigningAgentOptions = {
  /** The folder of V3 keystores. */
  readonly keys: string;
  readonly host: string;
  readonly port: number;
  readonly chainId: bigint;
  /** Pages that may call it. "*": all of them. Default: none. */
  readonly corsOrigins?: readonly string[];
  /** Names under which it is asked, beside loopback's. */
  readonly hosts?: readonly string[];
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
};

const LIMITS = {
  bodyLimitBytes: 16_777_216, // documents come in it, as hex
  requestTimeoutMilliseconds: 120_000, // above the longest wait of wrong passwords
  requestsPerMinute: 6_000,
  maxConnections: 200,
  maxConnectionsPerAddress: 200,
};

/**
 * Parity's `secretstore_*` methods over a folder of keystores, for programs on this machine: whoever reaches it may guess passwords. It refuses web pages
 * (an Origin that is not listed) and foreign names of this machine (a Host that is none of its own), by which pages would reach it. Throws AgentError.
 */
export const createSigningAgent = async (options: SigningAgentOptions): Promise<PlainServer & { readonly accounts: readonly string[] }> => {
  const { host, port, log, corsOrigins = [], hosts = [] } = options;
  const keystores = await readKeystores(options.keys);
  const methods = createMethods({ ...options, accounts: createAccounts({ ...options, keystores }) });
  const cors = createCors(corsOrigins, ["content-type", "accept"]);
  if (!isLoopback(host)) log.warn("The signing agent listens to other machines: passwords and documents come over the network as they are");

  const isFromOwnMachine = createOwnMachine({ origins: corsOrigins, hosts: isLoopback(host) ? hosts : undefined });
  const server = createPlainServer({
    limits: { ...LIMITS, host, port },
    turnAway: ({ headers }) =>
      isFromOwnMachine(headers) ? undefined : rpcFailure(403, "This agent answers neither this origin nor this host name"),
    answer: async ({ method, headers, body }): Promise<PlainAnswer> => {
      const preflight = method === "OPTIONS" ? cors.preflight(headers) : undefined;
      if (preflight !== undefined) return { status: 204, headers: preflight };
      if (method !== "POST") return { ...rpcFailure(405, "Send JSON-RPC by POST"), headers: { allow: "POST", "content-type": JSON_TYPE } };
      const onFailure = (name: string): void => log.error("A method failed", { method: name });
      const answer = await answerJsonRpc(new TextDecoder().decode(body), methods, onFailure);
      const readable = cors.headers(headers);
      return answer === undefined
        ? { status: 200, headers: readable }
        : { status: 200, headers: { ...readable, "content-type": JSON_TYPE }, body: answer };
    },
    refuse: (why, { headers = {} }) => ({
      ...rpcFailure(why === "malformed" ? 400 : why === "oversize" ? 413 : 503, `Refused: ${why}`),
      headers: { ...cors.headers(headers), "content-type": JSON_TYPE },
    }),
    onFailure: () => log.error("A request failed"),
  });
  return { ...server, accounts: [...keystores.keys()] };
};

const rpcFailure = (status: number, message: string): PlainAnswer => ({
  status,
  headers: { "content-type": JSON_TYPE },
  body: JSON.stringify({ jsonrpc: "2.0", error: { code: RPC_CODES.invalidRequest, message }, id: null }),
});
