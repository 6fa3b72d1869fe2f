import { createHeadReader, type Finality, type Heads, type Rpc } from "@keyquorum/chain";
import { type Age, beginAge } from "../run/age.ts";
import type { Clock } from "../run/clock.ts";

/** The newest and the newest final block, as a look showed them. `age`: since that look began, so that they are no older than this. */
export type LookedHeads = Heads & { readonly age: Age };

export type HeadLook = {
  /** Shows nobody a past: the look begins after it was asked for. Who asks while one is under way shares the next one with all others who do. */
  readonly now: () => Promise<LookedHeads>;
  /**
   * The newest look, where that began at most `sharedMilliseconds` ago (D76) and its head is no lower than `least`, the highest block that is known;
   * `now` otherwise. A look that failed is shown to those only who waited for it.
   */
  readonly recent: (least?: number) => Promise<LookedHeads>;
};

type Look = { readonly heads: Promise<LookedHeads>; readonly age: Age; isOver: boolean };

/** Reads the newest and the newest final block for many who ask at once: there are two looks under way at most, however many ask. */
export const createHeadLook = ({
  rpc,
  finality,
  clock,
  steady,
  sharedMilliseconds = 0,
  check = async () => undefined,
  within = (work) => work(),
}: {
  readonly rpc: Rpc;
  readonly finality: Finality;
  readonly clock: Pick<Clock, "now">;
  /** Milliseconds by a clock that nobody sets. Default: the process's own. */
  readonly steady?: (() => number) | undefined;
  /** 0: no look is shared with who asks after it began. */
  readonly sharedMilliseconds?: number;
  /** Part of every look: throws where its heads are not to be used. */
  readonly check?: (heads: Heads) => Promise<void>;
  /** Bounds one look by a time of its own. Default: nothing does. */
  readonly within?: (work: () => Promise<LookedHeads>) => Promise<LookedHeads>;
}): HeadLook => {
  const read = createHeadReader(rpc, finality);
  let newest: Look | undefined;
  let next: Promise<LookedHeads> | undefined;

  const begin = (): Promise<LookedHeads> => {
    const age = beginAge(clock, steady);
    const heads = within(async () => {
      const seen = await read();
      await check(seen);
      return { ...seen, age };
    });
    const look: Look = { heads, age, isOver: false };
    newest = look;
    heads.then(
      () => {
        look.isOver = true;
      },
      () => {
        if (newest === look) newest = undefined;
      },
    );
    return heads;
  };

  const now = (): Promise<LookedHeads> => {
    if (newest === undefined || newest.isOver) return begin();
    const over = newest.heads.then(
      () => undefined,
      () => undefined,
    );
    next ??= over.then(() => {
      next = undefined;
      return begin();
    });
    return next;
  };

  const shared = (): Look | undefined =>
    sharedMilliseconds > 0 && newest !== undefined && newest.age() <= sharedMilliseconds ? newest : undefined;

  return {
    now,
    recent: async (least = 0) => {
      const look = shared();
      if (look === undefined) return now();
      const seen = await look.heads;
      if (seen.head.number >= least) return seen;
      const later = shared(); // somebody else who waited for the same may have begun it
      return later === undefined || later === look ? now() : later.heads;
    },
  };
};
