import type { ExtensionServices, PeerAnswerer } from "@keyquorum/keeper";
import { KeyquorumError } from "@keyquorum/wire";

/**
 * Kills one keeper of a process at a boundary: before a write, when it is durable, before a question is sent, when its answer has come, and before an answer
 * leaves. From then on nothing that it does has an effect, until it is started again. Tests only.
 */
export type Kills = {
  readonly servicesOf: (slot: number, services: ExtensionServices) => ExtensionServices;
  readonly answerersOf: (slot: number, answerers: readonly PeerAnswerer[]) => readonly PeerAnswerer[];
  /** Kills whoever passes the boundary of that number, counted from now on. */
  readonly arm: (boundary: number) => void;
  /** Boundaries that were passed since. */
  readonly passed: () => number;
  /** Who was killed since, and is not started again. */
  readonly dead: () => number | undefined;
};

export const createKills = (): Kills => {
  /** Of each keeper, the life that it lives now. */
  const lives = new Map<number, { isOver: boolean }>();
  let fatal = Number.POSITIVE_INFINITY;
  let passed = 0;
  let dead: number | undefined;
  const killed = (): KeyquorumError => new KeyquorumError("UNAVAILABLE", "The keeper was killed.");
  const assertAlive = (life: { readonly isOver: boolean }): void => {
    if (life.isOver) throw killed();
  };
  const pass = (slot: number, life: { isOver: boolean }): void => {
    assertAlive(life);
    passed += 1;
    if (passed !== fatal) return;
    life.isOver = true;
    dead = slot;
    throw killed();
  };
  return {
    servicesOf: (slot, services) => {
      const life = { isOver: false };
      lives.set(slot, life);
      if (dead === slot) dead = undefined;
      const between = async <Result>(work: () => Promise<Result>): Promise<Result> => {
        pass(slot, life);
        const done = await work();
        pass(slot, life);
        return done;
      };
      return {
        ...services,
        transaction: (work) => between(() => services.transaction(work)),
        peers: { ...services.peers, ask: (...question) => between(() => services.peers.ask(...question)) },
      };
    },
    answerersOf: (slot, answerers) => {
      const life = lives.get(slot) ?? { isOver: false };
      return answerers.map((one) => ({
        ...one,
        respond: async (body) => {
          assertAlive(life);
          const answer = await one.respond(body);
          pass(slot, life);
          return answer;
        },
      }));
    },
    arm: (boundary) => {
      fatal = boundary;
      passed = 0;
    },
    passed: () => passed,
    dead: () => dead,
  };
};
