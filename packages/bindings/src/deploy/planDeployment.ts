import type { Provider, TransactionResponse } from "ethers";
import type { ContractName } from "../contracts.ts";
import { DeployError } from "./deployError.ts";
import type { DeployRecord, MinedStep, RecordedStep } from "./deployRecord.ts";
import { differencesOf } from "./deploySettings.ts";
import {
  addressesOf,
  DEPLOY_STEPS,
  type DeployCall,
  type DeployStepName,
  deployCallsOf,
  FIRST_OF_CHAIN,
  LAST_OF_CHAIN,
} from "./deploySteps.ts";
import { type FoundStep, findStep } from "./findStep.ts";

/** A transaction of a deployment: one that is there (`mined`), is on its way (`pending`), or is still to be sent. */
export type PlannedStep = DeployCall & {
  readonly contract: DeployStepName;
  readonly nonce: number;
  /** Of "roles": the access manager's. Lower case. */
  readonly address: string;
  readonly mined?: MinedStep;
  readonly pending?: TransactionResponse;
};

/** What there is of a deployment, and what is to be sent. */
export type DeployPlan = {
  readonly deployer: string;
  readonly at: Readonly<Record<ContractName, string>>;
  /** All of them, in order. */
  readonly steps: readonly PlannedStep[];
  /** Recorded steps of which something is or may be on the chain. */
  readonly kept: readonly RecordedStep[];
  /** Recorded steps that are of no use any more, with those that were abandoned before. */
  readonly abandoned: readonly RecordedStep[];
};

/**
 * Looks at the chain for what a record says, and plans the rest. Reads only. Where the account's nonces were used for something else, what depends on the
 * lost addresses is planned again.
 *
 * @param fresh what the record would be if nothing had been sent: the chain, the account and the settings that are meant
 * @param nextNonce the account's, behind all that is pending
 * Throws DeployError, and what the provider throws.
 */
export const planDeployment = async (
  provider: Provider,
  fresh: DeployRecord,
  recorded: DeployRecord | undefined,
  nextNonce: number,
): Promise<DeployPlan> => {
  const { deployer, settings } = fresh;
  const record = recorded ?? fresh;
  refuseForeign(record, fresh);

  const known = record.steps.map(({ nonce }) => nonce);
  const recordedCalls = deployCallsOf(deployer, settings, addressesOf(deployer, withRest(known, nextNonce)));
  const found: FoundStep[] = [];
  let end = record.steps.length;
  for (const [index, step] of record.steps.entries()) {
    const one = await findStep(provider, deployer, step, recordedCalls[step.contract]);
    if (one.kind === "taken") {
      end = index;
      break;
    }
    if (one.kind === "unsent" && step.nonce > nextNonce && !found.some(({ kind }) => kind === "unsent"))
      throw nonceMissing(step, nextNonce);
    found.push(one);
  }
  const start = Math.max(nextNonce, (known[end - 1] ?? -1) + 1);
  // The chain of three is broken where the next nonce is not the one that the first of them counts on.
  if (end > FIRST_OF_CHAIN && end <= LAST_OF_CHAIN && start !== (known[end - 1] ?? -1) + 1) end = FIRST_OF_CHAIN;

  const kept = record.steps.slice(0, end);
  const nonces = withRest(known.slice(0, end), nextNonce);
  const at = addressesOf(deployer, nonces);
  const calls = deployCallsOf(deployer, settings, at);
  const steps = DEPLOY_STEPS.map((contract, index): PlannedStep => {
    const one = index < end ? found[index] : undefined;
    return {
      ...{ contract, ...calls[contract], nonce: nonces[index] ?? 0, address: contract === "roles" ? at.accessManager : at[contract] },
      ...(one?.kind === "mined" ? { mined: one.mined } : {}),
      ...(one?.kind === "pending" ? { pending: one.sent } : {}),
    };
  });
  return { deployer, at, steps, kept, abandoned: [...record.abandoned, ...record.steps.slice(end)] };
};

/** The nonces of all steps: those that are fixed, those that the first of the chain counts on, then one after the other. */
const withRest = (fixed: readonly number[], nextNonce: number): readonly number[] => {
  const start = Math.max(nextNonce, (fixed.at(-1) ?? -1) + 1);
  const first = fixed[FIRST_OF_CHAIN];
  return DEPLOY_STEPS.map((_, index) => {
    const counted = first !== undefined && index <= LAST_OF_CHAIN ? first + index - FIRST_OF_CHAIN : start + index - fixed.length;
    return fixed[index] ?? counted;
  });
};

const refuseForeign = (record: DeployRecord, now: DeployRecord): void => {
  if (record.chainId !== now.chainId || record.genesisHash !== now.genesisHash)
    throw new DeployError(
      "RECORD_OF_ANOTHER_CHAIN",
      `The deployment that was begun is on chain ${record.chainId} with the first block ${record.genesisHash}, and this is chain ${now.chainId} with ${now.genesisHash}. Nothing was sent.`,
    );
  if (record.deployer !== now.deployer)
    throw new DeployError(
      "RECORD_OF_ANOTHER_ACCOUNT",
      `The deployment was begun by ${record.deployer}, and this account is ${now.deployer}. Nothing was sent.`,
    );
  const differences = differencesOf(record.settings, now.settings);
  if (differences.length > 0)
    throw new DeployError(
      "RECORD_OF_OTHER_OPTIONS",
      `The deployment was begun with other options: ${differences.join("; ")}. Nothing was sent.`,
    );
};

const nonceMissing = ({ contract, nonce }: RecordedStep, next: number): DeployError =>
  new DeployError(
    "NONCE_MISSING",
    `The transaction of ${contract} was signed with nonce ${nonce}, and the account has not sent nonce ${next} yet: an earlier transaction of it was dropped. Send any transaction with that nonce, then try again.`,
  );
