import { availableParallelism } from "node:os";
import type { BulkWork } from "./bulkWork.ts";
import { createThreadBulk, type ThreadBulkOptions } from "./threadBulk.ts";

/** Where there is another core, answers lose little to a thread beside them; where there is one only, most of it is theirs. */
const SHARE_BESIDE = 0.75;
const SHARE_ALONE = 0.25;

/** The long computations of this keeper. `share`: of one core; undefined: by the number of cores. */
export const openBulk = ({ share, ...options }: Omit<ThreadBulkOptions, "share"> & { readonly share: number | undefined }): BulkWork =>
  createThreadBulk({ ...options, share: share ?? (availableParallelism() > 1 ? SHARE_BESIDE : SHARE_ALONE) });
