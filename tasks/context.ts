import { join } from "node:path";
import { type Contracts, connectContracts, type Deployment } from "@keyquorum/bindings";
import { type BlobStore, createTieredBlobStore } from "@keyquorum/blobs";
import { openFileBlobStore } from "@keyquorum/blobs/node";
import type { EndpointFetch, Finality } from "@keyquorum/chain";
import { createClient, defaultFinality, type KeyquorumClient } from "@keyquorum/client";
import { connectSigning, deploymentPath, nodeChunkCipher, readDeploymentFile, type Signing } from "@keyquorum/client/node";
import type { ContractTransactionResponse, Signer, TransactionReceipt } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { type Connection, connect } from "./connection.ts";
import { type GatewayArguments, openGateways } from "./document/gateways.ts";
import type { CommonArguments } from "./options.ts";
import { parseConfirmations } from "./parseConfirmations.ts";
import { scanProgress } from "./scanProgress.ts";
import type { Terminal } from "./terminal.ts";
import { createTransactionTeller, type TransactionTeller } from "./transactionTeller.ts";
import { UsageError } from "./usageError.ts";

const TRANSACTION_MS = 300_000;
const READ_MS = 20_000;

/** What commands work with. Everything is opened when it is first asked for. */
export type TaskContext = {
  readonly terminal: Terminal;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  readonly connection: () => Promise<Connection>;
  /** Where this chain's deployment is recorded. */
  readonly deploymentFile: () => Promise<string>;
  /** For keepers at the endpoints that the registry has: at public addresses only, but on a local chain or with --private-endpoints. */
  readonly fetchEndpoint: () => Promise<EndpointFetch>;
  /** The recorded deployment, checked against the chain. Throws UsageError. */
  readonly deployment: () => Promise<Deployment>;
  /** What counts as final: by --confirmations, else by the deployment file, else by the chain. Throws UsageError. */
  readonly finality: () => Promise<Finality>;
  /** For reading. */
  readonly contracts: () => Promise<Contracts>;
  /** For sending, as the chosen account. */
  readonly signing: () => Promise<{ readonly signer: Signer; readonly contracts: Contracts }>;
  /** For reading only, or as the chosen account. */
  readonly client: (options: { readonly signs: boolean } & Partial<GatewayArguments>) => Promise<KeyquorumClient>;
  /** The store of --blobs; with a gateway's URL, what is not there is fetched from it, verified and kept. Throws UsageError for a URL that is refused. */
  readonly blobs: (gateways?: Partial<GatewayArguments>) => Promise<BlobStore>;
  /** Sends a transaction of `signing`'s contracts and waits until it is mined, with its event. Throws as the client's methods that send. */
  readonly transact: (send: Promise<ContractTransactionResponse>) => Promise<TransactionReceipt>;
  /** What happens to transactions. */
  readonly transactions: TransactionTeller;
  readonly close: () => Promise<void>;
};

export const createContext = (options: {
  readonly args: CommonArguments;
  readonly hre: HardhatRuntimeEnvironment;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}): TaskContext => {
  const { args, hre, terminal, signal } = options;
  const { root } = hre.config.paths;
  let opened: Promise<Connection> | undefined;
  let checked: Promise<Deployment> | undefined;

  const connection = (): Promise<Connection> => {
    opened ??= connect(args, hre, terminal.warn);
    return opened;
  };
  const deploymentFile = async (): Promise<string> =>
    args.deployment ?? deploymentPath((await connection()).chainId, join(root, "deployments"));
  const deployment = (): Promise<Deployment> => {
    checked ??= readChecked();
    return checked;
  };
  const finality = async (): Promise<Finality> => parseConfirmations(args.confirmations) ?? defaultFinality(await deployment());
  const readChecked = async (): Promise<Deployment> => {
    const { chainId, provider } = await connection();
    const path = await deploymentFile();
    const found = await readDeploymentFile(path).catch((cause: unknown) => {
      if (!isMissingFile(cause)) throw cause;
      throw new UsageError(
        `No deployment is recorded for chain ${chainId} (${path}). Run \`npx hardhat keyquorum deploy\`, or name its file with --deployment FILE.`,
        { cause },
      );
    });
    if (found.chainId !== chainId) throw new UsageError(`${path} is for chain ${found.chainId}, and the RPC serves chain ${chainId}.`);
    const block = await provider.getBlock(found.block);
    if (block?.hash === found.blockHash) return found;
    throw new UsageError(
      `${path} was written for another chain with the id ${chainId}; a chain started again forgets its contracts. Deploy again, or name the right file with --deployment FILE.`,
    );
  };
  const blobs = async ({ gateway, privateGateway = false }: Partial<GatewayArguments> = {}): Promise<BlobStore> => {
    const far = openGateways({ gateway, privateGateway }, terminal.warn);
    const near = await openFileBlobStore(args.blobs.startsWith("/") ? args.blobs : join(root, args.blobs));
    return far.length === 0 ? near : createTieredBlobStore(near, far);
  };
  const transactions = createTransactionTeller(terminal);
  const connectAccount = async (): Promise<Signing> => {
    const known = await deployment();
    const { provider, signer, isLocal } = await connection();
    return connectSigning({
      ...{ signer: await signer(), provider, deployment: known, signal, onTransaction: transactions.onTransaction },
      timeouts: { pollMs: isLocal ? 150 : 2_000, readMs: READ_MS, transactMs: TRANSACTION_MS },
    });
  };
  let connected: Promise<Signing> | undefined;
  const signing = (): Promise<Signing> => {
    connected ??= connectAccount();
    return connected;
  };

  return {
    terminal,
    signal,
    connection,
    deploymentFile,
    fetchEndpoint: async () =>
      args.privateEndpoints || (await connection()).isLocal
        ? (url, init) => fetch(url, { ...init, redirect: "error" })
        : (await import("@keyquorum/chain")).createEndpointFetch(),
    deployment,
    finality,
    contracts: async () => connectContracts(await deployment(), (await connection()).provider),
    signing,
    blobs,
    client: async ({ signs, ...gateways }) => {
      const known = await deployment();
      const { provider, signer } = await connection();
      const account = signs ? { signer: await signer() } : {};
      return createClient({
        provider,
        ...account,
        deployment: known,
        finality: await finality(),
        blobs: await blobs(gateways),
        cipher: nodeChunkCipher,
        onScan: scanProgress(terminal),
        onTransaction: transactions.onTransaction,
        ...(args.privateEndpoints ? { allowPrivateEndpoints: true } : {}),
      });
    },
    transact: async (send) => {
      send.catch(() => undefined); // it is awaited a moment later
      return (await signing()).transact("The transaction", send);
    },
    transactions,
    close: async () => {
      await (await opened?.catch(() => undefined))?.close();
    },
  };
};

const isMissingFile = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof Error && "code" in error.cause && error.cause.code === "ENOENT";
