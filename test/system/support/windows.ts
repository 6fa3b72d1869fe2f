import type { Windows } from "@keyquorum/cluster";

/**
 * In blocks: so long that no keeper is late, however busy the machine is. A window ends as soon as everybody has done their part; where somebody will not,
 * or nobody has a part (DISPUTE), the rest is mined at once.
 */
export const LONG_WINDOWS: Windows = { deal: 400, dispute: 24, finalize: 400, ready: 400 };
