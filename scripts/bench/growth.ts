import { mkdir, writeFile } from "node:fs/promises";
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

const PICTURE = join(import.meta.dirname, "../../docs/pictures/growth.svg");

/**
 * How what Keyquorum does grows with keepers, blocks, records and documents: values, and how steep each curve is beside its expected order. Draws
 * docs/pictures/growth.svg where all curves are measured at all sizes, and a picture in .keyquorum where they are not.
 */
export const growthFigures = async ({
  curves: names = Object.keys(CURVES),
  isQuick,
}: {
  readonly curves?: readonly string[] | undefined;
  readonly isQuick: boolean;
}): Promise<readonly Figure[]> => {
  const drawn: Curve[] = [];
  for (const name of names) {
    const started = performance.now();
    drawn.push(...((await CURVES[name]?.({ isQuick })) ?? []));
    console.log(`  growth: ${name} measured in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  }
  const isWhole = !isQuick && Object.keys(CURVES).every((name) => names.includes(name));
  const picture = isWhole ? PICTURE : join(import.meta.dirname, "../../.keyquorum/growth.svg");
  await mkdir(join(picture, ".."), { recursive: true });
  await writeFile(picture, growthPicture("What grows, beside the order that is expected", drawn));
  return drawn.flatMap(figuresOf);
};
