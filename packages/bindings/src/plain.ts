import { Result } from "ethers";

/**
 * What the generated types give (tuples that are objects too), as plain data: structs as objects of their named fields, lists as arrays.
 * Integers stay bigint, bytes and addresses stay strings.
 */
export type Plain<T> = T extends bigint | string | boolean
  ? T
  : T extends readonly (infer Item)[]
    ? number extends T["length"]
      ? readonly Plain<Item>[]
      : { readonly [K in Exclude<keyof T, keyof unknown[] | `${number}`>]: Plain<T[K]> }
    : { readonly [K in keyof T]: Plain<T[K]> };

/** Turns a decoded struct, list or value into plain data. Structs must have named fields; addresses become lower case, as everywhere off chain. */
export const plain = <T>(value: T): Plain<T> => plainOf(value) as Plain<T>; // true: `plainOf` walks exactly as the type does

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;

const plainOf = (value: unknown): unknown => {
  if (typeof value === "string") return ADDRESS.test(value) ? value.toLowerCase() : value;
  if (!(value instanceof Result)) return value;
  const names = namesOf(value);
  const items = [...value].map(plainOf);
  return names === undefined ? items : Object.fromEntries(names.map((name, index) => [name, items[index]]));
};

/** The fields' names; undefined for a list, whose items ethers calls unnamed. */
const namesOf = (result: Result): readonly string[] | undefined => {
  if (result.length === 0) return undefined;
  try {
    const names = Object.keys(result.toObject());
    return names.includes("_") ? undefined : names; // a list's only item has that name
  } catch {
    return undefined;
  }
};
