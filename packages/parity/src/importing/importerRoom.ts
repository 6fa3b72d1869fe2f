import type { HeldUsage } from "@keyquorum/keeper";
import { type Address, KeyquorumError } from "@keyquorum/wire";
import { roomForKeys } from "../board/room.ts";

/** Old shares that wait, of all importers. */
const MOST_SHARES = 8_000;
/** Of what there is for server keys: the rest is for keys, which these are to become. */
const FOR_OLD_SHARES = 1 / 2;
/** Told to whoever asks, beside ACCESS_DENIED. */
export const OLD_SHARES_FULL = "OLD_SHARES_FULL";

type Room = { readonly rows: number; readonly bytes: number };

/** What one importer's old shares may take, so that none shuts out another, or the generation of keys. */
export const roomOfImporter = (quota: HeldUsage["quota"], importers: number): Room => {
  const { rows, bytes } = roomForKeys(quota);
  return {
    rows: Math.max(1, Math.floor(Math.min(MOST_SHARES, rows * FOR_OLD_SHARES) / importers)),
    bytes: Math.floor((bytes * FOR_OLD_SHARES) / importers),
  };
};

/** Counts what every importer's old shares take; what was counted since is not below what it is. */
export type ImporterRoom = {
  /** As it is. */
  readonly set: (held: ReadonlyMap<Address, Room>) => void;
  /** Takes more. Throws ACCESS_DENIED where its part is used up. */
  readonly take: (importer: Address, bytes: number, most: Room) => void;
  /** Whether it is time to count again: what was erased is still in it. */
  readonly isOld: () => boolean;
};

const COUNT_EVERY = 100;

export const createImporterRoom = (): ImporterRoom => {
  let held = new Map<Address, Room>();
  let since = COUNT_EVERY;
  return {
    set: (now) => {
      held = new Map(now);
      since = 0;
    },
    take: (importer, size, most) => {
      since += 1;
      const { rows, bytes } = held.get(importer) ?? { rows: 0, bytes: 0 };
      const next = { rows: rows + 1, bytes: bytes + size };
      if (next.rows > most.rows || next.bytes > most.bytes)
        throw new KeyquorumError("ACCESS_DENIED", "This keeper waits for others' shares of too many keys that this importer brought.", {
          details: { reason: OLD_SHARES_FULL },
        });
      held.set(importer, next);
    },
    isOld: () => since >= COUNT_EVERY,
  };
};
