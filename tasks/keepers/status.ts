import type { KeeperHealth } from "@keyquorum/client";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { counted, printable } from "../slots.ts";

/** Clocks that differ by more make keepers and readers disagree about a request's end. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** Asks every keeper how it is, and shows who is live. */
export default command<CommonArguments>(async (_, context) => {
  const { terminal, signal } = context;
  const client = await context.client({ signs: false });
  const { provider } = await context.connection();
  const head = await provider.getBlockNumber();
  const keepers = await client.keeperHealth({ signal });
  if (keepers.length === 0) {
    terminal.print("No keeper is admitted yet: npx hardhat keyquorum keepers add --from keeper.json --endpoint https://...");
    return { head, keepers };
  }
  terminal.table(
    ["SLOT", "NAME", "STATE", "VERSION", "HEAD", "SHARES", "LATENCY", "CLOCK"],
    keepers.map((keeper) => [
      String(keeper.slot),
      printable(keeper.name),
      describeState(keeper),
      printable((keeper.software ?? "").replace(/^keyquorum-keeper /, "")),
      describeHead(keeper, head),
      describeShares(keeper),
      keeper.latencyMs === undefined ? "" : `${Math.round(keeper.latencyMs)} ms`,
      describeClock(keeper),
    ]),
  );
  const ready = keepers.filter((keeper) => keeper.ready).length;
  terminal.print(`\n${ready} of ${counted(keepers.length, "keeper")} would answer a reader now.`);
  for (const { slot, failure, endpoint } of keepers)
    if (failure !== undefined) terminal.print(`Slot ${slot}, ${endpoint === "" ? "no endpoint" : printable(endpoint)}: ${failure.message}`);
  return { head, keepers };
});

const describeState = ({ live, ready, reasons, failure }: KeeperHealth): string =>
  failure !== undefined || !live
    ? `dead: ${failure?.code ?? "UNREACHABLE"}`
    : ready
      ? "ready"
      : `not ready: ${reasons.join(", ") || "no reason told"}`;

/** A keeper's blocks are counted by its own RPC; it may have seen more than ours has. */
const describeHead = ({ live, headBlock }: KeeperHealth, head: number): string => {
  if (!live) return "";
  if (headBlock === undefined) return "none seen";
  return headBlock >= head ? String(headBlock) : `${headBlock} (${counted(head - headBlock, "block")} behind)`;
};

const describeShares = ({ sharesMissing }: KeeperHealth): string =>
  sharesMissing === undefined ? "" : sharesMissing === 0 ? "all" : `${sharesMissing} missing`;

const describeClock = ({ clockAheadSeconds: ahead }: KeeperHealth): string => {
  if (ahead === undefined) return "";
  if (Math.abs(ahead) <= CLOCK_TOLERANCE_SECONDS) return "right";
  return `${Math.abs(ahead)} s ${ahead > 0 ? "ahead" : "behind"}`;
};
