import type { Provider } from "ethers";
import { nodeFailureOf } from "../nodeFailure.ts";
import type { DeployStepName } from "./deploySteps.ts";
import type { DeployPlan, PlannedStep } from "./planDeployment.ts";

/** What the rest of a deployment will take. Amounts are in wei. */
export type DeployEstimate = {
  /** Of those that are not mined yet. */
  readonly steps: readonly { readonly contract: DeployStepName; readonly gas: bigint }[];
  readonly gas: bigint;
  /** Of a unit of gas, now; and the most that a transaction would offer. */
  readonly gasPrice: bigint;
  readonly maxGasPrice: bigint;
  /** At the current price. */
  readonly cost: bigint;
  /** At the most that transactions would offer: if fees rise meanwhile. */
  readonly maxCost: bigint;
  readonly balance: bigint;
};

/** Measured, and used in proportion where the node cannot tell: these two call contracts that are not there yet. */
const MEASURED = { keyResharing: 3_525_000n, roles: 582_000n } as const;
/** Of a contract that is there to compare with: chains that count gas in their own way do it for all alike. */
const REFERENCE = 4_210_000n;

/** Asks the node what the steps that are still to be sent will cost. Throws what the provider throws, a contract's refusal too: nothing is paid yet. */
export const estimateDeployment = async (provider: Provider, plan: DeployPlan): Promise<DeployEstimate> => {
  const rest = plan.steps.filter(({ mined }) => mined === undefined);
  const steps: { contract: DeployStepName; gas: bigint }[] = [];
  const reference = rest.find(({ contract }) => contract === "keyGeneration");
  const ratio = reference === undefined ? REFERENCE : await gasOf(provider, plan, reference);
  for (const [index, step] of rest.entries()) {
    const { contract } = step;
    const measured = contract === "keyResharing" || contract === "roles" ? (MEASURED[contract] * ratio) / REFERENCE : undefined;
    const gas =
      measured === undefined ? await gasOf(provider, plan, step) : index === 0 ? await gasOf(provider, plan, step, measured) : measured;
    steps.push({ contract, gas });
  }
  const [fees, balance] = [await provider.getFeeData(), await provider.getBalance(plan.deployer)];
  const gasPrice = fees.gasPrice ?? fees.maxFeePerGas ?? 0n;
  const maxGasPrice = fees.maxFeePerGas !== null && fees.maxFeePerGas > gasPrice ? fees.maxFeePerGas : gasPrice;
  const gas = steps.reduce((sum, step) => sum + step.gas, 0n);
  return { steps, gas, gasPrice, maxGasPrice, cost: gas * gasPrice, maxCost: gas * maxGasPrice, balance };
};

const gasOf = async (provider: Provider, { deployer }: DeployPlan, { to, data }: PlannedStep, otherwise?: bigint): Promise<bigint> => {
  try {
    return await provider.estimateGas({ from: deployer, ...(to === null ? {} : { to }), data });
  } catch (error) {
    if (otherwise !== undefined && nodeFailureOf(error).reason === "REVERTED") return otherwise;
    throw error;
  }
};
