import { setTimeout as sleep } from "node:timers/promises";
import { EPOCH_STATUSES, nameOfState, plain } from "@keyquorum/bindings";
import { slotsOf } from "@keyquorum/wire";
import type { TaskContext } from "../context.ts";
import { UsageError } from "../usageError.ts";

const WAIT_MS = 10 * 60_000;

/** A proposed or open epoch as governance sees it. */
export type EpochState = {
  readonly epoch: number;
  readonly status: string;
  readonly opensAt: number;
  /** Keepers that are not removed. */
  readonly posted: readonly number[];
  readonly missing: readonly number[];
};

/** Looks up an epoch and who has posted an encryption key for it. */
export const readEpoch = async (context: TaskContext, epoch: number): Promise<EpochState> => {
  const { keeperRegistry } = await context.contracts();
  const [status, opensAt, records] = await Promise.all([
    keeperRegistry.statusOf(epoch),
    keeperRegistry.opensAt(epoch),
    keeperRegistry.keepers(),
  ]);
  const slots = plain(records)
    .filter(({ removed }) => !removed)
    .map(({ slot }) => Number(slot));
  const keys = await Promise.all(slots.map((slot) => keeperRegistry.epochKeyOf(epoch, slot)));
  const hasPosted = (index: number): boolean => keys[index]?.x !== 0n;
  return {
    epoch,
    status: nameOfState(EPOCH_STATUSES, status),
    opensAt: Number(opensAt),
    posted: slots.filter((_, index) => hasPosted(index)),
    missing: slots.filter((_, index) => !hasPosted(index)),
  };
};

/** Proposes the next epoch unless one is proposed already. */
export const proposeEpoch = async (context: TaskContext): Promise<EpochState> => {
  const { terminal } = context;
  const { contracts } = await context.signing();
  const last = Number(await contracts.keeperRegistry.lastEpoch());
  const known = last === 0 ? undefined : await readEpoch(context, last);
  if (known?.status === "Proposed") return known;
  await context.transact(contracts.keeperRegistry.proposeEpoch(0));
  const proposed = await readEpoch(context, Number(await contracts.keeperRegistry.lastEpoch()));
  terminal.progress(`Epoch ${proposed.epoch} is proposed; it may open from ${new Date(proposed.opensAt * 1000).toISOString()} on`);
  return proposed;
};

/** Proposes an epoch if need be, waits until it may open and the keepers have posted their keys, and opens it. Throws UsageError. */
export const openEpoch = async (
  context: TaskContext,
  { waitsForAll }: { readonly waitsForAll: boolean },
): Promise<{ readonly epoch: number; readonly members: readonly number[]; readonly transaction: string; readonly gasUsed: bigint }> => {
  const { terminal, signal } = context;
  const { contracts } = await context.signing();
  const { provider, isLocal } = await context.connection();
  let state = await proposeEpoch(context);
  if (state.posted.length + state.missing.length < 3) {
    throw new UsageError("An epoch needs at least 3 keepers. Admit more with `npx hardhat keyquorum keepers add`.");
  }
  const stopAt = performance.now() + WAIT_MS;
  let said = "";
  for (;;) {
    const now = (await provider.getBlock("latest"))?.timestamp ?? 0;
    const isTime = now >= state.opensAt;
    if (isTime && (state.missing.length === 0 || !waitsForAll)) break;
    if (!isTime && state.opensAt - now > WAIT_MS / 1000) {
      throw new UsageError(
        `Epoch ${state.epoch} may open from ${new Date(state.opensAt * 1000).toISOString()} on. Run \`npx hardhat keyquorum epoch open\` then.`,
      );
    }
    const waitingFor = isTime
      ? `the keepers at slots ${state.missing.join(", ")} to post their encryption keys`
      : `${state.opensAt - now} s until it may open`;
    if (performance.now() > stopAt) {
      throw new UsageError(
        `Gave up waiting for ${waitingFor}. See that they run and have gas, or open without them: \`npx hardhat keyquorum epoch open --without-missing\`.`,
      );
    }
    if (waitingFor !== said) terminal.progress(`Waiting for ${waitingFor}`);
    said = waitingFor;
    await sleep(isLocal ? 200 : 4_000, undefined, { signal });
    state = await readEpoch(context, state.epoch);
  }
  const receipt = await context.transact(contracts.keeperRegistry.openEpoch(state.epoch));
  const members = slotsOf(await contracts.keeperRegistry.membersOf(state.epoch));
  terminal.print(`Epoch ${state.epoch} is open with ${members.length} keepers: slots ${members.join(", ")}.`);
  terminal.print("Next: npx hardhat keyquorum key request");
  return { epoch: state.epoch, members, transaction: receipt.hash, gasUsed: receipt.gasUsed };
};
