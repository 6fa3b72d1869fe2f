import { parsePoint, toXY } from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";

/** A compressed point in hexadecimal as the pair that contracts take. */
export const pointFromHex = (hex: string): { readonly x: bigint; readonly y: bigint } => toXY(parsePoint(hexToBytes(hex)));
