import { type BlockRef, confirmAtFinal, decideAtHead, type Heads, type PermissionQuestion, type Rpc } from "@keyquorum/chain";
import {
  type CheckedShareRequest,
  type DecidedShareRequest,
  decideShareRequest,
  denyShareRequest,
  type ReceivedShareRequest,
} from "@keyquorum/protocol";
import type { DocumentHeader } from "@keyquorum/wire";
import type { ServedContracts } from "../contracts/deployment.ts";
import type { Clock } from "../run/clock.ts";
import type { Denials } from "./denials.ts";
import { orRefuse } from "./orRefuse.ts";

export type PermissionOptions = {
  readonly rpc: Rpc;
  readonly contracts: ServedContracts;
  /** Seconds. */
  readonly maxHeadAge: number;
  readonly clock: Clock;
};

/** The newest blocks, and the highest that this keeper has acted on. */
export type SeenHeads = Heads & { readonly minHeadNumber: number };

/** Refuses what the newest block refuses. A yes is only half of the decision: `decide` takes the other half at the final block. */
export const requirePermittedAtHead = async (
  options: PermissionOptions & { readonly denials: Denials },
  { request, header }: { readonly request: ReceivedShareRequest; readonly header: DocumentHeader },
  heads: SeenHeads,
): Promise<void> => {
  const { denials } = options;
  const { head } = heads;
  let denial = denials.find(hashOf(head), request);
  if (denial === undefined) {
    const decision = await decideAtHead(settingsOf(options, heads), questionOf(request, header), head);
    if (decision === "PERMITTED") return;
    denials.remember(hashOf(head), request, decision);
    denial = decision;
  }
  orRefuse(denyShareRequest(request.requestId, denial), blocksOf(heads));
};

/** The decision at F and H (D27): H was asked before, by this very hash. */
export const decide = async (options: PermissionOptions, checked: CheckedShareRequest, heads: SeenHeads): Promise<DecidedShareRequest> => {
  const decision = await confirmAtFinal(settingsOf(options, heads), questionOf(checked, checked.header), heads);
  const blocks = blocksOf(heads);
  return orRefuse<DecidedShareRequest>(decideShareRequest(checked, decision, blocks), blocks);
};

const settingsOf = ({ rpc, contracts, maxHeadAge, clock }: PermissionOptions, { minHeadNumber }: SeenHeads) => ({
  ...{ rpc, maxHeadAge, minHeadNumber, clock },
  shareRequests: contracts.addresses.shareRequests,
});

const questionOf = (
  { document, headerHash, requester, contextHash }: Pick<CheckedShareRequest, "document" | "headerHash" | "requester" | "contextHash">,
  { initialPermissions }: DocumentHeader,
): PermissionQuestion => ({ document, headerHash, initialPermissions, requester, contextHash });

const hashOf = ({ hash }: BlockRef) => hash as DecidedShareRequest["headBlock"]; // true: chain parses hashes as 32 bytes of lower-case hex
/** As a refusal, a receipt and the audit record name them. */
export const blocksOf = ({ head, final }: Heads) => ({ finalBlock: hashOf(final), headBlock: hashOf(head) });
