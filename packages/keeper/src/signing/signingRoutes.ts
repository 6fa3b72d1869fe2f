import type { FrostSigner } from "@keyquorum/protocol";
import { FROST_MESSAGES } from "@keyquorum/wire";
import { type PeerAnswerer, peerAnswerer } from "../peers/peerTransport.ts";
import type { Core } from "../run/core.ts";
import { countedSigning } from "./signingRefusal.ts";

/** What other keepers may ask this one while they coordinate a signature. The signer looks at the signature and the sender before anything else. */
export const signingAnswerers = (core: Pick<Core, "log" | "metrics">, signer: FrostSigner): readonly PeerAnswerer[] => [
  peerAnswerer(FROST_MESSAGES.nonce, countedSigning(core, "nonce", signer.nonce)),
  peerAnswerer(FROST_MESSAGES.share, countedSigning(core, "share", signer.share)),
];
