import type { ExtensionServices } from "@keyquorum/keeper";
import { type Address, bytesToHex, KeyquorumError, ZERO_HASH } from "@keyquorum/wire";

/** The permission contract that decides, or "none": everybody may read everything. */
export type Acl = Address | "none";

type Clock = ExtensionServices["clock"];
type Heads = Awaited<ReturnType<ExtensionServices["decidePermission"]>>["heads"];

/**
 * Decides now whether an account may read under a server key, by D27: the document is the bare id, which no registry of ours has, so that the configured
 * contract is asked, at the head and in the final block. Answers with the blocks. Throws ACCESS_DENIED, PERMISSION_NOT_FINAL, FINALITY_BROKEN,
 * ChainUnavailableError.
 */
export const requirePermission = async (
  services: Pick<ExtensionServices, "decidePermission" | "chain">,
  acl: Acl,
  { serverKeyId, requester }: { readonly serverKeyId: Uint8Array; readonly requester: Address },
): Promise<Heads> => {
  if (acl === "none") {
    const { head, final } = await services.chain.look();
    return { head, final };
  }
  const { decision, heads } = await services.decidePermission({
    document: bytesToHex(serverKeyId),
    ...{ headerHash: ZERO_HASH, initialPermissions: acl, requester, contextHash: ZERO_HASH },
  });
  if (decision === "PERMITTED") return heads;
  throw new KeyquorumError(decision === "PERMISSION_NOT_FINAL" ? "PERMISSION_NOT_FINAL" : "ACCESS_DENIED");
};

/** A decision is no older than this when its answer leaves (D76), with room for the look that it shared. */
const DECISION_MILLISECONDS = 750;
/** Who is slower than that each time answers nothing. */
const MOST_DECISIONS = 3;

/** Whether what was decided since `began` may leave now. A clock that was set back makes nothing new. */
export const isFresh = ({ now }: Pick<Clock, "now">, began: number): boolean => {
  const age = now() - began;
  return age >= 0 && age <= DECISION_MILLISECONDS;
};

/** Decides, again where that took so long that the decision is old. Throws UNAVAILABLE where it does each time; what `decide` throws. */
export const decideFreshly = async (clock: Pick<Clock, "now">, decide: () => Promise<void>): Promise<void> => {
  for (let decisions = 0; decisions < MOST_DECISIONS; decisions += 1) {
    const began = clock.now();
    await decide();
    if (isFresh(clock, began)) return;
  }
  throw new KeyquorumError("UNAVAILABLE", "This keeper is currently too slow to answer while its decision is recent enough.");
};
