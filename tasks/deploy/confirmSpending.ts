import type { DeployEstimate } from "@keyquorum/bindings/deploy";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usageError.ts";
import { formatAmount, formatGasPrice } from "./currency.ts";

/** How a person at the terminal is asked. */
export type Ask = (question: string) => Promise<string>;

/**
 * Shows what a deployment will cost, and continues only where the account can pay it and somebody agreed: at the terminal, or by --yes. Local chains ask
 * nobody. Throws UsageError.
 */
export const confirmSpending = async (
  terminal: Pick<Terminal, "progress" | "warn">,
  estimate: DeployEstimate,
  {
    chainId,
    deployer,
    isLocal,
    yes,
    ask,
  }: {
    readonly chainId: bigint;
    readonly deployer: string;
    readonly isLocal: boolean;
    readonly yes: boolean;
    /** Undefined: nobody is at the terminal. */
    readonly ask: Ask | undefined;
  },
): Promise<void> => {
  const { steps, gas, gasPrice, maxGasPrice, cost, maxCost, balance } = estimate;
  const amount = (wei: bigint): string => formatAmount(wei, chainId);
  if (steps.length === 0) return;
  terminal.progress("Estimated cost of each transaction:");
  for (const step of steps)
    terminal.progress(`  ${step.contract.padEnd(18)}  ${step.gas.toLocaleString("en").padStart(10)} gas  ${amount(step.gas * gasPrice)}`);
  terminal.progress(
    `Total: about ${gas.toLocaleString("en")} gas: ${amount(cost)} at ${formatGasPrice(gasPrice)}, at most ${amount(maxCost)} if fees rise to ${formatGasPrice(maxGasPrice)}; ${deployer} has ${amount(balance)}`,
  );
  if (balance < cost)
    throw new UsageError(
      `${deployer} has ${amount(balance)}, and the deployment takes about ${amount(cost)} now, up to ${amount(maxCost)} if fees rise. Send it ${amount(maxCost - balance)} more, then give the same command again.`,
    );
  if (balance < maxCost)
    terminal.warn(`if fees rise, the account may run out in the middle; what is sent by then stays, and the same command continues.`);
  if (isLocal || yes) return;
  if (ask === undefined)
    throw new UsageError(
      "Deploying costs real money on this chain, and without a terminal you cannot be asked. Pass --yes to accept the estimate.",
    );
  const answer = (await ask(`Send ${steps.length} transactions to chain ${chainId} for about ${amount(cost)}? Type yes: `))
    .trim()
    .toLowerCase();
  if (answer !== "yes" && answer !== "y") throw new UsageError("Nothing was sent.");
};
