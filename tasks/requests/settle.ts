import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseRequestArgument } from "./requestArgument.ts";

/** Credits the keepers of an optimistic request after its window. */
export default command<CommonArguments & { readonly request: string }>(async (args, context) => {
  const requestId = parseRequestArgument(args.request);
  const client = await context.client({ signs: true });
  const transaction = await client.settle(requestId, { signal: context.signal });
  context.terminal.print(
    `Settled: the keepers whose answers stand are credited. To refund the rest: npx hardhat keyquorum request refund ${requestId}`,
  );
  return { requestId, transaction };
});
