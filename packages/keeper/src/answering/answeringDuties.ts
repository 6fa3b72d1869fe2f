import type { Duties } from "../run/duty.ts";
import { onSharesRequested } from "./onSharesRequested.ts";

export const ANSWERING_DUTIES = { SharesRequested: onSharesRequested } satisfies Partial<Duties>;
