import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import { checkFileTarget } from "@keyquorum/client/node";
import {
  createRunner,
  loadModule,
  type Manifest,
  OPTIONAL_LIMITS,
  type OptionalLimit,
  type RunResult,
  readManifest,
  readModule,
  runLocally,
  runModule,
} from "@keyquorum/runner";
import { parseAddress, type RunRecordBody } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { TaskContext } from "../context.ts";
import type { CommonArguments } from "../options.ts";
import { UsageError } from "../usageError.ts";
import { runByService } from "./runByService.ts";
import { tell } from "./tell.ts";

type Arguments = CommonArguments & {
  readonly manifest: string;
  readonly arguments: readonly string[];
  readonly stdin: string | undefined;
  readonly local: boolean;
  readonly secrets: string | undefined;
  readonly record: string | undefined;
  readonly without: string | undefined;
  readonly service: string | undefined;
  readonly runner: string | undefined;
  readonly module: string | undefined;
  readonly keepOutput: boolean;
  readonly privateHost: string | undefined;
};

/** Runs a module once, with the secrets that the keepers give to this account for it; or, with --local, with those of a file and without a network. */
export default command<Arguments>(async (args, context) => {
  const { terminal, signal } = context;
  if (args.service !== undefined) return runByService({ ...args, service: args.service }, context);
  if (args.runner !== undefined || args.module !== undefined || args.keepOutput)
    throw new UsageError("--runner, --module and --keep-output go with --service URL.");
  if (args.local !== (args.secrets !== undefined))
    throw new UsageError("--local and --secrets FILE go together: values of a file, no keepers.");
  if (args.local && args.record !== undefined) throw new UsageError("A local run has no record: no keeper took part in it.");
  const read = await readManifest(args.manifest);
  const manifest = { ...read, args: [...read.args, ...args.arguments] };
  if (manifest.notUsed.length > 0) terminal.warn(`not used of ${args.manifest}: ${manifest.notUsed.join(", ")}.`);
  const module = loadModule(await readModule(manifest, args.manifest, context), manifest.module.hash);
  const stdin = args.stdin === undefined ? new Uint8Array(0) : await contentOf(args.stdin);
  if (args.record !== undefined) await checkFileTarget(args.record, { replace: false });
  const runner = await createRunner({ limits: manifest.limits, without: limitsToDoWithout(args.without) });
  try {
    const egress = { privateHosts: hostsIn(args.privateHost) };
    const about = { runner, manifest, module, stdin, egress, signal };
    const run: { readonly result: RunResult; readonly record?: RunRecordBody } = args.local
      ? { result: await runLocally({ ...about, values: await valuesIn(args.secrets ?? "", manifest) }) }
      : await runModule({ ...about, identity: await identityOf(context) });
    const { outcome, exitCode, stdout, stderr, used } = run.result;
    if ("sentence" in outcome) terminal.warn(outcome.sentence);
    return await tell({ ...run, outcome, exitCode, stdout, stderr, used }, args, context);
  } finally {
    await runner.close();
  }
});

const identityOf = async (context: TaskContext) => {
  const { signer } = await context.signing();
  const { chainId, contracts } = await context.deployment();
  const runner = parseAddress((await signer.getAddress()).toLowerCase());
  return {
    client: await context.client({ signs: true }),
    signer,
    runner,
    chainId: BigInt(chainId),
    shareRequests: parseAddress(contracts.shareRequests),
  };
};

const contentOf = (file: string): Promise<Uint8Array> =>
  readFile(file).catch((cause: unknown) => {
    throw new UsageError(`${file} cannot be read.`, { cause });
  });

/** Values by name, as .env files have them. Throws UsageError, which repeats none. */
const valuesIn = async (file: string, { secrets }: Manifest): Promise<ReadonlyMap<string, Uint8Array>> => {
  const values = new Map(
    Object.entries(parseEnv(Buffer.from(await contentOf(file)).toString())).map(([name, value]) => [name, new TextEncoder().encode(value)]),
  );
  const missing = secrets.filter(({ name }) => !values.has(name)).map(({ name }) => name);
  if (missing.length > 0) throw new UsageError(`${file} has no value for ${missing.join(", ")}.`);
  return values;
};

/** Throws UsageError. */
const hostsIn = (text: string | undefined): readonly string[] => {
  const hosts = text === undefined ? [] : text.split(",").map((one) => one.trim());
  const wrong = hosts.find((host) => !/^(\[[0-9a-f:.]+\]|[a-z0-9.-]+):[0-9]{1,5}$/.test(host));
  if (wrong !== undefined) throw new UsageError("--private-host takes host:port, with commas between.");
  return hosts.map((host) => host.replace(/^\[(.*)\]/, "$1")); // as hosts of URLs are compared
};

const limitsToDoWithout = (text: string | undefined): readonly OptionalLimit[] => {
  const named = text === undefined ? [] : text.split(",").map((one) => one.trim());
  const wrong = named.find((name) => !OPTIONAL_LIMITS.includes(name as OptionalLimit));
  if (wrong !== undefined) throw new UsageError(`--without takes ${OPTIONAL_LIMITS.join(", ")}, with commas between.`);
  return named as OptionalLimit[]; // each is one
};
