import { generateKey, type HeldKey } from "../../fixtures/heldKey.ts";
import { deployKeyGeneration, type KeyGenerationSetup, openEpoch, type TestEpoch } from "../../fixtures/keyGeneration.ts";
import type { Dealings } from "../../fixtures/keySession.ts";
import { nestFixtures } from "../../fixtures/nestedFixtures.ts";
import {
  confirmReshare,
  dealReshare,
  endResharePhase,
  requestReshare,
  reshareReadyArguments,
  type TestReshare,
} from "../../fixtures/reshare.ts";

type Connection = Parameters<typeof deployKeyGeneration>[0];

/** A key in epoch 1, and epoch 2 open. */
export type TwoEpochs = { readonly setup: KeyGenerationSetup; readonly key: HeldKey; readonly next: TestEpoch };

/** A reshare on its way, and all that was dealt in it. */
export type ReshareStage = TwoEpochs & { readonly reshare: TestReshare; readonly dealings: Dealings };

/** The old committee, t = 2: Q has three dealers. */
export const OLD_SLOTS = [1, 2, 4, 5, 9] as const;
/** The new one, t' = 2: five confirmations move the key. Slots 2, 4 and 9 are in both. */
export const NEW_SLOTS = [2, 4, 6, 7, 9, 10] as const;

/**
 * Stages of a reshare, each a fixture: the next transaction meets the status of its name. Each starts from the snapshot of the one before it, so
 * load them, and only as the first thing of a test or of another fixture.
 */
export const reshareStagesOf = (connection: Connection) => {
  const loadFixture = nestFixtures(connection.networkHelpers);
  const twoEpochs = async (): Promise<TwoEpochs> => {
    const setup = await deployKeyGeneration(connection, { slots: OLD_SLOTS });
    const key = await generateKey(setup);
    return { setup, key, next: await openEpoch(setup, NEW_SLOTS) };
  };
  const dealing = async (): Promise<ReshareStage> => {
    const { setup, key, next } = await loadFixture(twoEpochs);
    return { setup, key, next, reshare: await requestReshare(setup, key, next, 2), dealings: new Map() };
  };
  const disputing = async (): Promise<ReshareStage> => {
    const stage = await loadFixture(dealing);
    return { ...stage, dealings: await dealReshare(stage.setup, stage.reshare) };
  };
  const awaitingReady = async (): Promise<ReshareStage> => {
    const stage = await loadFixture(disputing);
    await endResharePhase(stage.setup, stage.reshare);
    return stage;
  };
  const active = async (): Promise<ReshareStage> => {
    const stage = await loadFixture(awaitingReady);
    const given = await reshareReadyArguments(stage.setup, stage.reshare, stage.dealings);
    for (const member of stage.reshare.members.slice(0, 5)) await confirmReshare(stage.setup, stage.reshare, member, given);
    return stage;
  };
  const overdue = async (): Promise<ReshareStage> => {
    const stage = await loadFixture(awaitingReady);
    await endResharePhase(stage.setup, stage.reshare);
    return stage;
  };
  const failed = async (): Promise<ReshareStage> => {
    const stage = await loadFixture(overdue);
    await stage.setup.keyResharing.fail(stage.reshare.sid);
    return stage;
  };
  return { twoEpochs, dealing, disputing, awaitingReady, active, overdue, failed };
};

export type ReshareStageName = Exclude<keyof ReturnType<typeof reshareStagesOf>, "twoEpochs">;

/** All stages but some, for tests of what each refuses. */
export const reshareStagesBut = (...names: readonly ReshareStageName[]): ReshareStageName[] =>
  (["dealing", "disputing", "awaitingReady", "active", "overdue", "failed"] as const).filter((name) => !names.includes(name));
