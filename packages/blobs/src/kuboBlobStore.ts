import { KeyquorumError } from "@keyquorum/wire";
import * as raw from "multiformats/codecs/raw";
import type { BlobStore } from "./blobStore.ts";
import { type BlockStorage, copying } from "./blockStorage.ts";
import { type Cid, parseCid } from "./cid.ts";
import { createBlobStore } from "./createBlobStore.ts";
import { textOf } from "./ipldCid.ts";
import { createKuboRpc, type KuboRpc, orNotThere, parseObject } from "./kuboRpc.ts";
import type { Patience } from "./patience.ts";
import { parseStoreUrl } from "./privateAddress.ts";
import { type Fetch, isWebPage, readBody, remoteFailed, remoteRefuses } from "./remote.ts";

export type KuboOptions = {
  /** Of the RPC: `http://127.0.0.1:5001`. Whoever reaches it rules the node: keep it private. */
  readonly url: string;
  /** Gives the `authorization` header: `readAuthorization(file)` of `@keyquorum/blobs/node`. Secret. */
  readonly authorization?: (() => string | Promise<string>) | undefined;
  readonly fetch?: Fetch | undefined;
  /** For one request, its last byte included. Default 60 000. */
  readonly timeoutMs?: number | undefined;
  /** Let the node ask its IPFS peers for blocks that it does not have. Default false: what is not there is not found at once. */
  readonly askPeers?: boolean | undefined;
  /** How often and how long a proxy's 429 or 5xx, or a cut connection, is borne. */
  readonly patience?: Partial<Patience> | undefined;
};

/** Kubo's global option: the command uses what the node has and asks no peer. */
const OFFLINE = { offline: "true" };
const BIG_BLOCK_BYTES = 1024 * 1024;
const MAX_PIN_LIST_BYTES = 64 * 1024 * 1024;

/**
 * Keeps blobs in a Kubo node, through its RPC. A blob that was added is pinned, recursively; `remove` takes the pin away and Kubo's garbage collection
 * the bytes. A collection during `add` or `transferBlob` makes these fail; called again, they send what is missing.
 * Throws `INVALID_VALUE` for a URL that is refused.
 */
export const createKuboBlobStore = (options: KuboOptions): BlobStore => {
  const { url, authorization, fetch, timeoutMs = 60_000, askPeers = false, patience } = options;
  const rpc = createKuboRpc({
    fetch: fetch ?? ((target, init) => globalThis.fetch(target, init)),
    url: parseStoreUrl(url),
    authorization,
    timeoutMs,
    patience,
  });
  return createBlobStore(createKuboBlocks(rpc, askPeers ? { timeout: `${Math.ceil(timeoutMs * 0.9)}ms` } : OFFLINE), { readAhead: 4 });
};

/** `reach`: whether Kubo may ask its peers for a block, and for how long. */
const createKuboBlocks = (rpc: KuboRpc, reach: Readonly<Record<string, string>>): BlockStorage => ({
  get: (cid, { maxBytes, signal }) =>
    orNotThere(
      rpc.call({ command: "block/get", parameters: { arg: textOf(cid), ...reach }, signal }, async (response) => {
        const bytes = await readBody(response, maxBytes);
        if (bytes === undefined) throw remoteRefuses(rpc.store, `more than ${maxBytes} bytes`);
        if (isWebPage(response, new Uint8Array(0))) throw remoteFailed(rpc.store, "block/get: a web page came instead of the block");
        return bytes;
      }),
    ),

  has: async (cid, { signal } = {}) =>
    (await orNotThere(rpc.json({ command: "block/stat", parameters: { arg: textOf(cid), ...OFFLINE }, signal }))) !== undefined,

  put: copying(async (cid, bytes, { signal } = {}) => {
    const body = new FormData();
    body.append("data", new Blob([Uint8Array.from(bytes)], { type: "application/octet-stream" }));
    const parameters = {
      "cid-codec": cid.code === raw.code ? "raw" : "dag-pb",
      mhtype: "sha2-256",
      pin: "false",
      ...(bytes.length > BIG_BLOCK_BYTES ? { "allow-big-block": "true" } : {}),
    };
    const { Key } = await rpc.json({ command: "block/put", parameters, body, signal });
    if (Key !== textOf(cid)) throw remoteFailed(rpc.store, "block/put: it stored another block");
  }),

  addRoot: async (root, { signal } = {}) => {
    const { Pins } = await rpc.json({ command: "pin/add", parameters: { arg: root, recursive: "true", ...OFFLINE }, signal });
    if (!Array.isArray(Pins) || !Pins.includes(root)) throw remoteFailed(rpc.store, "pin/add: it did not pin the blob");
  },

  removeRoot: async (root) => {
    await rpc.json({ command: "pin/rm", parameters: { arg: root, recursive: "true" } }).catch((error: unknown) => {
      if (!(error instanceof KeyquorumError) || !/not pinned/.test(String(error.details.reason))) throw error;
    });
  },

  roots: () =>
    rpc.call({ command: "pin/ls", parameters: { type: "recursive", stream: "true" } }, async (response) => {
      const bytes = await readBody(response, MAX_PIN_LIST_BYTES);
      if (bytes === undefined) throw remoteFailed(rpc.store, `pin/ls: more than ${MAX_PIN_LIST_BYTES} bytes`);
      return new TextDecoder().decode(bytes).split("\n").flatMap(pinOf);
    }),
});

/** A line of `pin/ls`. Pins of other kinds of content (version 0, other codecs) are not ours. */
const pinOf = (line: string): Cid[] => {
  try {
    return [parseCid(parseObject(line)?.Cid)];
  } catch {
    return [];
  }
};
