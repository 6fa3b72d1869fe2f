import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interfaceOf } from "@keyquorum/bindings";
import { createMemoryBlobStore } from "@keyquorum/blobs";
import { createClient, type KeyquorumClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { type Cluster, startCluster, startLocalChain } from "@keyquorum/cluster";
import { encapsulate, pointFromXY, tdh2Hints, toXY } from "@keyquorum/threshold";
import { documentIdOf, type Hash32, type KeyId, labelOf, parseAddress } from "@keyquorum/wire";
import { hexlify, randomBytes } from "ethers";
import { median } from "../figures.ts";
import { cpuOf } from "./cpu.ts";
import type { Curve, Sizes } from "./curve.ts";

const DOCUMENTS = [100, 1_000, 10_000] as const;
const RUNS = 5;
const [AUTHOR, AT_ONCE] = [5, 100];
const WITHOUT_END = 0n;
const [PUBLISH_GAS, GRANT_GAS] = ["0x493e0", "0x186a0"];

/** The lists of a client, and the first read of a new one, where so many documents are published and granted to the reader; by three real keepers. */
export const listCurves = async ({ isQuick }: Sizes): Promise<readonly Curve[]> => {
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-bench-"));
  const chain = await startLocalChain({ blockMilliseconds: 250 });
  const cluster = await startCluster({ chain, directory, keepers: 3, isHurried: true, skipsDispute: true, maxHeadAgeSeconds: 3_600 });
  try {
    const { keyId } = await cluster.generateKey({ threshold: 1 });
    const blobs = createMemoryBlobStore();
    const person = (index: number): KeyquorumClient =>
      createClient({ signer: chain.account(index), deployment: cluster.deployment, blobs, cipher: nodeChunkCipher });
    const [alice, bob] = [person(1), await person(2).address()];
    const { document } = await alice.publish(await alice.encryptDocument("the well is behind the third oak"));
    await alice.grant(document, bob);
    const points: Record<"list" | "available" | "first", (readonly [number, number])[]> = { list: [], available: [], first: [] };
    const publish = createPublisher(cluster, keyId, bob);
    let published = 1;
    for (const documents of isQuick ? DOCUMENTS.slice(0, 2) : DOCUMENTS) {
      await publish(documents - published);
      published = documents;
      points.list.push([documents, await inRuns(() => person(2).listDocuments())]);
      points.available.push([documents, await inRuns(() => person(2).availableDocuments())]);
      points.first.push([documents, await inRuns(() => person(2).requestOffChain(document))]);
    }
    const common = { unit: "ms", along: "documents", note: "CPU of the client" } as const;
    return [
      { ...common, name: "listDocuments: the newest 100, a new client", order: 1, points: points.list },
      { ...common, name: "availableDocuments: 100, a new client", order: 1, points: points.available },
      { ...common, name: "first read: a new client, the oldest document", order: 0, points: points.first },
    ];
  } finally {
    await cluster.stop();
    await chain.stop();
    await rm(directory, { recursive: true, force: true });
  }
};

const inRuns = async (work: () => Promise<unknown>): Promise<number> => {
  await work();
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) times.push((await cpuOf(work)).milliseconds);
  return median(times);
};

/** Publishes documents of one author, without ciphertexts, and grants each to the reader: by the node's own account, many transactions a block. */
const createPublisher = ({ chain, contracts, deployment }: Cluster, keyId: KeyId, reader: string): ((count: number) => Promise<void>) => {
  const { documentRegistry, accessGrants } = deployment.contracts;
  const [registry, grants] = [interfaceOf("documentRegistry"), interfaceOf("accessGrants")];
  let nonce: number | undefined;
  return async (count) => {
    const owner = parseAddress(await chain.account(AUTHOR).getAddress());
    nonce ??= await chain.provider.getTransactionCount(owner);
    const { publicKey: xy } = await contracts.keyGeneration.keyOf(keyId);
    const publicKey = pointFromXY(xy.x, xy.y);
    const send = async (to: string, data: string, gas: string): Promise<void> => {
      const named = { from: owner, to, data, gas, nonce: `0x${(nonce as number).toString(16)}` };
      nonce = (nonce as number) + 1;
      await chain.send("eth_sendTransaction", [named]);
    };
    const one = async (): Promise<void> => {
      const salt = hexlify(randomBytes(32)) as Hash32;
      const document = documentIdOf(owner, salt);
      const initialPermissions = parseAddress(accessGrants);
      const named = {
        ...{ chainId: chain.chainId, documentRegistry: parseAddress(documentRegistry), keyId, document, owner, initialPermissions },
      };
      const { ciphertext } = encapsulate({ publicKey, label: labelOf(named) });
      const { u, uBar, e, f } = ciphertext;
      const { fGBar, eUBar, inverse } = tdh2Hints(ciphertext);
      const words = { fGBar: toXY(fGBar), eUBar: toXY(eUBar), inverse };
      const cid = `0x01551220${salt.slice(2)}`;
      const publishing = registry.encodeFunctionData("publish", [
        ...([salt, keyId, initialPermissions, { u: toXY(u), uBar: toXY(uBar), e, f }, words, cid] as const),
      ]);
      await send(documentRegistry, publishing, PUBLISH_GAS);
      await send(accessGrants, grants.encodeFunctionData("grant", [document, reader, WITHOUT_END]), GRANT_GAS);
    };
    for (let left = count; left > 0; left -= AT_ONCE) for (let i = 0; i < Math.min(left, AT_ONCE); i += 1) await one();
    while ((await chain.provider.getTransactionCount(owner)) < nonce) await new Promise((resolve) => setTimeout(resolve, 100));
  };
};
