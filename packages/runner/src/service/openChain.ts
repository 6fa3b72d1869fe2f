import { type BlobReader, type BlobStore, createTieredBlobStore } from "@keyquorum/blobs";
import { createGatewayBlobStore, isLoopbackUrl, openFileBlobStore } from "@keyquorum/blobs/node";
import { createClient } from "@keyquorum/client";
import { nodeChunkCipher, readDeploymentFile } from "@keyquorum/client/node";
import { parseAddress } from "@keyquorum/wire";
import { FetchRequest, JsonRpcProvider, type Wallet } from "ethers";
import type { RunIdentity } from "../moduleRun.ts";
import type { ServiceConfig } from "./config.ts";
import { addressOf } from "./identity.ts";
import { ServiceError } from "./runnerError.ts";

/** The chain, the keepers and the stores, as the runner asks them. Nothing is asked until somebody does. */
export type OpenChain = {
  readonly identity: RunIdentity;
  readonly blobs: BlobStore;
  /** Asks the chain. Throws ServiceError WRONG_CHAIN, or what the provider throws. */
  readonly assertOwnChain: () => Promise<void>;
  readonly close: () => void;
};

const RPC_TIMEOUT_MS = 20_000;

/** Throws DeploymentError, ServiceError WRONG_CHAIN where the deployment is another chain's, BLOB_STORE_FAILED. */
export const openChain = async (config: Pick<ServiceConfig, "chain" | "blobs">, wallet: Wallet): Promise<OpenChain> => {
  const { rpcUrls, chainId, confirmations, allowPrivateEndpoints } = config.chain;
  const deployment = await readDeploymentFile(config.chain.deployment);
  if (deployment.chainId !== BigInt(chainId))
    throw new ServiceError(
      "WRONG_CHAIN",
      `${config.chain.deployment} is of chain ${deployment.chainId}, and [chain] chainId says ${chainId}.`,
    );
  const providers = rpcUrls.map((url) => {
    const request = new FetchRequest(url);
    request.timeout = RPC_TIMEOUT_MS;
    return new JsonRpcProvider(request, chainId, { staticNetwork: true, batchMaxCount: 1 });
  });
  const [provider, ...otherProviders] = providers as [JsonRpcProvider, ...JsonRpcProvider[]]; // the configuration names one at least
  const blobs = await openBlobs(config.blobs);
  const signer = wallet.connect(provider);
  const client = createClient({
    ...{ provider, signer, otherProviders, deployment, blobs, cipher: nodeChunkCipher },
    ...(confirmations === undefined ? {} : { finality: { kind: "confirmations" as const, blocks: confirmations } }),
    ...(allowPrivateEndpoints === undefined ? {} : { allowPrivateEndpoints }),
  });
  const shareRequests = parseAddress(deployment.contracts.shareRequests.toLowerCase());
  return {
    identity: { client, signer, runner: addressOf(wallet), chainId: BigInt(chainId), shareRequests },
    blobs,
    assertOwnChain: async () => {
      const found = BigInt((await provider.send("eth_chainId", [])) as string); // a quantity, by JSON-RPC
      if (found !== BigInt(chainId))
        throw new ServiceError("WRONG_CHAIN", `The RPC serves chain ${found}, and [chain] chainId says ${chainId}.`);
      if ((await provider.getCode(shareRequests)) === "0x")
        throw new ServiceError(
          "WRONG_CHAIN",
          "The chain does not have the deployment's contracts. Name the deployment and the RPC of one network.",
        );
    },
    close: () => {
      for (const one of providers) one.destroy();
    },
  };
};

/** What is in the directory, then what gateways give, verified by CID and kept. Gateways of this machine may be plain and private; others may not. */
const openBlobs = async ({ directory, gateways }: ServiceConfig["blobs"]): Promise<BlobStore> => {
  const near = await openFileBlobStore(directory);
  const far: readonly BlobReader[] = gateways.map((url) =>
    createGatewayBlobStore({ urls: [url], allowPrivateAddresses: isLoopbackUrl(url) }),
  );
  return far.length === 0 ? near : createTieredBlobStore(near, far);
};
