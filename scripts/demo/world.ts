import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { openFileBlobStore } from "@keyquorum/blobs/node";
import { createClient, type KeyquorumClient, type PublishedDocument } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { type Cluster, clientPatience, createRunFolder, type GeneratedKey, type LocalChain } from "@keyquorum/cluster";
import type { SignedShareRequest } from "@keyquorum/wire";
import { drawPicture } from "../picture.ts";
import type { FoundShare } from "./disks.ts";
import type { DemoOptions } from "./options.ts";
import type { ParityWorld } from "./parityWorld.ts";
import type { Teller } from "./story.ts";
import type { WasmWorld } from "./wasmWorld.ts";

/** Everything that the demo's steps work on. Filled in as the story goes. */
export type World = {
  readonly options: DemoOptions;
  readonly quorum: number;
  readonly directory: string;
  readonly file: { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array };
  chain?: LocalChain;
  cluster?: Cluster;
  key?: GeneratedKey;
  alice?: KeyquorumClient;
  bob?: KeyquorumClient;
  mallory?: KeyquorumClient;
  published?: PublishedDocument;
  /** Where the step that is being told says what the cluster does. */
  say?: Teller["say"];
  /** The key's address before it moved. */
  address?: string;
  /** Shares from disks that were copied. */
  stolen?: readonly FoundShare[];
  /** Bob's last request by HTTP. */
  asked?: SignedShareRequest;
  /** Of the story of Parity's clients. */
  parity?: ParityWorld;
  /** Of the story of modules. */
  wasm?: WasmWorld;
  /** Stops everything and deletes every file. */
  readonly close: () => Promise<void>;
  /** The same after a failure: the keepers' logs stay. Returns where. */
  readonly closeKeepingLogs: () => Promise<readonly string[]>;
};

export const createWorld = async (options: DemoOptions): Promise<World> => {
  const folder = await createRunFolder("keyquorum-demo-");
  const file =
    options.file === undefined
      ? { name: "rings.png", mediaType: "image/png", bytes: drawPicture() }
      : { name: basename(options.file), mediaType: "application/octet-stream", bytes: await readFile(options.file) };
  const stop = async (): Promise<void> => {
    await world.parity?.agent?.close();
    await world.wasm?.close();
    await world.cluster?.stop();
    await world.chain?.stop();
  };
  const world: World = {
    options,
    quorum: options.threshold + 1,
    directory: folder.path,
    file,
    close: async () => {
      await stop();
      folder.discard();
    },
    closeKeepingLogs: async () => {
      await stop();
      return folder.keepLogs();
    },
  };
  return world;
};

/** Development accounts of the story's people; 0 is governance. */
const PEOPLE = { alice: 1, bob: 2, mallory: 3 } as const;

/** Gives the story's people a client each, over one store of ciphertext. */
export const bringPeople = async (world: World): Promise<void> => {
  const { chain, cluster } = need(world, "chain", "cluster");
  const blobs = await openFileBlobStore(join(world.directory, "blobs"));
  for (const [name, index] of Object.entries(PEOPLE) as [keyof typeof PEOPLE, number][])
    world[name] = createClient({
      ...{ signer: chain.account(index), deployment: cluster.deployment, blobs, cipher: nodeChunkCipher },
      ...clientPatience(world.options.patience),
    });
};

/** The named parts of the world. Throws when an earlier step did not make one. */
export const need = <Part extends keyof World>(world: World, ...parts: readonly Part[]): { [P in Part]-?: NonNullable<World[P]> } => {
  for (const part of parts) if (world[part] === undefined) throw new Error(`an earlier step did not provide ${String(part)}`);
  // Each part was looked at just now.
  return world as unknown as { [P in Part]-?: NonNullable<World[P]> };
};
