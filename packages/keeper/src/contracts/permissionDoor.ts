import {
  confirmAtFinal,
  decideAtHead,
  decidePermission,
  type Heads,
  type PermissionDecision,
  type PermissionQuestion,
  requireFreshHead,
} from "@keyquorum/chain";
import type { Core } from "../run/core.ts";

/** The newest blocks, and the highest that this keeper has acted on. */
export type SeenHeads = Heads & { readonly minHeadNumber: number };

export type PermissionDoorOptions = Pick<Core, "rpc" | "contracts" | "clock"> & {
  /** Reads the newest blocks, not before it is called. */
  readonly look: () => Promise<Heads>;
  /** The highest head that was mirrored. */
  readonly minHeadNumber: () => number;
  /** Seconds. */
  readonly maxHeadAge: number;
};

/**
 * How this keeper asks whether somebody may read, for its own answers and for extensions alike. All throw ChainUnavailableError, which says nothing about
 * the permission: for a head that is too old, or lower than one that was mirrored, too.
 */
export type PermissionDoor = {
  readonly look: () => Promise<SeenHeads>;
  readonly requireFresh: (heads: SeenHeads) => void;
  /** What the newest block says. PERMITTED is half of the decision: the other half is `atFinal`, at these very heads. */
  readonly atHead: (question: PermissionQuestion, heads: SeenHeads) => ReturnType<typeof decideAtHead>;
  readonly atFinal: (question: PermissionQuestion, heads: SeenHeads) => ReturnType<typeof confirmAtFinal>;
  /** Both halves. */
  readonly decide: (question: PermissionQuestion, heads: SeenHeads) => Promise<PermissionDecision>;
};

export const createPermissionDoor = (options: PermissionDoorOptions): PermissionDoor => {
  const { rpc, contracts, clock, maxHeadAge } = options;
  const settings = ({ minHeadNumber }: SeenHeads) => ({
    ...{ rpc, maxHeadAge, minHeadNumber, clock },
    shareRequests: contracts.addresses.shareRequests,
  });
  return {
    look: async () => {
      const minHeadNumber = options.minHeadNumber(); // before the heads are read: the follower may get further meanwhile
      return { ...(await options.look()), minHeadNumber };
    },
    requireFresh: (heads) => requireFreshHead(settings(heads), heads.head),
    atHead: (question, heads) => decideAtHead(settings(heads), question, heads.head),
    atFinal: (question, heads) => confirmAtFinal(settings(heads), question, heads),
    decide: (question, heads) => decidePermission(settings(heads), question, heads),
  };
};
