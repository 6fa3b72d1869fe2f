import type { IModuleGrants } from "@keyquorum/bindings/policies";
import { type Hash32, parseAddress } from "@keyquorum/wire";
import type { TaskContext } from "../context.ts";
import { parseArgument, parseUntil } from "../parse.ts";
import { UsageError } from "../usageError.ts";
import { moduleHashOf } from "./moduleHash.ts";

/** Who may have a secret, and for which module. */
export type GrantArguments = {
  readonly module: string | undefined;
  readonly runner: string | undefined;
  readonly until: string | undefined;
};

export type ModuleGrant = { readonly module: Hash32; readonly runner: string; readonly until: bigint };

/** A grant ends by itself: whoever forgets it does not leave it for ever. */
const DEFAULT_UNTIL = "90d";

/** A grant for each runner. None where neither module nor runner is named. Throws UsageError. */
export const grantsIn = async (args: GrantArguments, context: TaskContext): Promise<readonly ModuleGrant[]> => {
  const { module, runner, until } = args;
  if (module === undefined && runner === undefined) {
    if (until !== undefined) throw new UsageError("--until goes with --module and --runner.");
    return [];
  }
  if (module === undefined || runner === undefined) throw new UsageError("A grant needs both --module FILE and --runner ADDRESS.");
  const hash = await moduleHashOf("--module", module, context.blobs, context.signal);
  const end = BigInt(Math.floor(parseUntil(until ?? DEFAULT_UNTIL, new Date()).getTime() / 1000));
  return runner.split(",").map((one) => ({ module: hash, runner: parseArgument("--runner", one.trim(), parseAddress), until: end }));
};

/** Sends them, and tells. */
export const sendGrants = async (
  context: TaskContext,
  {
    book,
    documents,
    grants,
  }: { readonly book: IModuleGrants; readonly documents: readonly string[]; readonly grants: readonly ModuleGrant[] },
): Promise<void> => {
  await context.transact(book.grant([...documents], [...grants]));
  for (const { module, runner, until } of grants)
    context.terminal.print(`${runner} may have it for module ${module} until ${new Date(Number(until) * 1000).toISOString()}.`);
};
