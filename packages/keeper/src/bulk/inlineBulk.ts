import { setImmediate as untilOthersRan } from "node:timers/promises";
import type { NonceSource } from "@keyquorum/threshold";
import type { BulkTaskName, BulkTasks } from "./bulkTasks.ts";
import { BulkError, type BulkWork, drawTaskKey } from "./bulkWork.ts";
import { pack, unpack, wipe } from "./packing.ts";
import { performPacked, unpackError } from "./performPacked.ts";

/**
 * Computes in the thread that asks, where no other can be started, and in tests: the same messages, moved the same way, one task at a time and others'
 * turn before each.
 */
export const createInlineBulk = ({ nonces }: { readonly nonces: NonceSource }): BulkWork => {
  let isClosed = false;
  let last: Promise<unknown> = Promise.resolve();

  const compute = async <Name extends BulkTaskName>(name: Name, input: BulkTasks[Name]["input"]): Promise<BulkTasks[Name]["output"]> => {
    await untilOthersRan();
    if (isClosed) throw new BulkError("BULK_STOPPED");
    const key = drawTaskKey(nonces, name, input);
    const moved: ArrayBuffer[] = [key.buffer];
    try {
      const packed = pack(input);
      moved.push(...packed.transfer);
      const { answer, transfer } = performPacked(structuredClone({ id: 0, name, input: packed.body, key }, { transfer: moved }));
      const received = structuredClone(answer, { transfer });
      if (received.kind === "failed") throw unpackError(received.error);
      return unpack(received.output).value as BulkTasks[Name]["output"]; // true: packed by that task
    } finally {
      wipe(moved);
    }
  };

  return {
    run: (name, input) => {
      const result = last.then(() => compute(name, input));
      last = result.catch(() => undefined);
      return result;
    },
    close: async () => {
      isClosed = true;
      await last;
    },
  };
};
