import { KeyquorumError } from "@keyquorum/wire";

/** Timers of JavaScript fire at once beyond it: about 24 days. */
export const MAX_MILLISECONDS = 2 ** 31 - 1;

type Range = readonly [least: number, most: number];

/** A number that a caller gave, where it is a whole one of the range. Throws INVALID_VALUE that names the field. */
export const wholeNumber = (field: string, value: unknown, [least, most]: Range): number => {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new KeyquorumError("INVALID_VALUE", `${field} is not a whole number from ${least} to ${most}.`, { details: { field } });
};

/** Milliseconds of a timer. Throws INVALID_VALUE. */
export const milliseconds = (field: string, value: unknown): number => wholeNumber(field, value, [1, MAX_MILLISECONDS]);

const BYTES: Range = [1, Number.MAX_SAFE_INTEGER];
const PAUSE: Range = [0, MAX_MILLISECONDS];
const RANGES: Readonly<Record<string, Range>> = {
  spare: [0, 255],
  attempts: [1, 1000],
  hedgeMs: PAUSE,
  retryMs: PAUSE,
  settleMs: PAUSE,
  maxBytes: BYTES,
};

/** Numbers with what was given in place of their defaults; what is undefined was not given. Throws INVALID_VALUE that names the field: `policy.spare`. */
export const numbersOf = <T extends Readonly<Record<string, number>>>(name: string, defaults: T, given: Partial<T> | undefined): T => {
  if (given !== undefined && (typeof given !== "object" || given === null))
    throw new KeyquorumError("INVALID_VALUE", `${name} is not an object.`, { details: { field: name } });
  const checked = Object.entries(defaults).map(([field, fallback]) => {
    const value: unknown = given?.[field];
    return [field, value === undefined ? fallback : wholeNumber(`${name}.${field}`, value, RANGES[field] ?? [1, MAX_MILLISECONDS])];
  });
  return Object.fromEntries(checked) as T; // true: the fields of the defaults, each a number
};
