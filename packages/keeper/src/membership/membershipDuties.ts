import type { Duties } from "../run/duty.ts";
import { onEpochProposed } from "./onEpochProposed.ts";

export const MEMBERSHIP_DUTIES = { EpochProposed: onEpochProposed } satisfies Partial<Duties>;
