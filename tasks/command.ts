import { withoutSecrets } from "@keyquorum/wire";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { surviveClosedPipe } from "./closedPipe.ts";
import { createContext, type TaskContext } from "./context.ts";
import type { CommonArguments } from "./options.ts";
import { printable } from "./printable.ts";
import { createTerminal, type Streams, toJson } from "./terminal.ts";

/** What Hardhat turns into the exit code. */
type Outcome = { readonly success: true; readonly value: undefined } | { readonly success: false; readonly error: undefined };

/**
 * Makes a task's action: opens what it needs, closes it, prints the result with --json, and turns any error into one sentence and exit code 1.
 * Ctrl-C aborts the work in hand; a second one ends the process.
 */
export const command =
  <A extends CommonArguments>(run: (args: A, context: TaskContext) => Promise<unknown>) =>
  async (args: A, hre: HardhatRuntimeEnvironment, streams: Streams = process): Promise<Outcome> => {
    for (const stream of [streams.stdout, streams.stderr]) surviveClosedPipe(stream);
    const terminal = createTerminal({ isJson: args.json, streams });
    const interrupted = new AbortController();
    const onInterrupt = (): void =>
      interrupted.abort(new Error("Interrupted. What is on the chain stays; the same command continues from there."));
    process.once("SIGINT", onInterrupt);
    const context = createContext({ args, hre, terminal, signal: interrupted.signal });
    try {
      const result = await run(args, context);
      if (args.json) streams.stdout.write(`${toJson(result)}\n`);
      return { success: true, value: undefined };
    } catch (error) {
      const { describeFailure, withUnfinished } = await import("./failure.ts"); // it knows every command's errors
      const failure = withUnfinished(describeFailure(error), context.transactions.unfinished());
      if (args.json) streams.stdout.write(`${toJson({ error: failure.data })}\n`);
      else streams.stderr.write(`${failure.lines.map(printable).join("\n")}\n`);
      if (args.verbose && error instanceof Error) streams.stderr.write(`${stackOf(error)}\n`);
      return { success: false, error: undefined };
    } finally {
      process.removeListener("SIGINT", onInterrupt);
      await context.close();
    }
  };

/** Where it happened, without what could be a key: ethers repeats the RPC's URL. */
const stackOf = (error: Error): string => {
  const shown = withoutSecrets(error);
  return shown instanceof Error ? (shown.stack ?? shown.message) : String(shown);
};
