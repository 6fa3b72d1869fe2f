import { setTimeout as sleep } from "node:timers/promises";
import type { EpochInfo } from "@keyquorum/client";
import { slotsOf } from "@keyquorum/wire";
import type { TaskContext } from "../context.ts";
import { bitmapOf, counted, readNames } from "../slots.ts";
import { UsageError } from "../usageError.ts";
import { chooseMembers, describeChange, type MemberOptions, readCurrent } from "./members.ts";

const WAIT_MS = 10 * 60_000;

/** The newest epoch as governance sees it. */
export const readNewestEpoch = async (context: TaskContext): Promise<EpochInfo | undefined> =>
  (await context.client({ signs: false })).epoch(undefined, { signal: context.signal });

/**
 * Proposes the next epoch unless one is proposed already. Throws UsageError where that one has other candidates than are wanted now.
 * Without a word about members, what is proposed already is taken as it is.
 */
export const proposeEpoch = async (context: TaskContext, wanted: MemberOptions = {}): Promise<EpochInfo> => {
  const { terminal } = context;
  const { contracts } = await context.signing();
  const names = await readNames(context);
  const known = await readNewestEpoch(context);
  const isSaid = wanted.members !== undefined || wanted.without !== undefined;
  if (known?.status === "Proposed") {
    if (!isSaid) return known;
    const members = chooseMembers(wanted, names);
    if (known.candidates.join() === members.join()) return known;
    throw new UsageError(
      `Epoch ${known.epoch} is proposed already, with the keepers at slots ${known.candidates.join(", ")}. Open it (npx hardhat keyquorum epoch open), or cancel it first: npx hardhat keyquorum epoch cancel`,
    );
  }
  const members = chooseMembers(wanted, names);
  await context.transact(contracts.keeperRegistry.proposeEpoch(isSaid ? bitmapOf(members) : 0));
  const proposed = await readNewestEpoch(context);
  if (proposed?.status !== "Proposed")
    throw new UsageError("The proposed epoch no longer exists. Look at `npx hardhat keyquorum epoch status`.");
  const current = await readCurrent(context);
  terminal.progress(
    `Epoch ${proposed.epoch} is proposed (${describeChange(current.members, proposed.candidates, names)}); it may open from ${iso(proposed.opensAt)} on`,
  );
  return proposed;
};

/** An epoch that was just opened. */
export type OpenedEpoch = {
  readonly epoch: number;
  readonly members: readonly number[];
  readonly transaction: string;
  readonly gasUsed: bigint;
};

/**
 * Proposes an epoch if need be, waits until it may open and the keepers have posted their keys, and opens it. Goes on where an earlier run
 * stopped. Throws UsageError.
 */
export const openEpoch = async (
  context: TaskContext,
  { waitsForAll, ...wanted }: MemberOptions & { readonly waitsForAll: boolean },
): Promise<OpenedEpoch> => {
  const { terminal, signal } = context;
  const { contracts } = await context.signing();
  const { provider, isLocal } = await context.connection();
  const names = await readNames(context);
  let state = await proposeEpoch(context, wanted);
  const stopAt = performance.now() + WAIT_MS;
  let said = "";
  for (;;) {
    const now = (await provider.getBlock("latest"))?.timestamp ?? 0;
    const isTime = now >= state.opensAt;
    if (isTime && (state.missing.length === 0 || !waitsForAll)) break;
    if (!isTime && state.opensAt - now > WAIT_MS / 1000) {
      throw new UsageError(
        `Epoch ${state.epoch} may open from ${iso(state.opensAt)} on. Run the same command again then; it continues from here.`,
      );
    }
    const waitingFor = isTime
      ? `the ${state.missing.length === 1 ? "keeper at slot" : "keepers at slots"} ${names.list(state.missing)} to post ${state.missing.length === 1 ? "its encryption key" : "their encryption keys"}`
      : `the time from which it may open, ${iso(state.opensAt)}`;
    if (performance.now() > stopAt) {
      throw new UsageError(
        `Gave up waiting for ${waitingFor}. Make sure that they run and have gas, or open without them: \`npx hardhat keyquorum epoch open --without-missing\`.`,
      );
    }
    const line = `Waiting for ${waitingFor}${state.posted.length === 0 ? "" : `; posted: ${state.posted.join(", ")}`}`;
    if (line !== said) terminal.progress(line);
    said = line;
    await sleep(isLocal ? 200 : 4_000, undefined, { signal });
    const next = await readNewestEpoch(context);
    if (next?.epoch !== state.epoch || next.status === "Cancelled") throw new UsageError(`Epoch ${state.epoch} was cancelled meanwhile.`);
    if (next.status === "Open") throw new UsageError(`Epoch ${state.epoch} was opened by somebody else meanwhile.`);
    state = next;
  }
  const receipt = await context.transact(contracts.keeperRegistry.openEpoch(state.epoch));
  const members = slotsOf(await contracts.keeperRegistry.membersOf(state.epoch));
  const left = state.missing.filter((slot) => !members.includes(slot));
  if (left.length > 0) terminal.warn(`not in epoch ${state.epoch}, for want of a posted key: ${names.list(left)}`);
  terminal.print(`Epoch ${state.epoch} is open with ${counted(members.length, "keeper")}: slots ${members.join(", ")}.`);
  return { epoch: state.epoch, members, transaction: receipt.hash, gasUsed: receipt.gasUsed };
};

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
