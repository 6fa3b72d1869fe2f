/** What a stranger can take of a server, at most. */
export type HttpLimits = {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly bodyLimitBytes: number;
  readonly requestTimeoutMilliseconds: number;
  /** In all. Beyond them only health checks are answered. */
  readonly maxConnections: number;
  /** Of one address (IPv6: /64). Default: 250. Not behind a proxy. */
  readonly maxConnectionsPerAddress?: number;
  /** Of one address. Default: 600. */
  readonly requestsPerMinute?: number;
  /** Whether a proxy stands before the server, whose X-Forwarded-For says who asks. Default: false. */
  readonly trustProxy?: boolean;
  /** Web pages that may read `/v1/...`. Default: all ("*"). */
  readonly corsOrigins?: readonly string[];
};

/** A certificate chain and its key, as PEM. The key is secret. */
export type TlsPem = { readonly cert: Buffer; readonly key: Buffer };

export const DEFAULT_PER_ADDRESS = 250;
export const DEFAULT_REQUESTS_PER_MINUTE = 600;
/** Addresses whose rate is remembered. */
export const RATE_CACHE = 10_000;
