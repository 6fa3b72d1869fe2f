import { pointFromXY, ThresholdError } from "@keyquorum/threshold";
import { bytesToHex } from "@keyquorum/wire";
import type { ReshareView } from "./view.ts";

/**
 * The view without dealings whose constant is not their dealer's verifying share, where this keeper knows it. The contract takes none of
 * them, so who shows one lies; it counts as not mirrored.
 */
export const withoutForeignDealings = (view: ReshareView): ReshareView => {
  const expected = new Map(view.dealers.map(({ slot, verifyingShare }) => [slot, verifyingShare]));
  const own = [...view.dealings].filter(([dealer, bytes]) => {
    if (!expected.has(dealer)) return false;
    const verifyingShare = expected.get(dealer);
    return verifyingShare === undefined || constantOf(bytes)?.equals(verifyingShare) === true;
  });
  return { ...view, dealings: new Map(own) };
};

const constantOf = (bytes: Uint8Array) => {
  const word = (offset: number): bigint => BigInt(bytesToHex(bytes.slice(offset, offset + 32)));
  try {
    return bytes.length < 64 ? undefined : pointFromXY(word(0), word(32));
  } catch (error) {
    if (error instanceof ThresholdError) return undefined;
    throw error;
  }
};
