import { ChainUnavailableError } from "./errors.ts";

/** Strict readers of what nodes return. Each throws `ChainUnavailableError` BAD_RESPONSE that names method and field, never the value. */
const bad = (method: string, field: string, expected: string): ChainUnavailableError =>
  new ChainUnavailableError("BAD_RESPONSE", `The node's answer to ${method} is malformed: ${field} is not ${expected}. Check the node.`, {
    details: { method, field },
  });

export const parseRecord = (method: string, value: unknown): Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad(method, "result", "an object");
  return value as Readonly<Record<string, unknown>>; // true: a non-null object; its fields are read as unknown
};

/** A hex quantity that is a safe integer. Leading zeros are let pass: some nodes write them. */
export const parseQuantity = (method: string, field: string, value: unknown): number => {
  const number = parseBigQuantity(method, field, value);
  if (number > BigInt(Number.MAX_SAFE_INTEGER)) throw bad(method, field, "a number below 2^53");
  return Number(number);
};

/** A hex quantity of up to 256 bits. */
export const parseBigQuantity = (method: string, field: string, value: unknown): bigint => {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) throw bad(method, field, "a hex quantity");
  return BigInt(value);
};

/** 32 bytes, returned in lower case. */
export const parseHash = (method: string, field: string, value: unknown): string => {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{64}$/.test(value)) throw bad(method, field, "32 bytes of hex");
  return value.toLowerCase();
};

/** 20 bytes, returned in lower case. */
export const parseAddress = (method: string, field: string, value: unknown): string => {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{40}$/.test(value)) throw bad(method, field, "20 bytes of hex");
  return value.toLowerCase();
};

/** Any number of bytes, returned in lower case. */
export const parseData = (method: string, field: string, value: unknown): string => {
  if (typeof value !== "string" || !/^0x([0-9a-fA-F]{2})*$/.test(value)) throw bad(method, field, "bytes of hex");
  return value.toLowerCase();
};

export const parseList = (method: string, field: string, value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw bad(method, field, "a list");
  return value;
};
