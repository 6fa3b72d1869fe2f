import type { Duties } from "../run/duty.ts";
import { onKeyRequested } from "./onKeyRequested.ts";
import { onReshareRequested } from "./onReshareRequested.ts";

export const SESSION_DUTIES = { KeyRequested: onKeyRequested, ReshareRequested: onReshareRequested } satisfies Partial<Duties>;
