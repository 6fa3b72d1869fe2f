import { createMemoryBlocks } from "./blockStorage.ts";
import { createBlobStore } from "./createBlobStore.ts";
import { describeBlobStore } from "./describeBlobStore.ts";
import { blockKey } from "./ipldCid.ts";

describeBlobStore("The memory store", async () => {
  const blocks = createMemoryBlocks();
  return {
    store: createBlobStore(blocks),
    replace: async (cid, bytes) => {
      if (bytes === undefined) blocks.blocks.delete(blockKey(cid));
      else blocks.blocks.set(blockKey(cid), bytes);
    },
  };
});
