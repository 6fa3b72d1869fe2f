import { command } from "../command.ts";
import { formatPrice } from "../fees/formatPrice.ts";
import type { CommonArguments } from "../options.ts";
import { parseCount } from "../parse.ts";
import { parseRequestArgument } from "./requestArgument.ts";

/** Proves a keeper's answer to an optimistic request wrong. Says first what that costs. */
export default command<CommonArguments & { readonly request: string; readonly slot: string }>(async (args, context) => {
  const requestId = parseRequestArgument(args.request);
  const slot = parseCount("slot", args.slot, 1);
  const client = await context.client({ signs: true });
  const { gas, wei } = await client.estimateChallenge({ requestId, slot }, { signal: context.signal });
  context.terminal.progress(`Challenging slot ${slot}: about ${gas.toLocaleString("en")} gas, ${formatPrice(wei)}; no one is paid for it`);
  const proved = await client.challenge({ requestId, slot }, { signal: context.signal });
  context.terminal.print(`The keeper at slot ${slot} is recorded at fault (${proved.reason}); it is not paid for this answer.`);
  return proved;
});
