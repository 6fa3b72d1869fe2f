import { assembleResharedShare, DOMAINS, type KeyShare, keccakWords, type OpenedDealing, ThresholdError } from "@keyquorum/threshold";
import { type Hash32, hexToBytes, type SessionId } from "@keyquorum/wire";
import { asHash, type ShareMaking } from "../session/confirm.ts";
import type { ReshareView } from "./view.ts";

/** What READY confirms of a reshare. PROTOCOL section 3.9. */
export const reshareReadyDigestOf = (parts: {
  readonly sid: SessionId;
  readonly qual: bigint;
  readonly commitmentsHash: Uint8Array;
  readonly verifyingRoot: Uint8Array;
}): Hash32 => asHash(keccakWords(DOMAINS.reshareReady, hexToBytes(parts.sid, 32), parts.qual, parts.commitmentsHash, parts.verifyingRoot));

/** A new share is what Q's polynomials of old shares give, by Q's Lagrange coefficients. PROTOCOL section 3.9. */
export const reshareOf = (view: ReshareView): ShareMaking => ({
  assemble: (slot, qual) => shareOf(view, slot, qual),
  digestOf: (key) => reshareReadyDigestOf({ ...key, sid: view.sid, qual: view.qual }),
});

const shareOf = ({ keyId, epoch, jointKey, members }: ReshareView, slot: number, qual: readonly OpenedDealing[]): KeyShare | undefined => {
  try {
    return assembleResharedShare({ keyId: hexToBytes(keyId, 32), epoch, jointKey, slot, qual, members });
  } catch (error) {
    if (error instanceof ThresholdError && error.code === "INVALID_JOINT_KEY") return undefined;
    throw error;
  }
};
