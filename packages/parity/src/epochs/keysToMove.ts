import type { ExtensionServices } from "@keyquorum/keeper";
import { type Hash32, hexToBytes } from "@keyquorum/wire";
import { leftKeyName, listLeftKeys } from "../records/leftKeys.ts";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import type { MoveMember } from "./moveMember.ts";
import type { MoveQueue } from "./moveQueue.ts";

const PAGE = 256;
/** All keys are looked through again after so long. */
const LOOK_MILLISECONDS = 300_000;

/** Looks through what this keeper holds, for keys of earlier epochs. */
export type KeysToMove = {
  /** Where it is time again, or the epoch another one. @param isHurried no key that it finds waits for its turn */
  readonly look: (epoch: number, isHurried: boolean) => Promise<void>;
  /** At the next `look`, whenever that is. */
  readonly again: () => void;
};

export const createKeysToMove = ({
  services,
  records,
  member,
  queue,
}: {
  readonly services: Pick<ExtensionServices, "clock" | "log" | "table">;
  readonly records: ServerKeyRecords;
  readonly member: Pick<MoveMember, "takeBack">;
  readonly queue: Pick<MoveQueue, "add" | "forget">;
}): KeysToMove => {
  const { clock, log } = services;
  const never = { epoch: 0, at: Number.NEGATIVE_INFINITY };
  let looked = never;

  const lookThroughHeld = async (epoch: number, isHurried: boolean): Promise<void> => {
    let after: Uint8Array | undefined;
    for (;;) {
      const page = await records.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const name of page) {
        const id = name as Hash32; // true: records are under their ids
        const at = await records.use(hexToBytes(id, 32), (record) => record.epoch);
        if (at !== undefined && at < epoch) queue.add(id, isHurried ? Number.NEGATIVE_INFINITY : clock.now());
        else queue.forget(id);
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      after = hexToBytes(last as Hash32, 32); // true: as above
    }
  };

  /** What was left for an epoch that the operator does not consent to any more is used, and moved, as if it had not been left. */
  const lookThroughLeft = async (epoch: number): Promise<void> => {
    let after: string | undefined;
    for (;;) {
      const page = await listLeftKeys(services, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const left of await member.takeBack(page.toReversed())) {
        log.warn("A server key is taken back: its operator withholds from the epoch that it was moved to", {
          ...{ serverKeyId: left.id, epoch: left.epoch, toEpoch: left.toEpoch },
        });
        if (left.epoch < epoch) queue.add(left.id, clock.now());
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      after = leftKeyName(last);
    }
  };

  return {
    look: async (epoch, isHurried) => {
      const since = clock.now() - looked.at;
      if (looked.epoch === epoch && since >= 0 && since < LOOK_MILLISECONDS) return;
      looked = { epoch, at: clock.now() };
      try {
        await lookThroughHeld(epoch, isHurried);
        await lookThroughLeft(epoch);
      } catch (error) {
        looked = never; // the next round begins again
        throw error;
      }
    },
    again: () => {
      looked = never;
    },
  };
};
