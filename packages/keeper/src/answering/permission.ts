import type { BlockRef, Heads, PermissionQuestion } from "@keyquorum/chain";
import {
  type CheckedShareRequest,
  type DecidedShareRequest,
  decideShareRequest,
  denyShareRequest,
  type ReceivedShareRequest,
} from "@keyquorum/protocol";
import type { DocumentHeader } from "@keyquorum/wire";
import type { PermissionDoor, SeenHeads } from "../contracts/permissionDoor.ts";
import type { Denials } from "./denials.ts";
import { orRefuse } from "./orRefuse.ts";

/** Refuses what the newest block refuses. A yes is only half of the decision: `decide` takes the other half at the final block. */
export const requirePermittedAtHead = async (
  { permissions, denials }: { readonly permissions: PermissionDoor; readonly denials: Denials },
  { request, header, isProved }: { readonly request: ReceivedShareRequest; readonly header: DocumentHeader; readonly isProved: boolean },
  heads: SeenHeads,
): Promise<void> => {
  const { head } = heads;
  let denial = denials.find(hashOf(head), request);
  if (denial === undefined) {
    if (isProved) permissions.foresee(questionOf(request, header), heads);
    const decision = await permissions.atHead(questionOf(request, header), heads);
    if (decision === "PERMITTED") return;
    denials.remember(hashOf(head), request, decision);
    denial = decision;
  }
  orRefuse(denyShareRequest(request.requestId, denial), blocksOf(heads));
};

/** The decision at F and H (D27): H was asked before, by this very hash. */
export const decide = async (permissions: PermissionDoor, checked: CheckedShareRequest, heads: SeenHeads): Promise<DecidedShareRequest> => {
  const decision = await permissions.atFinal(questionOf(checked, checked.header), heads);
  const blocks = blocksOf(heads);
  return orRefuse<DecidedShareRequest>(decideShareRequest(checked, decision, blocks), blocks);
};

export const questionOf = (
  { document, headerHash, requester, contextHash }: Pick<CheckedShareRequest, "document" | "headerHash" | "requester" | "contextHash">,
  { initialPermissions }: DocumentHeader,
): PermissionQuestion => ({ document, headerHash, initialPermissions, requester, contextHash });

const hashOf = ({ hash }: BlockRef) => hash as DecidedShareRequest["headBlock"]; // true: chain parses hashes as 32 bytes of lower-case hex
/** As a refusal, a receipt and the audit record name them. */
export const blocksOf = ({ head, final }: Heads) => ({ finalBlock: hashOf(final), headBlock: hashOf(head) });
