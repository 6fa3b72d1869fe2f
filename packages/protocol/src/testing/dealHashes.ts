import { dealHashOf } from "@keyquorum/threshold";
import { bytesToHex, type Hash32, parseHash32 } from "@keyquorum/wire";

/** What a contract that took these dealings stores of them. */
export const dealHashesOf = (dealings: ReadonlyMap<number, Uint8Array>): ReadonlyMap<number, Hash32> =>
  new Map([...dealings].map(([dealer, bytes]) => [dealer, parseHash32(bytesToHex(dealHashOf(bytes)))]));
