import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { readEpoch } from "./openEpoch.ts";

/** Shows the newest epoch and who has posted an encryption key for it. */
export default command<CommonArguments>(async (_, context) => {
  const { keeperRegistry } = await context.contracts();
  const last = Number(await keeperRegistry.lastEpoch());
  if (last === 0) {
    context.terminal.print("No epoch has been proposed yet: npx hardhat keyquorum epoch open");
    return { epoch: 0 };
  }
  const state = await readEpoch(context, last);
  const list = (slots: readonly number[]): string => (slots.length === 0 ? "none" : slots.join(", "));
  context.terminal.facts([
    ["Epoch", String(state.epoch)],
    ["Status", state.status],
    ["May open from", new Date(state.opensAt * 1000).toISOString()],
    ["Keys posted", list(state.posted)],
    ["Keys missing", list(state.missing)],
  ]);
  return state;
});
