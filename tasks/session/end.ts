import { checksumAddress } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";

/** Ends all reading sessions of the account, by a transaction. */
export default command<CommonArguments>(async (_args, context) => {
  const client = await context.client({ signs: true });
  const [requester, transaction] = [await client.address(), await client.endSessions({ signal: context.signal })];
  context.terminal.print(`All sessions of ${checksumAddress(requester)} are over, at every keeper, from the next block on.`);
  return { requester, transaction };
});
