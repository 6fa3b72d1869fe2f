import type { RpcMethod } from "./methods.ts";
import { RPC_CODES, RpcError } from "./rpcError.ts";

type Call = { readonly id: string | number | null; readonly method: string; readonly params: readonly unknown[] };

/** Calls in one body, at most. */
const MAX_BATCH = 100;

/**
 * Answers a body of JSON-RPC 2.0: a call, or a list of calls. Answers of success have no member `error`, answers of failure none `result`: clients ask
 * which one is there. Undefined: the body held notifications only.
 * @param onFailure told what a method threw beside RpcError; its message may hold anything
 */
export const answerJsonRpc = async (
  body: string,
  methods: Readonly<Record<string, RpcMethod>>,
  onFailure: (method: string, error: unknown) => void,
): Promise<string | undefined> => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return JSON.stringify(failed(null, RPC_CODES.parse, "Parse error"));
  }
  if (!Array.isArray(parsed)) {
    const answer = await answerCall(parsed, methods, onFailure);
    return answer && JSON.stringify(answer);
  }
  if (parsed.length === 0 || parsed.length > MAX_BATCH) return JSON.stringify(failed(null, RPC_CODES.invalidRequest, "Invalid request"));
  const answers: object[] = [];
  for (const call of parsed) {
    const answer = await answerCall(call, methods, onFailure);
    if (answer !== undefined) answers.push(answer);
  }
  return answers.length === 0 ? undefined : JSON.stringify(answers);
};

const answerCall = async (
  value: unknown,
  methods: Readonly<Record<string, RpcMethod>>,
  onFailure: (method: string, error: unknown) => void,
): Promise<object | undefined> => {
  const call = callOf(value);
  if (call === undefined) return failed(null, RPC_CODES.invalidRequest, "Invalid request");
  const answer = await runCall(call, methods, onFailure);
  return isNotification(value) ? undefined : answer;
};

const runCall = async (
  { id, method, params }: Call,
  methods: Readonly<Record<string, RpcMethod>>,
  onFailure: (method: string, error: unknown) => void,
): Promise<object> => {
  const run = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (run === undefined) return failed(id, RPC_CODES.unknownMethod, "Method not found");
  try {
    return { jsonrpc: "2.0", result: await run(params), id };
  } catch (error) {
    if (error instanceof RpcError) return failed(id, error.code, error.message, error.data);
    onFailure(method, error);
    return failed(id, RPC_CODES.internal, "Internal error");
  }
};

const failed = (id: string | number | null, code: number, message: string, data?: string): object => ({
  jsonrpc: "2.0",
  error: { code, message, ...(data === undefined ? {} : { data }) },
  id,
});

/** A client of the original may leave out `jsonrpc`, and `params` where there are none. */
const callOf = (value: unknown): Call | undefined => {
  if (typeof value !== "object" || value === null || !("method" in value) || typeof value.method !== "string") return undefined;
  const params = "params" in value ? value.params : [];
  const id = "id" in value ? value.id : null;
  if (!Array.isArray(params)) return undefined;
  if (typeof id !== "string" && typeof id !== "number" && id !== null) return undefined;
  return { id, method: value.method, params };
};

const isNotification = (value: unknown): boolean => typeof value === "object" && value !== null && !("id" in value);
