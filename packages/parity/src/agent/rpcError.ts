/** JSON-RPC error codes of the reference. */
export const RPC_CODES = {
  parse: -32_700,
  invalidRequest: -32_600,
  unknownMethod: -32_601,
  parameters: -32_602,
  account: -32_023,
  encryption: -32_055,
  internal: -32_603,
} as const;

/** An error as a client of the agent is told it. Public: no password, no key, no parameter is in it. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: string | undefined;

  constructor(code: keyof typeof RPC_CODES, message: string, data?: string) {
    super(message);
    this.name = "RpcError";
    this.code = RPC_CODES[code];
    this.data = data;
  }
}

/** -32602, with what is wrong with which parameter. */
export const badParameters = (why: string): RpcError => new RpcError("parameters", `Couldn't parse parameters: ${why}`);
