import { type Finality, httpRpc, isLocalChain, redactUrl } from "@keyquorum/chain";
import { readTls } from "@keyquorum/daemon";
import { type Address, parseAddress } from "@keyquorum/wire";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { readDeployment, type ServedContracts } from "../contracts/deployment.ts";
import { openOperatorKey } from "../membership/operatorKey.ts";
import { delayWarning } from "../sessions/delayWarning.ts";
import { checkOnline } from "./checkOnline.ts";
import { readVaultKey } from "./vaultFile.ts";

/** What is in force, with nothing that could be secret in it, and what is allowed but unwise. */
export type CheckedConfiguration = {
  readonly operator: Address;
  readonly warnings: readonly string[];
  /** Online: why this keeper could not work now, though its configuration holds together. */
  readonly obstacles: readonly string[];
  readonly effective: Readonly<Record<string, unknown>>;
};

/**
 * Checks a configuration and every file that it names; online, also that each RPC serves the deployment's chain and has what a keeper needs, and that
 * the operator has ether and a place in the registry.
 * Throws KeeperError for the first file that is wrong, or what `checkOnline` throws.
 */
export const checkConfiguration = async (config: KeeperConfig, options: { readonly online: boolean }): Promise<CheckedConfiguration> => {
  const contracts = await readDeployment(config);
  await readVaultKey(config.vault);
  const operator = parseAddress((await openOperatorKey(config.operator)).address);
  const { tls } = config.http;
  if (tls !== undefined) await readTls(tls);
  const warnings = [...warningsOf(config)];
  const otherwise = otherFinality(config.chain.finality, contracts.deployment.finality);
  if (otherwise !== undefined) warnings.push(otherwise);
  if (!options.online) return { operator, warnings, obstacles: [], effective: effectiveOf(config) };
  const { rpcUrls, rpcTimeoutMilliseconds: timeoutMs, finality, maxHeadAgeSeconds } = config.chain;
  const rpcs = rpcUrls.map((url) => ({ name: redactUrl(url), rpc: httpRpc(url, { timeoutMs }) }));
  const { balanceReserveWei } = config.limits;
  const found = await checkOnline({ rpcs, contracts, operator, finality, maxHeadAgeSeconds, balanceReserveWei });
  const delayed = await delayWarningOf(config, contracts);
  warnings.push(...found.warnings, ...(delayed === undefined ? [] : [delayed]));
  return { operator, warnings, obstacles: found.obstacles, effective: effectiveOf(config) };
};

const describeFinality = (finality: Finality): string =>
  finality.kind === "finalized" ? "the finalized block" : `${finality.blocks} confirmations`;

/** Where this keeper means something else by "final" than whoever uses the deployment file. */
const otherFinality = (own: Finality, deployment: Finality | undefined): string | undefined => {
  if (deployment === undefined || describeFinality(own) === describeFinality(deployment)) return undefined;
  return `[chain] finality is ${describeFinality(own)}, and the deployment file says ${describeFinality(deployment)}: readers expect answers by that, and this keeper gives them by its own.`;
};

const delayWarningOf = ({ chain, epochs }: KeeperConfig, contracts: ServedContracts): Promise<string | undefined> => {
  const [url] = chain.rpcUrls as [string]; // true: the schema asks for one at least
  const rpc = httpRpc(url, { timeoutMs: chain.rpcTimeoutMilliseconds });
  return delayWarning({ rpc, contracts, minDelaySeconds: epochs.minDelaySeconds });
};

const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.");

const warningsOf = ({ chain, http, metrics, epochs, extensions }: KeeperConfig): readonly string[] => {
  const found: string[] = [];
  const isLocal = isLocalChain(chain.chainId);
  if (chain.rpcUrls.length === 1 && !isLocal)
    found.push("There is one RPC URL: whoever runs it can make this keeper believe anything. Use an own node, or several providers.");
  if (chain.rpcUrls.length === 2) found.push("Two RPC URLs must always agree: one that fails stops this keeper. Use three.");
  if (chain.finality.kind === "confirmations" && chain.finality.blocks === 0 && !isLocal)
    found.push("finality is 0 confirmations: a reorg can undo what this keeper acts on.");
  if (epochs.minDelaySeconds === 0 && !isLocal)
    found.push("[epochs] minDelaySeconds is 0: this keeper deals its shares into every epoch at once, and you have no time to veto one.");
  if (epochs.eraseDelaySeconds === 0 && !isLocal)
    found.push(
      "[epochs] eraseDelaySeconds is 0: this keeper erases shares of former epochs on what is said for one moment by its RPC providers.",
    );
  if (!isLoopback(http.host) && http.tls === undefined)
    found.push("HTTP is open to other machines without TLS: put a TLS proxy before it, or set [http] tls.");
  if (metrics.port === undefined && !isLoopback(http.host))
    found.push("Metrics are served at the public port: give [metrics] a port of its own.");
  if (metrics.port !== undefined && !isLoopback(metrics.host)) found.push("Metrics are open to other machines.");
  for (const { module } of extensions.modules) found.push(`The extension ${module} sees what this keeper sees.`);
  return found;
};

/** The configuration as JSON: bigint as text, RPC URLs without path and credentials. Secrets are in files, of which it names the paths only. */
const effectiveOf = (config: KeeperConfig): Readonly<Record<string, unknown>> => {
  const shown = { ...config, chain: { ...config.chain, rpcUrls: config.chain.rpcUrls.map(redactUrl) } };
  return JSON.parse(JSON.stringify(shown, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value))) as Readonly<
    Record<string, unknown>
  >;
};
