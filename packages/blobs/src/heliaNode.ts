import { readFile, rm, writeFile } from "node:fs/promises";
import { KeyquorumError } from "@keyquorum/wire";
import type { createHeliaLight } from "helia";
import type { CID } from "multiformats/cid";
import type { BlockStorage } from "./blockStorage.ts";
import { blockKey } from "./ipldCid.ts";
import { concat } from "./remote.ts";
import { MAX_BLOCK_BYTES } from "./walk.ts";

type HeliaBlockstore = NonNullable<NonNullable<Parameters<typeof createHeliaLight>[0]>["blockstore"]>;

export type HeliaNodeOptions = {
  readonly files: Required<BlockStorage>;
  readonly keyFile: string;
  readonly listen: readonly string[];
  readonly peers: readonly string[];
  readonly allow: readonly string[] | undefined;
};

export type HeliaNode = Awaited<ReturnType<typeof startHeliaNode>>;

const DIAL_TIMEOUT_MS = 10_000;
const REDIAL_MS = 1000;

/** A Helia node of a private network over our own files. Everything that Helia and libp2p would add by themselves is left out. */
export const startHeliaNode = async ({ files, keyFile, listen, peers, allow }: HeliaNodeOptions) => {
  const { createHeliaLight, withLibp2pLight, withBitswap, tcp, noise, yamux, identify, keys, multiaddr } = await importHelia();
  const targets = peers.map((text) => parsePeer(text, multiaddr));
  const allowed = allow === undefined ? undefined : new Set([...allow, ...targets.map(({ id }) => id)]);
  const isStranger = async (id: { toString: () => string }): Promise<boolean> => allowed !== undefined && !allowed.has(id.toString());
  const own = createBlockstore(files);

  const helia = withBitswap(
    withLibp2pLight(createHeliaLight({ blockstore: own.blockstore }), {
      privateKey: keys.privateKeyFromProtobuf(await openKey(keyFile, keys)),
      addresses: { listen: [...listen] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      services: { identify: identify() },
      peerDiscovery: [],
      connectionGater: { denyInboundEncryptedConnection: isStranger, denyDialMultiaddr: async () => false },
    }),
  );
  await helia.start().catch((cause: unknown) => {
    throw failed("the node does not start (is the address in use?)", cause);
  });

  const dials = new Map<string, number>();
  /** Dials the peers that are not connected; never waits, and never more than once a second. */
  const dialMissing = (): void => {
    for (const { id, address } of targets) {
      const isConnected = helia.libp2p.getPeers().some((peer) => peer.toString() === id);
      if (isConnected || Date.now() - (dials.get(id) ?? 0) < REDIAL_MS) continue;
      dials.set(id, Date.now());
      // A peer that is away is asked again later; libp2p rejects with things that are no errors.
      helia.libp2p.dial(address, { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) }).catch(() => undefined);
    }
  };
  const redial = setInterval(dialMissing, 5000);
  redial.unref();
  dialMissing();

  return {
    peerId: helia.libp2p.peerId.toString(),
    addresses: (): readonly string[] => helia.libp2p.getMultiaddrs().map(String),
    dialMissing,
    /** The block, from the first peer that gives it. Ends only with the signal when none does. */
    want: (cid: CID, signal: AbortSignal): Promise<Uint8Array> => collect(helia.blockstore.get(cid, { signal })),
    /** Sends a block that was just stored to the peers that wait for it. */
    announce: (cid: CID, bytes: Uint8Array): Promise<void> =>
      own.whileNew(cid, async () => {
        await helia.blockstore.put(cid, bytes);
      }),
    close: async (): Promise<void> => {
      clearInterval(redial);
      await helia.stop();
    },
  };
};

