import { KeyquorumError } from "@keyquorum/wire";

/** Until when a grant lasts: a date, or whole seconds since 1970. */
export type GrantEnd = Date | bigint | number;

/** Seconds since 1970, as the chain keeps them (64 bits); 0 for no end. Throws INVALID_VALUE that names the field. */
export const secondsOf = (until: GrantEnd | undefined, field = "until"): bigint => {
  if (until === undefined) return 0n;
  const seconds = until instanceof Date ? Math.floor(until.getTime() / 1000) : until;
  if ((typeof seconds === "bigint" || Number.isSafeInteger(seconds)) && seconds > 0 && BigInt(seconds) >> 64n === 0n)
    return BigInt(seconds);
  throw new KeyquorumError("INVALID_VALUE", `${field} is not a date or a whole number of seconds since 1970, of at most 64 bits.`, {
    details: { field },
  });
};
