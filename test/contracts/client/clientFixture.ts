import { CONTRACT_NAMES, type Deployment, parseDeployment } from "@keyquorum/bindings";
import { type BlockStorage, createBlobStore, createMemoryBlocks } from "@keyquorum/blobs";
import { createClient, type KeyquorumClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { backend, deriveContentSecret, lagrangeAtZero, type Point } from "@keyquorum/threshold";
import { type DocumentHeader, headerLabelOf, parseKeyId } from "@keyquorum/wire";
import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { DealtKey } from "../../fixtures/dealtKey.ts";
import { deployDocuments } from "../DocumentRegistry/documentFixture.ts";

/** Blocks in memory that count what is read of them, and whose writes can be made to fail. */
export const countedBlocks = () => {
  const blocks = createMemoryBlocks();
  const state = { gets: 0, bytes: 0, puts: 0, failPutsAfter: Number.POSITIVE_INFINITY };
  const storage: BlockStorage & typeof blocks = {
    ...blocks,
    get: async (cid, options) => {
      const block = await blocks.get(cid, options);
      state.gets += 1;
      state.bytes += block?.length ?? 0;
      return block;
    },
    put: async (cid, bytes, options) => {
      if (state.puts >= state.failPutsAfter) throw Object.assign(new Error("the line is cut"), { code: "CUT" });
      state.puts += 1;
      await blocks.put(cid, bytes, options);
    },
  };
  return { state, storage, store: createBlobStore(storage) };
};

/** A client's world: the real registry and AccessGrants over a key that the test dealt, and a store that alice and bob share. */
export const deployClients = async (ethers: HardhatEthers) => {
  const base = await deployDocuments(ethers);
  const grants = await ethers.deployContract("AccessGrants", [base.registryAddress]);
  const hash = `0x${"ab".repeat(32)}`;
  const others = CONTRACT_NAMES.map((name, index) => [name, `0x${(index + 1).toString(16).padStart(2, "0").repeat(20)}`]);
  const contracts = {
    ...Object.fromEntries(others),
    documentRegistry: base.registryAddress,
    keyGeneration: await base.keyGeneration.getAddress(),
    accessGrants: await grants.getAddress(),
  };
  // A client refuses a chain where one of its contracts has no code: what no test here calls only ends.
  for (const [, address] of others) await ethers.provider.send("hardhat_setCode", [address, "0x00"]);
  const deployment: Deployment = parseDeployment({ chainId: base.chainId, genesisHash: hash, block: 0, blockHash: hash, contracts });
  const blocks = countedBlocks();
  const clientOf = (signer: HardhatEthersSigner): KeyquorumClient =>
    createClient({ signer, deployment, blobs: blocks.store, cipher: nodeChunkCipher, timeouts: { pollMs: 5 } });
  return {
    ...base,
    grants,
    deployment,
    blocks,
    keyId: parseKeyId(base.key.keyId),
    clientOf,
    asAlice: clientOf(base.alice),
    asBob: clientOf(base.bob),
    asMallory: clientOf(base.mallory),
  };
};

export type ClientWorld = Awaited<ReturnType<typeof deployClients>>;

/** What t+1 keepers would give a permitted reader. */
export const contentSecretOf = ({ shares, threshold }: DealtKey, header: DocumentHeader): Uint8Array => {
  const some = shares.slice(0, threshold + 1);
  const slots = some.map(({ slot }) => slot);
  const { u } = header.ciphertext;
  const shared = some
    .map(({ share }, i): Point => backend.mulVar(backend.mulSecret(u, share.reveal()), lagrangeAtZero(slots, slots[i] as number)))
    .reduce((sum, part) => sum.add(part));
  return deriveContentSecret({ shared, label: headerLabelOf(header), u });
};

export const codeOf = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
  return "no error";
};
