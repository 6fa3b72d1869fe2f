import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseRequestArgument } from "./requestArgument.ts";

/** Refunds a finished request for the answers that did not come. */
export default command<CommonArguments & { readonly request: string }>(async (args, context) => {
  const requestId = parseRequestArgument(args.request);
  const client = await context.client({ signs: true });
  const transaction = await client.refund(requestId, { signal: context.signal });
  context.terminal.print("The fees for answers that did not come, or did not stand, are paid back to the requester.");
  return { requestId, transaction };
});
