import type { Duties } from "./duty.ts";
import { onDealt } from "./onDealt.ts";
import { onDocumentPublished } from "./onDocumentPublished.ts";
import { onEpochProposed } from "./onEpochProposed.ts";
import { onKeyFailed } from "./onKeyFailed.ts";
import { onKeyFinalized } from "./onKeyFinalized.ts";
import { onKeyReady } from "./onKeyReady.ts";
import { onKeyRequested } from "./onKeyRequested.ts";
import { onKeyReshared } from "./onKeyReshared.ts";
import { onRepairRequested } from "./onRepairRequested.ts";
import { onReshareDealt } from "./onReshareDealt.ts";
import { onReshareFailed } from "./onReshareFailed.ts";
import { onReshareRequested } from "./onReshareRequested.ts";
import { onSharesRequested } from "./onSharesRequested.ts";

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
