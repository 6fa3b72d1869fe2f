import { readFile } from "node:fs/promises";
import { readServiceConfig, type ServiceConfig } from "../../service/config.ts";
import { urlFileOf } from "../../service/createService.ts";
import { ServiceError } from "../../service/runnerError.ts";

const NOT_READY = 3;
const TIMEOUT_MILLISECONDS = 5_000;

/** What `GET /v1/runner` says. */
type Status = {
  readonly software: string;
  readonly chainId: number;
  readonly runner: string;
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly running: number;
  readonly waiting: number;
  readonly limits: readonly { readonly name: string; readonly isInForce: boolean }[];
};

/** `keyquorum-runner status`. The exit code: 0 ready, 3 running but not ready. Throws RUNNER_NOT_RUNNING. */
export const status = async (options: { readonly configFile: string; readonly json: boolean }): Promise<number> => {
  const { url, found } = await ask(await readServiceConfig(options.configFile));
  if (options.json) console.log(JSON.stringify({ url, ...found }, null, 2));
  else
    for (const [name, value] of [
      ["URL", url],
      ["Ready", found.ready ? "yes" : `no: ${found.reasons.join(", ")}`],
      ["Runner", found.runner],
      ["Chain", String(found.chainId)],
      ["Runs", `${found.running} under way, ${found.waiting} waiting`],
      ["Done without", found.limits.flatMap(({ name, isInForce }) => (isInForce ? [] : [name])).join(", ") || "nothing"],
    ] as const)
      console.log(`${name.padEnd(14)}${value}`);
  return found.ready ? 0 : NOT_READY;
};

const ask = async (config: ServiceConfig): Promise<{ readonly url: string; readonly found: Status }> => {
  const written = await readFile(urlFileOf(config), "utf8").catch(() => "");
  const { host, port, tls } = config.http;
  const url = written.trim() || `${tls === undefined ? "http" : "https"}://${host}:${port}`;
  const notRunning = (cause?: unknown): ServiceError =>
    new ServiceError(
      "RUNNER_NOT_RUNNING",
      `The runner is not running: nothing answers as it at ${url}. Start it with \`keyquorum-runner run\`.`,
      { url },
      { cause },
    );
  const response = await fetch(`${url}/v1/runner`, { signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) }).catch((cause: unknown) => {
    throw notRunning(cause);
  });
  if (!response.ok) throw notRunning();
  return { url, found: (await response.json()) as Status }; // true: the operator's own runner
};
