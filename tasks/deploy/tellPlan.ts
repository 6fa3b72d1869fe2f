import type { DeployPlan, RecordedStep } from "@keyquorum/bindings/deploy";
import { checksumAddress, parseAddress } from "@keyquorum/wire";
import type { Terminal } from "../terminal.ts";
import { formatAmount } from "./currency.ts";

/** Says what is there of a deployment that was begun, what is on its way, and what was sent for nothing. */
export const tellPlan = (terminal: Pick<Terminal, "progress" | "warn">, plan: DeployPlan, chainId: bigint): void => {
  for (const { contract, address, mined, pending } of plan.steps) {
    if (mined !== undefined) terminal.progress(`${contract} ${placeOf(contract, address)} since block ${mined.block}`);
    if (pending !== undefined) terminal.progress(`${contract}: ${pending.hash} is on its way`);
  }
  if (plan.abandoned.length === 0) return;
  const names = plan.abandoned.map(({ contract, address }) => `${contract} at ${checksumAddress(parseAddress(address))}`).join(", ");
  terminal.warn(
    `the account sent something else meanwhile, so addresses that contracts know of each other do not hold: ${names} (${formatAmount(feesOf(plan.abandoned), chainId)}) is of no use, and is deployed again elsewhere.`,
  );
};

/** What a deployment that ended early leaves: how much is there, what it cost, and how it continues. */
export const whatExists = (
  { steps, abandoned }: { readonly steps: readonly RecordedStep[]; readonly abandoned: readonly RecordedStep[] },
  { all, chainId, file }: { readonly all: number; readonly chainId: bigint; readonly file: string },
): string => {
  const there = steps.filter(({ mined }) => mined !== undefined);
  const names = there.map(({ contract, address }) => `${contract} ${placeOf(contract, address)}`);
  const open = steps
    .filter(({ mined, hashes }) => mined === undefined && hashes.length > 0)
    .map(({ contract, hashes }) => `${contract} (${hashes.at(-1)})`);
  return [
    `${there.length} of ${all} transactions are mined, for ${formatAmount(feesOf([...there, ...abandoned]), chainId)}${names.length === 0 ? "" : `: ${names.join(", ")}`}.`,
    ...(open.length === 0 ? [] : [`May still be mined: ${open.join(", ")}.`]),
    `Everything is recorded in ${file}: the same command continues from there.`,
  ].join(" ");
};

const placeOf = (contract: string, address: string): string =>
  contract === "roles" ? "are fixed" : `at ${checksumAddress(parseAddress(address))}`;

const feesOf = (steps: readonly RecordedStep[]): bigint => steps.reduce((sum, { mined }) => sum + BigInt(mined?.fee ?? 0), 0n);
