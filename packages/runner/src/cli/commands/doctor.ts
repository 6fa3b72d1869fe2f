import { access, constants } from "node:fs/promises";
import { silentLogger } from "@keyquorum/daemon";
import { findLimits } from "../../run/limitsInForce.ts";
import { readServiceConfig, type ServiceConfig } from "../../service/config.ts";
import { openRunnerKey } from "../../service/identity.ts";
import { openChain } from "../../service/openChain.ts";
import { readServedModules } from "../../service/servedModules.ts";

const WRONG = 3;

/** One thing that was looked at. */
type Finding = { readonly what: string; readonly isWell: boolean; readonly says: string };

/** `keyquorum-runner doctor`. The exit code: 0 it can run, 3 something is wrong. Throws what makes the configuration unreadable. */
export const doctor = async (options: {
  readonly configFile: string;
  readonly offline: boolean;
  readonly json: boolean;
}): Promise<number> => {
  const config = await readServiceConfig(options.configFile);
  const findings: Finding[] = [];
  const look = async <T>(what: string, work: () => Promise<T>, says: (found: T) => string): Promise<T | undefined> => {
    try {
      const found = await work();
      findings.push({ what, isWell: true, says: says(found) });
      return found;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? `${String(error.code)}: ` : "";
      findings.push({ what, isWell: false, says: `${code}${error instanceof Error ? error.message : "failed"}` });
      return undefined;
    }
  };

  const limits = await look(
    "Limits",
    () => findLimits(new Set(config.without)),
    (found) => summary(found),
  );
  const key = await look(
    "Key",
    () => openRunnerKey(config),
    ({ runner }) => runner,
  );
  await look(
    "Data",
    () => access(config.dataDirectory, constants.R_OK | constants.W_OK),
    () => config.dataDirectory,
  );
  if (key !== undefined) {
    const chain = await look(
      "Deployment",
      () => openChain(config, key.wallet),
      ({ identity }) => `chain ${identity.chainId}`,
    );
    if (chain !== undefined && !options.offline) {
      await look("Chain", chain.assertOwnChain, () => "answers, and has the deployment");
      await look(
        "Modules",
        () => modulesOf(config, chain.blobs),
        (found) => found,
      );
    }
    chain?.close();
  }
  const isWell = findings.every((finding) => finding.isWell);
  if (options.json) console.log(JSON.stringify({ ok: isWell, findings, limits: limits ?? [], callers: config.callers.length }, null, 2));
  else {
    for (const { what, isWell: holds, says } of findings) console.log(`${holds ? "ok   " : "WRONG"}  ${what.padEnd(12)}${says}`);
    for (const { name, isInForce, how } of limits ?? []) console.log(`       ${(isInForce ? "" : "NOT ") + name}: ${how}`);
    if (config.callers.length === 0) console.log("       nobody may run anything: [callers] is empty");
  }
  return isWell ? 0 : WRONG;
};

const summary = (limits: readonly { readonly name: string; readonly isInForce: boolean }[]): string => {
  const without = limits.filter(({ isInForce }) => !isInForce).map(({ name }) => name);
  return without.length === 0 ? "all in force" : `done without, as the configuration says: ${without.join(", ")}`;
};

const modulesOf = async (
  config: ServiceConfig,
  blobs: Parameters<typeof readServedModules>[0]["blobs"] extends () => Promise<infer B> ? B : never,
) => {
  const modules = await readServedModules({ config, blobs: async () => blobs, log: silentLogger });
  await modules.loadMissing(AbortSignal.timeout(20_000));
  const missing = modules.missing();
  if (missing.length > 0) throw new Error(`the store does not give ${missing.join(", ")}`);
  return (
    modules
      .all()
      .map(({ hash }) => hash)
      .join(", ") || "none is listed"
  );
};
