import type { Curve, Sizes } from "./curve.ts";
import { generationGas, reshareGas, type SessionGas } from "./sessionGas.ts";
import { generationWork, reshareWork, type SessionWork } from "./sessionWork.ts";

const KEEPERS = [5, 16, 32, 64] as const;

type Session = {
  readonly name: string;
  readonly workOf: (n: number) => Promise<SessionWork>;
  readonly gasOf: (n: number) => Promise<SessionGas>;
};

/** What key generation and a reshare take, by the number of keepers, with the largest t: a dealing n, a session in all n^2. */
const curvesOf = async ({ name, workOf, gasOf }: Session, { isQuick }: Sizes): Promise<readonly Curve[]> => {
  const measured: { readonly n: number; readonly work: SessionWork; readonly spent: SessionGas }[] = [];
  for (const n of isQuick ? KEEPERS.slice(0, 3) : KEEPERS) measured.push({ n, work: await workOf(n), spent: await gasOf(n) });
  type Measured = (typeof measured)[number];
  const curve = (what: string, unit: Curve["unit"], order: Curve["order"], of: (one: Measured) => number): Curve => ({
    ...{ name: `${name}: ${what}`, unit, order, along: "keepers", note: "t = (n-1)/2" },
    points: measured.map((one) => [one.n, of(one)]),
  });
  return [
    curve("a dealing, CPU of its dealer", "ms", 1, ({ work }) => work.deal),
    curve("a dealing, calldata", "kB", 1, ({ work }) => work.bytes / 1000),
    curve("CPU of one keeper", "ms", 2, ({ work }) => work.all),
    curve("gas, for each keeper", "gas", 1, ({ n, spent }) => spent.gas / n),
    curve("gas of all transactions", "gas", 2, ({ spent }) => spent.gas),
    curve("calldata of all transactions", "kB", 2, ({ spent }) => spent.calldata / 1000),
  ];
};

export const generationCurves = (sizes: Sizes): Promise<readonly Curve[]> =>
  curvesOf({ name: "key generation", workOf: generationWork, gasOf: generationGas }, sizes);

export const reshareCurves = (sizes: Sizes): Promise<readonly Curve[]> =>
  curvesOf({ name: "reshare", workOf: reshareWork, gasOf: reshareGas }, sizes);
