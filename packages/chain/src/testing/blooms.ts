import { bloomBitsOf } from "../absence/bloom.ts";

/** The bloom of a block whose logs have these addresses and topics. Tests only. */
export const bloomOf = (values: readonly string[]): string => {
  let bits = 0n;
  for (const value of values) for (const bit of bloomBitsOf(value)) bits |= 1n << BigInt(bit);
  return `0x${bits.toString(16).padStart(512, "0")}`;
};
