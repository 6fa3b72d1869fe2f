import { ANSWERING_DUTIES } from "../answering/answeringDuties.ts";
import { MEMBERSHIP_DUTIES } from "../membership/membershipDuties.ts";
import { SESSION_DUTIES } from "../sessions/sessionDuties.ts";
import { SIGNING_DUTIES } from "../signing/signingDuties.ts";
import type { Story } from "./story.ts";

/** What events start in a keeper without extensions: for a mirror that is brought up to date while the keeper is stopped. */
export const OWN_DUTIES: readonly Pick<Story, "on">[] = [
  { on: MEMBERSHIP_DUTIES },
  { on: SESSION_DUTIES },
  { on: ANSWERING_DUTIES },
  { on: SIGNING_DUTIES },
];
