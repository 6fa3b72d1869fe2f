import { mkdir, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import type { Figure } from "./figures.ts";
import { catchUpCurves } from "./growth/catchUp.ts";
import { type Curve, figuresOf, type Sizes } from "./growth/curve.ts";
import { listCurves } from "./growth/lists.ts";
import { growthPicture } from "./growth/picture.ts";
import { retrievalCurves } from "./growth/retrieval.ts";
import { generationCurves, reshareCurves } from "./growth/sessions.ts";
import { vaultCurves } from "./growth/vault.ts";

/** Groups of curves, by the name that `--curves` takes. */
export const CURVES: Readonly<Record<string, (sizes: Sizes) => Promise<readonly Curve[]>>> = {
  keyGeneration: generationCurves,
  reshare: reshareCurves,
  retrieval: retrievalCurves,
  catchUp: catchUpCurves,
  vault: vaultCurves,
  lists: listCurves,
};

/** A group as it was measured. `load`: of the machine, when it began and when it ended. */
export type MeasuredCurves = {
  readonly curves: readonly Curve[];
  readonly date: string;
  readonly seconds: number;
  readonly load: readonly [number, number];
};

const PICTURE = join(import.meta.dirname, "../../.keyquorum/growth.svg");
export const GROWTH_TITLE = "What grows, beside the order that is expected";

export const measureCurves = async (name: string, sizes: Sizes): Promise<MeasuredCurves> => {
  const load = (): number => Number(loadavg()[0]?.toFixed(1));
  const [began, started] = [load(), performance.now()];
  const curves = (await CURVES[name]?.(sizes)) ?? [];
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`  growth: ${name} measured in ${seconds} s`);
  return { curves, date: new Date().toISOString(), seconds, load: [began, load()] };
};

/** How what Keyquorum does grows with keepers, blocks, records and documents: values, and how steep each curve is beside its expected order. */
export const growthFigures = async ({
  curves: names = Object.keys(CURVES),
  isQuick,
}: {
  readonly curves?: readonly string[] | undefined;
  readonly isQuick: boolean;
}): Promise<readonly Figure[]> => {
  const drawn: Curve[] = [];
  for (const name of names) drawn.push(...(await measureCurves(name, { isQuick })).curves);
  await mkdir(join(PICTURE, ".."), { recursive: true });
  await writeFile(PICTURE, growthPicture(GROWTH_TITLE, drawn));
  return drawn.flatMap(figuresOf);
};
