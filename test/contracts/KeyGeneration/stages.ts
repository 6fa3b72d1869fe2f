import { deployKeyGeneration, type KeyGenerationSetup, openSession, type TestSession } from "../../fixtures/keyGeneration.ts";
import { confirm, type Dealings, dealAll, endPhase, finalize, readyArguments } from "../../fixtures/keySession.ts";
import { nestFixtures } from "../../fixtures/nestedFixtures.ts";

type Connection = Parameters<typeof deployKeyGeneration>[0];

/** A session on its way, and all that was dealt in it. */
export type Stage = { readonly setup: KeyGenerationSetup; readonly session: TestSession; readonly dealings: Dealings };

/**
 * The stages of a session of five members with t = 2, each a fixture: the next transaction meets the status of its name. Each starts from the
 * snapshot of the one before it, so load them, and only as the first thing of a test or of another fixture.
 */
export const stagesOf = (connection: Connection) => {
  const loadFixture = nestFixtures(connection.networkHelpers);
  const opened = async (): Promise<Stage> => {
    const setup = await deployKeyGeneration(connection);
    return { setup, session: await openSession(setup), dealings: new Map() };
  };
  const disputing = async (): Promise<Stage> => {
    const stage = await loadFixture(opened);
    return { ...stage, dealings: await dealAll(stage.setup, stage.session) };
  };
  const awaitingShift = async (): Promise<Stage> => {
    const stage = await loadFixture(disputing);
    await endPhase(stage.setup, stage.session);
    return stage;
  };
  const finalizing = async (): Promise<Stage> => {
    const stage = await loadFixture(awaitingShift);
    await endPhase(stage.setup, stage.session);
    return stage;
  };
  const awaitingReady = async (): Promise<Stage> => {
    const stage = await loadFixture(finalizing);
    await finalize(stage.setup, stage.session, stage.dealings);
    return stage;
  };
  const active = async (): Promise<Stage> => {
    const stage = await loadFixture(awaitingReady);
    const given = await readyArguments(stage.setup, stage.session, stage.dealings);
    for (const member of stage.session.members) await confirm(stage.setup, stage.session, member, given);
    return stage;
  };
  const overdue = async (): Promise<Stage> => {
    const stage = await loadFixture(awaitingReady);
    await endPhase(stage.setup, stage.session);
    return stage;
  };
  const failed = async (): Promise<Stage> => {
    const stage = await loadFixture(overdue);
    await stage.setup.keyGeneration.fail(stage.session.sid);
    return stage;
  };
  return { dealing: opened, disputing, awaitingShift, finalizing, awaitingReady, active, overdue, failed };
};

export type StageName = keyof ReturnType<typeof stagesOf>;

/** All stages but some, for tests of what each refuses. */
export const stagesBut = (...names: readonly StageName[]): StageName[] =>
  (["dealing", "disputing", "awaitingShift", "finalizing", "awaitingReady", "active", "overdue", "failed"] as const).filter(
    (name) => !names.includes(name),
  );
