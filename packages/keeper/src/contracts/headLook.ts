import { type Finality, type Heads, type Rpc, readHeads } from "@keyquorum/chain";

/**
 * Reads the newest and the newest final block for many who ask at once. Every look begins after it was asked for, so that it shows nobody a past; who
 * asks while one is under way shares the next one with all others who do. So there are two at most, however many ask.
 */
export const createHeadLook = ({
  rpc,
  finality,
  within = (work) => work(),
}: {
  readonly rpc: Rpc;
  readonly finality: Finality;
  /** Bounds one look by a time of its own. Default: nothing does. */
  readonly within?: (work: () => Promise<Heads>) => Promise<Heads>;
}): (() => Promise<Heads>) => {
  let underWay: Promise<unknown> | undefined;
  let next: Promise<Heads> | undefined;

  const look = (): Promise<Heads> => {
    const looked = within(() => readHeads(rpc, finality));
    const over = looked.then(
      () => undefined,
      () => undefined,
    );
    underWay = over;
    void over.then(() => {
      if (underWay === over) underWay = undefined;
    });
    return looked;
  };

  return () => {
    if (underWay === undefined) return look();
    next ??= underWay.then(() => {
      next = undefined;
      return look();
    });
    return next;
  };
};
