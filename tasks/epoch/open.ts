import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import type { MemberOptions } from "./members.ts";
import { openEpoch } from "./openEpoch.ts";

/** Opens the next epoch: proposes it if need be and waits for the keepers' encryption keys. */
export default command<CommonArguments & MemberOptions & { readonly withoutMissing: boolean }>(async (args, context) => {
  const { members, without, withoutMissing } = args;
  const opened = await openEpoch(context, { members, without, waitsForAll: !withoutMissing });
  const client = await context.client({ signs: false });
  const hasKeys = (await client.keys({ signal: context.signal })).length > 0;
  context.terminal.print(
    hasKeys
      ? "Keys stay with the keepers of their own epoch until they are reshared. Next: npx hardhat keyquorum key reshare --all"
      : "Next: npx hardhat keyquorum key request",
  );
  return opened;
});
