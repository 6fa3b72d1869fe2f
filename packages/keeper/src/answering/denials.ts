import type { PermissionDecision } from "@keyquorum/chain";
import type { ReceivedShareRequest } from "@keyquorum/protocol";
import type { Hash32 } from "@keyquorum/wire";

/** A no at the newest block. It holds for that block and for nothing else. */
export type Denial = Exclude<PermissionDecision, "PERMITTED" | "PERMISSION_NOT_FINAL">;

type Asked = Pick<ReceivedShareRequest, "document" | "requester" | "headerHash" | "contextHash">;

/** What the newest block denied, so that asking again and again costs the node nothing. Gone with that block; failures are never in it. */
export type Denials = {
  readonly find: (headBlock: Hash32, asked: Asked) => Denial | undefined;
  readonly remember: (headBlock: Hash32, asked: Asked, denial: Denial) => void;
};

const MOST = 10_000;

export const createDenials = (most = MOST): Denials => {
  let block: Hash32 | undefined;
  const denied = new Map<string, Denial>();
  /** All that the contract's answer depends on. */
  const keyOf = ({ document, requester, headerHash, contextHash }: Asked): string => [document, requester, headerHash, contextHash].join();
  return {
    find: (headBlock, asked) => (headBlock === block ? denied.get(keyOf(asked)) : undefined),
    remember: (headBlock, asked, denial) => {
      if (headBlock !== block) denied.clear();
      block = headBlock;
      const [oldest] = denied.keys();
      if (denied.size >= most && oldest !== undefined) denied.delete(oldest);
      denied.set(keyOf(asked), denial);
    },
  };
};
