import { describeBlobStore } from "./describeBlobStore.ts";
import { createMemoryBlobStore } from "./memoryBlobStore.ts";

describeBlobStore("The memory store", async () => createMemoryBlobStore());
