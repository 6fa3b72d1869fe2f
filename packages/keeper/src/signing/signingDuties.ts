import type { Duties } from "../run/duty.ts";
import { onSigningRequested } from "./onSigningRequested.ts";

export const SIGNING_DUTIES = { SigningRequested: onSigningRequested } satisfies Partial<Duties>;
