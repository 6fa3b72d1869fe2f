import type { Decision } from "@keyquorum/bindings";
import {
  confirmAtFinal,
  decideAtHead,
  decidePermission,
  type PermissionDecision,
  type PermissionQuestion,
  type RememberDecision,
  requireFreshHead,
} from "@keyquorum/chain";
import type { Core } from "../run/core.ts";
import { createBlockMemory } from "./blockMemory.ts";
import type { LookedHeads } from "./headLook.ts";

/** The newest blocks, and the highest that this keeper has acted on. */
export type SeenHeads = LookedHeads & { readonly minHeadNumber: number };

export type PermissionDoorOptions = Pick<Core, "rpc" | "contracts" | "clock"> & {
  /** Gives the newest blocks, as a look that is at most `headLookMilliseconds` old, and no lower than `least`, shows them. */
  readonly recentLook: (least: number) => Promise<LookedHeads>;
  /** Bounds one question that others may wait for, too. Default: nothing does. */
  readonly within?: Core["within"];
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
  /** Asks what `atHead` and `atFinal` will ask, in one question to the node: for who is proved to ask. Never fails. */
  readonly foresee: (question: PermissionQuestion, heads: SeenHeads) => void;
  /** Both halves. */
  readonly decide: (question: PermissionQuestion, heads: SeenHeads) => Promise<PermissionDecision>;
};

export const createPermissionDoor = (options: PermissionDoorOptions): PermissionDoor => {
  const { rpc, contracts, clock, maxHeadAge, within } = options;
  const decisions = createBlockMemory<Decision>({
    clock,
    isKept: (decision) => decision === "Permitted", // a no is for the head's memory of denials, and a final no may be a yes soon
    ...(within === undefined ? {} : { within }),
  });
  const remember: RememberDecision = decisions.once;
  const settings = ({ minHeadNumber }: SeenHeads) => ({
    ...{ rpc, maxHeadAge, minHeadNumber, clock, remember },
    shareRequests: contracts.addresses.shareRequests,
  });
  return {
    look: async () => {
      const minHeadNumber = options.minHeadNumber(); // before the heads are read: the follower may get further meanwhile
      return { ...(await options.recentLook(minHeadNumber)), minHeadNumber };
    },
    requireFresh: (heads) => requireFreshHead(settings(heads), heads.head),
    atHead: (question, heads) => decideAtHead(settings(heads), question, heads.head),
    atFinal: (question, heads) => confirmAtFinal(settings(heads), question, heads),
    foresee: (question, heads) => {
      const both = [decideAtHead(settings(heads), question, heads.head), confirmAtFinal(settings(heads), question, heads)];
      void Promise.allSettled(both);
    },
    decide: (question, heads) => decidePermission(settings(heads), question, heads),
  };
};
