import { readFile } from "node:fs/promises";
import { checkFileTarget } from "@keyquorum/client/node";
import { createRemoteRunner, type RemoteRunner } from "@keyquorum/runner";
import { parseAddress } from "@keyquorum/wire";
import type { TaskContext } from "../context.ts";
import { parseArgument } from "../parse.ts";
import { moduleHashOf } from "../secret/moduleHash.ts";
import { UsageError } from "../usageError.ts";
import { tell } from "./tell.ts";

/** What says which service is asked, as which runner. */
export type ServiceArguments = { readonly service: string; readonly runner: string | undefined };

export type RunByServiceArguments = ServiceArguments & {
  readonly module: string | undefined;
  readonly arguments: readonly string[];
  readonly stdin: string | undefined;
  readonly record: string | undefined;
  readonly keepOutput: boolean;
  readonly local: boolean;
  readonly secrets: string | undefined;
  readonly without: string | undefined;
  readonly privateHost: string | undefined;
};

/** A runner's service, as the chosen account. The runner is named by the user: who answers at a URL could name another one. Throws UsageError. */
export const remoteRunner = async ({ service, runner }: ServiceArguments, context: TaskContext): Promise<RemoteRunner> => {
  if (!URL.canParse(service) || !/^https?:$/.test(new URL(service).protocol)) throw new UsageError("--service takes an http or https URL.");
  if (runner === undefined) throw new UsageError("Name the account of the runner that is meant: --runner ADDRESS.");
  const { signer } = await context.signing();
  const { chainId } = await context.deployment();
  return createRemoteRunner({
    url: service,
    signer,
    domain: { chainId: BigInt(chainId), runner: parseArgument("--runner", runner, parseAddress) },
  });
};

/** Has a runner's service run a module that its operator lists, and verifies the record that comes back. */
export const runByService = async (args: RunByServiceArguments, context: TaskContext): Promise<unknown> => {
  const ofOwnRuns = [args.secrets, args.without, args.privateHost].some((one) => one !== undefined) || args.local;
  if (ofOwnRuns)
    throw new UsageError("--local, --secrets, --without and --private-host are of runs of one's own: a service has its operator's.");
  if (args.module === undefined) throw new UsageError("Name the module that the service runs: --module FILE, its CID or its SHA-256.");
  const module = await moduleHashOf("--module", args.module, context.blobs, context.signal);
  const remote = await remoteRunner(args, context);
  if (args.record !== undefined) await checkFileTarget(args.record, { replace: false });
  const stdin =
    args.stdin === undefined
      ? new Uint8Array(0)
      : await readFile(args.stdin).catch((cause: unknown) => {
          throw new UsageError(`${args.stdin} cannot be read.`, { cause });
        });
  const wanted = { module, args: args.arguments, stdin, keepOutput: args.keepOutput };
  const { id, record, stdout, stderr } = await remote.run(wanted, { signal: context.signal });
  const none = new Uint8Array(0);
  context.terminal.progress(`Run ${id}: ${record.outcome}`);
  if (stdout === undefined) context.terminal.warn("what the module printed was not kept: the connection broke before it came.");
  const { outcome, exitCode, used } = record;
  return tell({ outcome, exitCode, used, record, stdout: stdout ?? none, stderr: stderr ?? none }, args, context);
};
