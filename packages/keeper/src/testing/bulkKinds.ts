import type { BulkWork } from "../bulk/bulkWork.ts";
import { createInlineBulk } from "../bulk/inlineBulk.ts";
import { createThreadBulk } from "../bulk/threadBulk.ts";
import { silentLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { testNonces } from "./testNonces.ts";

/** Both ways in which a keeper computes, for tests that must hold over either. The caller closes what it opens. Tests only. */
export const BULK_KINDS: readonly { readonly where: string; readonly open: () => BulkWork }[] = [
  { where: "", open: () => createInlineBulk({ nonces: testNonces() }) },
  {
    where: ", computed in a thread",
    open: () =>
      createThreadBulk({
        nonces: testNonces(),
        log: silentLogger,
        metrics: createMetrics({ version: "0", processMetrics: false }),
        share: 1,
      }),
  },
];
