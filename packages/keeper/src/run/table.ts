import { onSharesRequested } from "../answering/onSharesRequested.ts";
import { onRepairRequested } from "../repairing/onRepairRequested.ts";
import { onDealt } from "../sessions/onDealt.ts";
import { onEpochProposed } from "../sessions/onEpochProposed.ts";
import { onKeyFailed } from "../sessions/onKeyFailed.ts";
import { onKeyFinalized } from "../sessions/onKeyFinalized.ts";
import { onKeyReady } from "../sessions/onKeyReady.ts";
import { onKeyRequested } from "../sessions/onKeyRequested.ts";
import { onKeyReshared } from "../sessions/onKeyReshared.ts";
import { onReshareDealt } from "../sessions/onReshareDealt.ts";
import { onReshareFailed } from "../sessions/onReshareFailed.ts";
import { onReshareRequested } from "../sessions/onReshareRequested.ts";
import { onDocumentPublished } from "../shares/onDocumentPublished.ts";
import type { Duties } from "./duty.ts";

/** Each event that keepers act on, and what they do: the daemon's table of contents, as contracts/interfaces names it. */
export const DUTIES: Duties = {
  EpochProposed: onEpochProposed,
  KeyRequested: onKeyRequested,
  Dealt: onDealt,
  KeyFinalized: onKeyFinalized,
  KeyReady: onKeyReady,
  KeyFailed: onKeyFailed,
  ReshareRequested: onReshareRequested,
  ReshareDealt: onReshareDealt,
  KeyReshared: onKeyReshared,
  ReshareFailed: onReshareFailed,
  RepairRequested: onRepairRequested,
  DocumentPublished: onDocumentPublished,
  SharesRequested: onSharesRequested,
};
