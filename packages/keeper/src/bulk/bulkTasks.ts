import {
  type DealingVerdicts,
  type KeyGenerationEffect,
  type KeyGenerationView,
  nextKeyGenerationSteps,
  nextReshareSteps,
  type OwnKeyMaterial,
  type OwnReshareMaterial,
  type ReshareEffect,
  type ReshareView,
} from "@keyquorum/protocol";
import type { NonceSource, SecretScalar } from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import {
  contributeToRepair,
  dealForRepair,
  openRepairContribution,
  type RepairContributionOutcome,
  type RepairContributionTask,
  type RepairDealingTask,
  type RepairOpening,
  type RepairOpeningTask,
} from "./repairTasks.ts";

/** A session as the board shows it and what this keeper has for it. `own` holds secrets. */
type SessionTask<View, Own> = { readonly view: View; readonly own: Own; readonly rankStep: number };

/** What is to be done, and what was found out about dealings on the way. A `saveShare` holds a secret, the receiver's to erase. */
export type SessionTaskDone<Effect> = { readonly effects: readonly Effect[]; readonly verdicts: DealingVerdicts };

/** Long computations of a keeper: pure functions of what they are given and of nonces drawn for them alone. They touch no vault, chain or clock. */
export type BulkTasks = {
  readonly generation: {
    readonly input: SessionTask<KeyGenerationView, OwnKeyMaterial>;
    readonly output: SessionTaskDone<KeyGenerationEffect>;
  };
  readonly reshare: { readonly input: SessionTask<ReshareView, OwnReshareMaterial>; readonly output: SessionTaskDone<ReshareEffect> };
  readonly repairDealing: { readonly input: RepairDealingTask; readonly output: Uint8Array };
  readonly repairContribution: { readonly input: RepairContributionTask; readonly output: RepairContributionOutcome };
  readonly repairOpening: { readonly input: RepairOpeningTask; readonly output: RepairOpening };
};
export type BulkTaskName = keyof BulkTasks;
export const BULK_TASK_NAMES = [
  "generation",
  "reshare",
  "repairDealing",
  "repairContribution",
  "repairOpening",
] as const satisfies readonly BulkTaskName[];

/** Tasks of one lane wait among themselves; lanes take turns, so that a reshare of a thousand keys holds up no repair. */
export type BulkLane = "sessions" | "repairs";
export const laneOf = (name: BulkTaskName): BulkLane => (name === "generation" || name === "reshare" ? "sessions" : "repairs");

type Perform = { readonly [Name in BulkTaskName]: (input: BulkTasks[Name]["input"], nonces: NonceSource) => BulkTasks[Name]["output"] };

const PERFORM: Perform = {
  generation: ({ view, own, rankStep }, nonces) => ({
    effects: nextKeyGenerationSteps(view, own, { nonces, rankStep }),
    verdicts: own.verdicts,
  }),
  reshare: ({ view, own, rankStep }, nonces) => ({ effects: nextReshareSteps(view, own, { nonces, rankStep }), verdicts: own.verdicts }),
  repairDealing: dealForRepair, // draws from the epoch's secret alone, as the next one does
  repairContribution: contributeToRepair,
  repairOpening: openRepairContribution,
};

/** Computes a task in this thread. Throws what the computation throws. */
export const performBulkTask = <Name extends BulkTaskName>(
  name: Name,
  input: BulkTasks[Name]["input"],
  nonces: NonceSource,
): BulkTasks[Name]["output"] => PERFORM[name](input, nonces);

/** What a task's nonces are drawn for: 32 bytes that name its session, and the secret that it deals or protects. Undefined: it draws none. */
export const drawsFor = <Name extends BulkTaskName>(
  name: Name,
  input: BulkTasks[Name]["input"],
): { readonly session: Uint8Array; readonly secret?: SecretScalar } | undefined => {
  if (!("view" in input)) return undefined;
  const { view, own } = input;
  const secret = name === "reshare" && "oldShare" in own && own.oldShare !== undefined ? own.oldShare : own.encryptionSecret;
  return { session: hexToBytes(view.sid, 32), ...(secret === undefined ? {} : { secret }) };
};
