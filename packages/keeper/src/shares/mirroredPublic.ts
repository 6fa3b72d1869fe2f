import type { BlockId } from "@keyquorum/chain";
import { ThresholdError } from "@keyquorum/threshold";
import { bytesToHex, KeyquorumError } from "@keyquorum/wire";
import type { KeyEpochFacts } from "../contracts/chainReader.ts";
import { KeeperError } from "../run/errors.ts";
import { type KeyInEpoch, type KeyRecord, readKeyPublic } from "./keyPublic.ts";

export type MirroredPublicOptions = Parameters<typeof readKeyPublic>[0] & {
  /** The final block that the mirror had at the last look; -1 before the first. The mirror is complete up to it, and no reorg changes that. */
  readonly mirroredFinal: () => number;
};

/**
 * A key's public side from the mirror, equal to what the chain stores. A decision is made at a final block that the node names now; the mirror may
 * stand at an earlier one, or on a branch that is gone. What it lacks then, the next look brings; what it lacks at its own final block is lost.
 * Throws KeyquorumError UNAVAILABLE while the mirror is behind `block`, KeeperError VAULT_UNUSABLE where its dealings are not what the chain knows.
 */
export const readMirroredPublic = async (
  options: MirroredPublicOptions,
  inEpoch: KeyInEpoch,
  { commitmentsHash, verifyingRoot }: KeyEpochFacts,
  block: BlockId,
): Promise<KeyRecord> => {
  const { keyId, epoch } = inEpoch;
  const isMirrored = options.mirroredFinal() >= block.number; // before the logs are read: the follower may get further meanwhile
  try {
    const found = await readKeyPublic(options, inEpoch);
    if (bytesToHex(found.commitmentsHash) === commitmentsHash && bytesToHex(found.verifyingRoot) === verifyingRoot) return found;
    throw new KeeperError(
      "VAULT_UNUSABLE",
      "The mirrored dealings of a key do not give what the chain stores for it. Check the RPC; restore the data directory.",
      { keyId, epoch },
    );
  } catch (cause) {
    if (isMirrored || !(cause instanceof KeeperError || cause instanceof ThresholdError)) throw cause;
    throw new KeyquorumError("UNAVAILABLE", "This keeper has not mirrored the key's dealings up to the final block yet.", {
      details: { keyId, epoch },
      cause,
    });
  }
};
