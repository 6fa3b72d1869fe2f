import { isUnavailable, type StillWanted } from "@keyquorum/chain";
import { describeError } from "../report/describeError.ts";
import type { Core } from "../run/core.ts";
import type { Duties, Duty } from "../run/duty.ts";
import { KeeperError } from "../run/errors.ts";
import { setNewest } from "../run/newestOnly.ts";
import type { MayResend, Story } from "../run/story.ts";
import { WAIT, type Work } from "../run/workRunner.ts";
import { createServices } from "./createServices.ts";
import type { ExtensionStory, KeeperExtension } from "./extension.ts";
import { createInBackground } from "./inBackground.ts";
import { endsInTime, inTime, unlessStopped } from "./inTime.ts";
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
  const { eachRound, upkeep, neededEpochs, work = {}, mayResend = {}, status, close } = started;
  return {
    name,
    on: guardedDuties(guard, [duties, started.on ?? {}]),
    work: Object.fromEntries(Object.entries(work).map(([kind, handled]) => [ownName(name, kind), guardedWork(guard, core, handled)])),
    routes: [...routes, ...(started.routes ?? [])],
    mayResend: Object.fromEntries(
      Object.entries(mayResend).map(([kind, may]) => [ownName(name, kind), guardedResend(guard, core.clock, may)]),
    ),
    eachRound: (seen) =>
      round(async () => {
        await followers.round();
        await eachRound?.(seen);
        if (core.guard.broken() === undefined) await upkeep?.(seen);
      }),
    ...(neededEpochs === undefined ? {} : { neededEpochs: () => neededEpochsOf(guard, core.clock, neededEpochs) }),
    ...(status === undefined ? {} : { status: async () => ({ ...(await statusOf(guard, core.clock, status)), ...failingOf(followers) }) }),
    close: async () => {
      if (!(await endsInTime(background.idle(), core.clock)))
        core.log.warn("An extension's round does not end; the keeper stops without it", { extension: name });
      if (!(await endsInTime(Promise.resolve(close?.()), core.clock)))
        core.log.warn("An extension does not close; the keeper stops without it", { extension: name });
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

/** Work of an extension waits in the extension's own lane, and one piece that does not end holds up no stop. */
const guardedWork = (guard: Guard, { stopping, clock }: Pick<Core, "stopping" | "clock">, { handler }: Work): Work => ({
  lane: `extension ${guard.name}`,
  handler: async (payload, heads) => {
    const outcome = await unlessStopped(handler(payload, heads), { stopping, clock });
    if (outcome === undefined) guard.log.warn("An extension's work does not end; the keeper stops without it", { extension: guard.name });
    return outcome ?? WAIT;
  },
});

/** How long an extension may be undecided about a transaction: it holds up all that this keeper sends behind it. */
const LONGEST_UNDECIDED_MILLISECONDS = 600_000;
const MOST_UNDECIDED = 1_000;

/**
 * Nobody can say: it is neither sent nor given up, but not for ever, because its nonce is in the way of what the keeper itself must send. A chain that
 * cannot be asked does not count against it.
 */
export const guardedResend = (guard: Guard, clock: Core["clock"], mayResend: MayResend): MayResend => {
  const undecidedSince = new Map<string, number>();
  const ask = async (...about: Parameters<MayResend>): Promise<StillWanted | undefined> => {
    try {
      const wanted = await inTime(mayResend(...about), clock);
      return wanted === "yes" || wanted === "no" ? wanted : "later";
    } catch (error) {
      failed(guard, "decision about a transaction", error);
      return isUnavailable(error) ? undefined : "later";
    }
  };
  return async (subject, signed) => {
    const wanted = await ask(subject, signed);
    if (wanted === undefined) return "later";
    const since = undecidedSince.get(signed.id) ?? clock.now();
    undecidedSince.delete(signed.id);
    if (wanted !== "later") return wanted;
    if (clock.now() - since < LONGEST_UNDECIDED_MILLISECONDS) {
      setNewest(undecidedSince, signed.id, since, MOST_UNDECIDED);
      return "later";
    }
    guard.log.warn("A transaction is withdrawn: its extension could not decide whether it is still wanted", { extension: guard.name });
    return "no";
  };
};

/** Left out of the status while none fails. */
const failingOf = (followers: Pick<OwnFollowers, "failing">): { readonly followersFailing?: ReturnType<OwnFollowers["failing"]> } => {
  const failing = followers.failing();
  return failing.length === 0 ? {} : { followersFailing: failing };
};

const neededEpochsOf = async (
  guard: Guard,
  clock: Core["clock"],
  neededEpochs: NonNullable<Story["neededEpochs"]>,
): Promise<readonly number[] | undefined> => {
  try {
    return await inTime(Promise.resolve(neededEpochs()), clock);
  } catch (error) {
    failed(guard, "list of the epochs that it needs", error);
    return undefined;
  }
};

const statusOf = async (guard: Guard, clock: Core["clock"], status: NonNullable<Story["status"]>): Promise<object> => {
  try {
    return (await inTime(Promise.resolve(status()), clock)) ?? {};
  } catch (error) {
    failed(guard, "status", error);
    return {};
  }
};
