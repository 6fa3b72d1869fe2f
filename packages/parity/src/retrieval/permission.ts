import type { ExtensionServices } from "@keyquorum/keeper";
import { type Address, bytesToHex, KeyquorumError, ZERO_HASH } from "@keyquorum/wire";

/** The permission contract that decides, or "none": everybody may read everything. */
export type Acl = Address | "none";

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
