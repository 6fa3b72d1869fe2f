import { operations } from "../../packages/threshold/bench/operations.ts";
import { type Figure, medianMilliseconds } from "./figures.ts";

const RUNS = 30;

/** Each operation of packages/threshold. */
export const operationFigures = async (): Promise<readonly Figure[]> => {
  const figures: Figure[] = [];
  for (const { name, run, target } of operations)
    figures.push({ name, value: await medianMilliseconds(RUNS, run), unit: "ms", ...(target === undefined ? {} : { target }) });
  return figures;
};
