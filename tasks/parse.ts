import { ERROR_CODES, KeyquorumError } from "@keyquorum/wire";
import { UsageError } from "./usageError.ts";

/** Reads an argument with a parser that throws KeyquorumError, and says which argument was wrong. */
export const parseArgument = <T>(name: string, value: string, parse: (value: string) => T): T => {
  try {
    return parse(value);
  } catch (error) {
    if (error instanceof KeyquorumError) throw new UsageError(`${name}: ${whatHappened(error)}`, { cause: error });
    throw error;
  }
};

/** The message without the general advice of its code: the name of the argument says what to correct. */
export const whatHappened = ({ code, message }: KeyquorumError): string => message.replace(ERROR_CODES[code].action, "").trim();

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Until when a grant lasts: a date ("2027-01-31", "2027-01-31T12:00:00Z") or a time from now ("30m", "12h", "7d"). Throws UsageError. */
export const parseUntil = (text: string, now: Date, name = "--until"): Date => {
  const relative = /^([1-9][0-9]{0,5})([smhd])$/.exec(text);
  if (relative !== null) return new Date(now.getTime() + Number(relative[1]) * (UNITS[relative[2] ?? ""] ?? 0) * 1000);
  const date = /^\d{4}-\d{2}-\d{2}/.test(text) ? new Date(text) : new Date(Number.NaN);
  if (Number.isNaN(date.getTime()))
    throw new UsageError(`${name} is a date such as 2027-01-31, or a time from now such as "30m", "12h" or "7d".`);
  if (date <= now) throw new UsageError(`${name} ${text} has passed already.`);
  return date;
};

/** Seconds of a time such as "90s", "30m", "12h" or "7d". Throws UsageError. */
export const parseDuration = (name: string, text: string): number => {
  const [, count = "0", unit = ""] = /^([1-9][0-9]{0,5})([smhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (UNITS[unit] ?? 0);
  if (seconds > 0) return seconds;
  throw new UsageError(`${name} is a time such as "90s", "30m", "12h" or "30d".`);
};

/** Reads a whole number of at least `minimum`. Throws UsageError. */
export const parseCount = (name: string, value: string | number, minimum: number): number => {
  const count = typeof value === "string" && /^[0-9]{1,15}$/.test(value) ? Number(value) : value;
  if (typeof count === "number" && Number.isSafeInteger(count) && count >= minimum) return count;
  throw new UsageError(`${name} is a whole number of at least ${minimum}.`);
};
