import type { BlockStorage } from "./blockStorage.ts";
import type { HeliaNode } from "./heliaNode.ts";
import { orAborted } from "./untilAborted.ts";

/** Blocks of a directory, and of the node's peers where the directory has none. What peers give is kept, and verified by whoever reads it. */
export const createHeliaBlocks = (
  files: Required<BlockStorage>,
  node: Pick<HeliaNode, "want" | "announce" | "dialMissing">,
  timeoutMs: number,
): Required<BlockStorage> => ({
  ...files,

  get: async (cid, { maxBytes, signal }) => {
    const held = await files.get(cid, { maxBytes });
    if (held !== undefined) return held;
    const deadline = AbortSignal.timeout(timeoutMs);
    const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
    node.dialMissing();
    try {
      return await orAborted(node.want(cid, either), either);
    } catch {
      signal?.throwIfAborted();
      return undefined; // no peer gave it in time: bitswap has no other answer
    }
  },

  put: async (cid, bytes) => {
    await files.put(cid, bytes);
    await node.announce(cid, bytes);
  },
});
