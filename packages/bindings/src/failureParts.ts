/** A JSON-RPC error as a node wrote it. `text` is free text: for classification only, never shown. */
export type RpcErrorParts = { readonly code: number; readonly text: string; readonly data: unknown };

/** What was found inside a thrown error. */
export type FailureParts = {
  /** The outermost first. */
  readonly rpc: readonly RpcErrorParts[];
  /** 0x hex, lower case. */
  readonly revertData: string | undefined;
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Something answered, and not in JSON. */
  readonly isNotJson: boolean;
  /** A request with several calls was answered with something else than one answer for each. */
  readonly isBatchAnswer: boolean;
  /** The system's or the library's word for what went wrong. */
  readonly system: string | undefined;
};

/** Where ethers, wallets, Hardhat, Node and chain's Rpc put what a node said. `transaction`, `payload` and `request` hold what was sent, and are left out. */
const PLACES = ["error", "info", "data", "cause", "originalError", "details", "response", "value"] as const;
const MAX_DEPTH = 8;
const MAX_BODY = 100_000;

type Found = {
  rpc: RpcErrorParts[];
  revertData: string | undefined;
  status: number | undefined;
  headers: Record<string, string>;
  isNotJson: boolean;
  isBatchAnswer: boolean;
  system: string | undefined;
};
type Fields = Readonly<Record<string, unknown>>;

/** Looks through an error and everything inside it for what the node, or what stands before it, said. */
export const collectFailure = (error: unknown): FailureParts => {
  const found: Found = {
    rpc: [],
    revertData: undefined,
    status: undefined,
    headers: {},
    isNotJson: false,
    isBatchAnswer: false,
    system: undefined,
  };
  visit(error, found, new Set(), 0);
  return found;
};

const visit = (value: unknown, found: Found, seen: Set<unknown>, depth: number): void => {
  if (typeof value !== "object" || value === null || seen.has(value) || depth > MAX_DEPTH) return;
  seen.add(value);
  const fields = value as Fields;
  noteRpcError(fields, found);
  noteHttp(fields, found, seen, depth);
  noteWord(fields, found);
  if (fields.code === "UNSUPPORTED_OPERATION" && fields.operation === "bodyJson") found.isNotJson = true;
  if (fields.code === "BAD_DATA" && Array.isArray(fields.value)) {
    found.isBatchAnswer = true;
    for (const answer of fields.value) visit(answer, found, seen, depth + 1);
  }
  for (const place of PLACES) visit(fields[place], found, seen, depth + 1);
};

/** A JSON-RPC error, chain's RpcError, or revert data as ethers keeps it. */
const noteRpcError = (fields: Fields, found: Found): void => {
  const code = typeof fields.rpcCode === "number" ? fields.rpcCode : fields.code;
  const text = typeof fields.message === "string" ? fields.message : "";
  const isRpc = typeof code === "number" && Number.isInteger(code) && ("message" in fields || "data" in fields);
  if (isRpc) found.rpc.push({ code, text, data: fields.data });
  if (isRpc || fields.code === "CALL_EXCEPTION" || fields.data !== undefined) found.revertData ??= hexOf(fields.data);
};

/** Nethermind writes "Reverted 0x..." where others write the hex alone. */
const hexOf = (data: unknown): string | undefined => {
  const [, hex] = typeof data === "string" ? (/^(?:Reverted )?(0x(?:[0-9a-f]{2})*)$/i.exec(data) ?? []) : [];
  return hex?.toLowerCase();
};

/** ethers' response and what it copies of it, a fetch Response, and the status that chain's errors carry. */
const noteHttp = (fields: Fields, found: Found, seen: Set<unknown>, depth: number): void => {
  const status = [fields.statusCode, fields.status, fields.responseStatus].map(statusOf).find((one) => one !== undefined);
  found.status ??= status;
  if (status !== undefined && typeof fields.headers === "object" && fields.headers !== null)
    for (const name of ["retry-after", "location"]) {
      const value = headerOf(fields.headers, name);
      if (value !== undefined) found.headers[name] ??= value;
    }
  const body = [fields.responseBody, status === undefined ? undefined : fields.bodyText].find((one) => typeof one === "string");
  if (typeof body !== "string" || body.length > MAX_BODY) return;
  try {
    for (const answer of [JSON.parse(body)].flat()) visit(answer, found, seen, depth + 1);
  } catch {
    found.isNotJson ||= status === undefined || status < 400;
  }
};

const statusOf = (value: unknown): number | undefined => {
  const status = typeof value === "string" ? Number(/^\d{3}/.exec(value)?.[0]) : value;
  return typeof status === "number" && Number.isInteger(status) && status >= 200 && status < 600 ? status : undefined;
};

const headerOf = (headers: object, name: string): string | undefined => {
  const value: unknown = headers instanceof Headers ? headers.get(name) : (headers as Fields)[name];
  return typeof value === "string" ? value : undefined;
};

/** The innermost word says most: ECONNRESET inside of a "fetch failed". */
const noteWord = ({ code, name, reason }: Fields, found: Found): void => {
  if (name === "TimeoutError") found.system = "TIMEOUT";
  if (typeof code === "string" && /^[A-Z][A-Z0-9_]{1,40}$/.test(code) && code !== "CALL_EXCEPTION") found.system = code;
  if (code === "CHAIN_UNAVAILABLE" && typeof reason === "string" && /^[A-Z_]{1,40}$/.test(reason)) found.system = reason;
};
