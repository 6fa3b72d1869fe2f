import { type Dealing, dealHashOf, dealingLength, parseDealing, ThresholdError } from "@keyquorum/threshold";
import { bytesToHex, slotsOf } from "@keyquorum/wire";
import type { SessionView } from "./view.ts";

/** A dealing of the board, read. */
export type ReadDealing = { readonly dealer: number; readonly bytes: Uint8Array; readonly dealing: Dealing };

/** Reads the bytes of one dealer; undefined when they are no dealing of this session, which the contract would have refused. */
export const readDealing = (view: SessionView, dealer: number, bytes: Uint8Array): ReadDealing | undefined => {
  try {
    return { dealer, bytes, dealing: parseDealing(bytes, { threshold: view.threshold, members: view.members.length }) };
  } catch (error) {
    if (error instanceof ThresholdError) return undefined;
    throw error;
  }
};

/** Whether the bytes have the length of this session's dealings. Others the contract never took. */
export const hasDealingLength = ({ threshold, members }: SessionView, bytes: Uint8Array): boolean =>
  bytes.length === dealingLength({ threshold, members: members.length });

/** Bytes of these dealers' dealings by ascending slot; undefined while one of them is not mirrored yet. */
export const dealingBytesOf = (view: SessionView, dealers: readonly number[]): readonly Uint8Array[] | undefined => {
  const isThere = (bytes: Uint8Array | undefined): bytes is Uint8Array => bytes !== undefined && hasDealingLength(view, bytes);
  const found = dealers.toSorted((a, b) => a - b).map((dealer) => view.dealings.get(dealer));
  return found.every(isThere) ? found : undefined;
};

/** The dealings of these dealers by ascending slot; undefined while one of them is not mirrored yet. */
export const readDealings = (view: SessionView, dealers: readonly number[]): readonly ReadDealing[] | undefined => {
  const read = dealers
    .toSorted((a, b) => a - b)
    .map((dealer) => {
      const bytes = view.dealings.get(dealer);
      return bytes === undefined ? undefined : readDealing(view, dealer, bytes);
    });
  return read.every((dealing) => dealing !== undefined) ? read : undefined;
};

/** Who dealt and is not disqualified, by what the board shows now. PROTOCOL section 3.5. */
export const currentQual = (view: SessionView): readonly number[] =>
  view.dealtSlots.filter((slot) => !view.disqualifiedSlots.includes(slot)).toSorted((a, b) => a - b);

/** The dealers that count, as the contract fixed them. */
export const finalQual = (view: SessionView): readonly number[] => slotsOf(view.qual);

/** Hash of one dealing as lower-case hex without 0x: names it in effects and caches. */
export const dealingName = (bytes: Uint8Array): string => bytesToHex(dealHashOf(bytes)).slice(2);
