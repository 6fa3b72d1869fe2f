import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument, parseCount } from "../parse.ts";
import { UsageError } from "../usageError.ts";
import { keyIdsOf, printReshared, reshareKeys } from "./reshareKeys.ts";

type Arguments = CommonArguments & {
  readonly key: string | undefined;
  readonly all: boolean;
  readonly threshold: string | undefined;
  readonly atOnce: number;
  readonly retries: number;
};

/** Moves a key, or all keys, to the newest open epoch: the public key stays, every share changes. */
export default command<Arguments>(async (args, context) => {
  if ((args.key === undefined) === !args.all) throw new UsageError("Name the keys: --key ID (several, separated by commas), or --all.");
  const reshared = await reshareKeys(context, {
    keyIds: args.key === undefined ? undefined : parseArgument("--key", args.key, keyIdsOf),
    threshold: args.threshold === undefined ? undefined : parseCount("--threshold", args.threshold, 1),
    atOnce: parseCount("--at-once", args.atOnce, 1),
    retries: parseCount("--retries", args.retries, 0),
  });
  printReshared(context, reshared);
  return reshared;
});
