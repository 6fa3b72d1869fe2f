import type { ClusterKeeper } from "@keyquorum/cluster";
import type { RpcCall, RpcProxy } from "@keyquorum/testing";
import type { Fault } from "./plan.ts";

/** A keeper that faults are injected into. Each method resolves when the keeper is well again: true where the fault was seen to happen. */
export type Victim = {
  readonly slot: number;
  readonly meet: (fault: Fault, signal: AbortSignal) => Promise<boolean>;
  /** kill -9; it stays down until `heal`. */
  readonly takeDown: () => Promise<boolean>;
  /** Ends everything that is being done to it, and starts it where it does not run. */
  readonly heal: () => Promise<void>;
};

const SEND = "eth_sendRawTransaction";
const START_TRIES = 3;

/** How a keeper's last process ended: its exit code or the signal; undefined while it runs. */
const endOf = async (keeper: ClusterKeeper): Promise<number | string | undefined> =>
  keeper.process().isRunning() ? undefined : keeper.process().exited;
const rest = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

export const createVictim = (keeper: ClusterKeeper, proxy: RpcProxy): Victim => {
  let busy: Promise<unknown> = Promise.resolve();
  let isKept = false;
  /** One fault at a time for each keeper. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const next = busy.then(work, work);
    busy = next.catch(() => undefined);
    return next;
  };
  const kill = async (): Promise<boolean> => {
    await keeper.process().kill();
    return (await keeper.process().exited) === "SIGKILL";
  };
  /** A machine that is out of memory may end a process that starts; that is no finding about the keeper. */
  const start = async (tries = START_TRIES): Promise<void> => {
    if (isKept || keeper.process().isRunning()) return;
    try {
      await keeper.start();
    } catch (error) {
      if (tries <= 1 || typeof (await endOf(keeper)) === "number") throw error;
      await start(tries - 1);
    }
  };

  const cut = async (moment: "before" | "after", milliseconds: number): Promise<boolean> => {
    const before = proxy.met();
    const verdict = moment === "before" ? "drop" : "swallow";
    proxy.intercept((_call, at) => (at === moment ? verdict : "pass"));
    await rest(milliseconds);
    proxy.clear();
    return proxy.met() > before;
  };

  /** Kills at the next transaction, or gives up when the hand-over is over. */
  const killAtTransaction = async (moment: "before" | "after", signal: AbortSignal): Promise<boolean> => {
    let killed: Promise<boolean> | undefined;
    const isIt = ({ method }: RpcCall, at: "before" | "after"): boolean => method === SEND && at === moment;
    proxy.intercept(async (call, at) => {
      if (killed === undefined && !isIt(call, at)) return "pass";
      killed ??= kill();
      await killed;
      return at === "before" ? "drop" : "swallow";
    });
    while (killed === undefined && !signal.aborted) await rest(20);
    const wasKilled = (await killed) ?? false;
    proxy.clear();
    return wasKilled;
  };

  const meet = async (fault: Fault, signal: AbortSignal): Promise<boolean> => {
    if (isKept || !keeper.process().isRunning()) return false;
    switch (fault.kind) {
      case "kill": {
        const wasKilled = await kill();
        await rest(fault.downMilliseconds);
        await start();
        return wasKilled;
      }
      case "killBeforeTransaction":
      case "killAfterTransaction": {
        const wasKilled = await killAtTransaction(fault.kind === "killBeforeTransaction" ? "before" : "after", signal);
        if (wasKilled) await rest(fault.downMilliseconds);
        await start();
        return wasKilled;
      }
      case "sleep": {
        keeper.process().signal("SIGSTOP");
        const wasAsked = await isSilent(keeper.url, Math.min(fault.milliseconds, 400));
        await rest(fault.milliseconds);
        keeper.process().signal("SIGCONT");
        return wasAsked;
      }
      case "cut":
        return cut("before", fault.milliseconds);
      case "cutAnswers":
        return cut("after", fault.milliseconds);
    }
  };
  return {
    slot: keeper.slot,
    meet: (fault, signal) => alone(() => meet(fault, signal)),
    takeDown: () =>
      alone(async () => {
        isKept = true;
        return keeper.process().isRunning() ? kill() : false;
      }),
    heal: () =>
      alone(async () => {
        isKept = false;
        proxy.clear();
        await start();
      }),
  };
};

/** The control for a keeper that was stopped: it does not answer. */
const isSilent = async (url: string, milliseconds: number): Promise<boolean> => {
  try {
    await fetch(`${url}/livez`, { signal: AbortSignal.timeout(milliseconds) });
    return false;
  } catch {
    return true;
  }
};
