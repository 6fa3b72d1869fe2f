import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { KeyquorumError } from "@keyquorum/wire";
import type { BlobStore } from "./blobStore.ts";
import { createBlobStore } from "./createBlobStore.ts";
import { openFileBlocks } from "./fileBlocks.ts";
import { createHeliaBlocks } from "./heliaBlocks.ts";
import { startHeliaNode } from "./heliaNode.ts";

export type HeliaOptions = {
  /** Blocks lie here as in `openFileBlobStore`; beside them the node's own key (`peer.key`). */
  readonly directory: string;
  /** Addresses to listen on, as multiaddrs: `/ip4/127.0.0.1/tcp/4001`. Default: none, the node only dials. */
  readonly listen?: readonly string[] | undefined;
  /** Nodes to stay connected with, as multiaddrs with their id: `/ip4/10.0.0.7/tcp/4001/p2p/12D3Koo...`. The only ones that are ever dialled. */
  readonly peers?: readonly string[] | undefined;
  /** Ids that may connect, beside `peers`. Default: whoever reaches the address. What is served is ciphertext, to who knows its content id. */
  readonly allow?: readonly string[] | undefined;
  /** How long peers are asked for a block that is not here. Default 30 000. */
  readonly timeoutMs?: number | undefined;
};

export type HeliaBlobStore = BlobStore & {
  /** The node's id and the addresses that others dial, with that id. */
  readonly peerId: string;
  readonly addresses: () => readonly string[];
  readonly close: () => Promise<void>;
};

/**
 * Keeps blobs in a directory and exchanges them with known peers over bitswap: an IPFS node (Helia) of a private network. TCP, Noise, Yamux, identify
 * and nothing else: no bootstrap nodes, DHT, mDNS, UPnP, relays, HTTP routers or gateways. `get` asks the peers for blocks that are not here and keeps
 * them; `has` and `remove` are about this directory; `transferBlob({ cid, from: store, to: store })` brings a blob here for good.
 *
 * Needs the optional packages that the README names. Throws `BLOB_STORE_FAILED` (details.reason), `BLOB_STORE_FULL`, `INVALID_VALUE`.
 */
export const openHeliaBlobStore = async (options: HeliaOptions): Promise<HeliaBlobStore> => {
  const { listen = [], peers = [], allow, timeoutMs = 30_000 } = options;
  const directory = resolve(options.directory);
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    throw new KeyquorumError("BLOB_STORE_FAILED", `Could not open ${directory}.`, {
      details: { path: directory, reason: error.code ?? "" },
    });
  });
  const files = await openFileBlocks(directory);
  const node = await startHeliaNode({ files, keyFile: join(directory, "peer.key"), listen, peers, allow });
  const { get, size, has, add, remove, blocks } = createBlobStore(createHeliaBlocks(files, node, timeoutMs), { readAhead: 8 });
  return { get, size, has, add, remove, blocks, peerId: node.peerId, addresses: node.addresses, close: node.close };
};
