import { describeError } from "../report/describeError.ts";
import type { Core } from "../run/core.ts";
import type { Duties, Duty } from "../run/duty.ts";
import { KeeperError } from "../run/errors.ts";
import type { MayResend, Story } from "../run/story.ts";
import { createServices } from "./createServices.ts";
import type { ExtensionStory, KeeperExtension } from "./extension.ts";
import { createInBackground } from "./inBackground.ts";
import { NAME, ownName } from "./names.ts";
import { createOwnFollowers, type OwnFollowers } from "./ownFollowers.ts";

type Guard = { readonly name: string; readonly log: Core["log"] };

/**
 * Starts an extension and makes a story of it. What fails in it later is logged and stops nothing: not the mirror, not a round, not the other stories.
 * Throws KeeperError EXTENSION_INVALID where it fails in `start`.
 */
export const startExtension = async (extension: KeeperExtension, core: Core): Promise<Story> => {
  const { name, duties = {}, routes = [] } = extension;
  const guard = { name, log: core.log };
  const followers = createOwnFollowers(name, core);
  const started = await start(extension, core, followers);
  const background = createInBackground((error) => failed(guard, "round", error));
  const round = (work: (() => Promise<void>) | undefined): Promise<void> => Promise.resolve(work && background.start(work));
  const { eachRound, upkeep, work = {}, mayResend = {}, status, close } = started;
  return {
    name,
    on: guardedDuties(guard, [duties, started.on ?? {}]),
    work: Object.fromEntries(Object.entries(work).map(([kind, handled]) => [ownName(name, kind), handled])),
    routes: [...routes, ...(started.routes ?? [])],
    mayResend: Object.fromEntries(Object.entries(mayResend).map(([kind, may]) => [ownName(name, kind), guardedResend(guard, may)])),
    eachRound: (seen) =>
      round(async () => {
        await followers.round();
        await eachRound?.(seen);
        if (core.guard.broken() === undefined) await upkeep?.(seen);
      }),
    ...(status === undefined ? {} : { status: () => statusOf(guard, status) }),
    close: async () => {
      if (!(await endsInTime(background.idle(), core.clock)))
        core.log.warn("An extension's round does not end; the keeper stops without it", { extension: name });
      await close?.();
    },
  };
};

const start = async ({ name, start: begin }: KeeperExtension, core: Core, followers: OwnFollowers): Promise<ExtensionStory> => {
  if (begin === undefined) return {};
  if (!NAME.test(name))
    throw new KeeperError(
      "EXTENSION_INVALID",
      `The name of an extension that is started must have 1 to 64 characters of a to z, 0 to 9, "-" and "_".`,
      { extension: name },
    );
  try {
    return (await begin(createServices(name, core, followers))) ?? {};
  } catch (cause) {
    throw new KeeperError(
      "EXTENSION_INVALID",
      `The extension ${name} could not start. See the cause, or load the keeper without it.`,
      { extension: name },
      { cause },
    );
  }
};

/** An extension should end its round when `stopping` aborts; one that does not holds up no stop. */
const LONGEST_END_MILLISECONDS = 3_000;

const endsInTime = async (idle: Promise<void>, clock: Core["clock"]): Promise<boolean> => {
  const waiting = new AbortController();
  try {
    const tooLong = clock.sleep(LONGEST_END_MILLISECONDS, waiting.signal).then(() => false);
    return await Promise.race([idle.then(() => true), tooLong]);
  } finally {
    waiting.abort();
  }
};

const failed = ({ name, log }: Guard, what: string, error: unknown, data: object = {}): void =>
  log.error(`An extension's ${what} failed`, { extension: name, ...data, ...describeError(error) });

/** All duties of one event, one after the other; a failing one does not keep the next from being run. */
const guardedDuties = (guard: Guard, sets: readonly Partial<Duties>[]): Partial<Duties> => {
  const names = new Set(sets.flatMap((set) => Object.keys(set) as (keyof Duties)[]));
  const dutyOf = (event: keyof Duties): Duty<never> => {
    const duties = sets.flatMap((set) => (set[event] as Duty<never> | undefined) ?? []);
    return async (...args) => {
      for (const duty of duties) {
        try {
          await duty(...args);
        } catch (error) {
          failed(guard, "duty", error, { event });
        }
      }
    };
  };
  return Object.fromEntries([...names].map((event) => [event, dutyOf(event)])); // true: each stays under its own event's name
};

/** Nobody can say: it is neither sent nor given up. */
const guardedResend =
  (guard: Guard, mayResend: MayResend): MayResend =>
  async (subject, signed) => {
    try {
      return await mayResend(subject, signed);
    } catch (error) {
      failed(guard, "decision about a transaction", error);
      return "later";
    }
  };

const statusOf = async (guard: Guard, status: NonNullable<Story["status"]>): Promise<object> => {
  try {
    return await status();
  } catch (error) {
    failed(guard, "status", error);
    return {};
  }
};
