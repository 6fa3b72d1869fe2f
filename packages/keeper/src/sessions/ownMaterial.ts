import type { DealingVerdicts, OwnSessionMaterial } from "@keyquorum/protocol";
import { SecretScalar } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import type { SessionId } from "@keyquorum/wire";
import { unlessDamaged } from "../shares/unlessDamaged.ts";

/** What this keeper has stored for a session. `encryptionSecret` is secret: the caller erases it. */
export const readOwnMaterial = async (
  vault: Pick<Vault, "epochSecrets" | "dealings" | "keyShares">,
  {
    sid,
    epoch,
    slot,
    verdicts,
  }: { readonly sid: SessionId; readonly epoch: number; readonly slot: number; readonly verdicts: DealingVerdicts },
): Promise<OwnSessionMaterial> => {
  const [secret, storedDealing, storedShares] = await Promise.all([
    unlessDamaged(vault.epochSecrets.load(epoch)),
    unlessDamaged(vault.dealings.load(sid)), // a damaged one is not made again: saving another is refused
    vault.keyShares.list({ sid }),
  ]);
  const encryptionSecret = secret === undefined ? undefined : SecretScalar.fromBytes(secret);
  secret?.fill(0);
  return { slot, encryptionSecret, ...(storedDealing === undefined ? {} : { storedDealing }), storedShares, verdicts };
};