/** The optional packages, when they are first needed. */
const importHelia = async () => {
  try {
    const [
      { createHeliaLight: light },
      { withLibp2pLight },
      { withBitswap },
      { tcp },
      { noise },
      { yamux },
      { identify },
      keys,
      addresses,
    ] = await Promise.all([
      import("helia"),
      import("@helia/libp2p"),
      import("@helia/bitswap"),
      import("@libp2p/tcp"),
      import("@libp2p/noise"),
      import("@libp2p/yamux"),
      import("@libp2p/identify"),
      import("@libp2p/crypto/keys"),
      import("@multiformats/multiaddr"),
    ]);
    return { createHeliaLight: light, withLibp2pLight, withBitswap, tcp, noise, yamux, identify, keys, multiaddr: addresses.multiaddr };
  } catch (cause) {
    throw failed("its packages are not installed: see the README of @keyquorum/blobs", cause);
  }
};

/** Our files as Helia wants them. */
const createBlockstore = (files: Required<BlockStorage>) => {
  /** Blocks that are being announced, and those of them that Helia has not looked for yet. */
  const stored = new Set<string>();
  const hidden = new Set<string>();
  const put: HeliaBlockstore["put"] = async (cid, value) => {
    if (!stored.has(blockKey(cid))) await files.put(cid, value instanceof Uint8Array ? value : await collect(value));
    return cid;
  };
  async function* get(cid: CID): AsyncGenerator<Uint8Array> {
    const bytes = await files.get(cid, { maxBytes: MAX_BLOCK_BYTES });
    if (bytes === undefined || bytes.length > MAX_BLOCK_BYTES) throw Object.assign(new Error("Not found"), { name: "NotFoundError" });
    yield bytes;
  }
  const blockstore: HeliaBlockstore = {
    has: async (cid) => !hidden.delete(blockKey(cid)) && (await files.has(cid)),
    put,
    get,
    delete: (cid) => files.remove(cid),
    async *putMany(source) {
      for await (const { cid, bytes } of source) yield await put(cid, bytes);
    },
    async *getMany(source) {
      for await (const cid of source) yield { cid, bytes: get(cid) };
    },
    async *deleteMany(source) {
      for await (const cid of source) {
        await files.remove(cid);
        yield cid;
      }
    },
    // Helia lists only to collect garbage, which `remove` does here.
    getAll: async function* () {},
  };
  return {
    blockstore,
    /** Helia announces only blocks that its store does not have: the first time that it looks for this one, it is not there. */
    whileNew: async (cid: CID, work: () => Promise<void>): Promise<void> => {
      const key = blockKey(cid);
      stored.add(key);
      hidden.add(key);
      await work().finally(() => {
        stored.delete(key);
        hidden.delete(key);
      });
    },
  };
};

const collect = async (source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return concat(
    pieces,
    pieces.reduce((sum, piece) => sum + piece.length, 0),
  );
};

const parsePeer = <T extends { toString: () => string }>(text: string, parse: (text: string) => T) => {
  const id = text.match(/\/p2p\/([A-Za-z0-9]+)$/)?.[1];
  try {
    if (id !== undefined) return { id, address: parse(text) };
  } catch {
    // refused below
  }
  throw new KeyquorumError("INVALID_VALUE", "A peer is not given as a multiaddr that ends with its id: /ip4/.../tcp/.../p2p/...", {
    details: { peer: text },
  });
};

/** The node's own key: it makes the id that others dial. Made once, for this user's eyes only. Throws `BLOB_STORE_FAILED`. */
const openKey = async (path: string, keys: typeof import("@libp2p/crypto/keys")): Promise<Uint8Array> => {
  try {
    return await readFile(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw failed("its key cannot be read", error);
  }
  const made = keys.privateKeyToProtobuf(await keys.generateKeyPair("Ed25519"));
  try {
    await writeFile(path, made, { flag: "wx", mode: 0o600, flush: true });
    return made;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return await readFile(path); // another process was faster
    await rm(path, { force: true });
    throw failed("its key cannot be written", error);
  }
};

const failed = (reason: string, cause: unknown): KeyquorumError =>
  new KeyquorumError("BLOB_STORE_FAILED", `The Helia store cannot be opened: ${reason}.`, { details: { reason }, cause });
