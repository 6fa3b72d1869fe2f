import { readFile, stat } from "node:fs/promises";
import { nodeFailureOf, nodeFailureSentence } from "@keyquorum/bindings";
import { isLocalChain } from "@keyquorum/chain/localChain";
import { patientRequest } from "@keyquorum/client/node";
import { BrowserProvider, type JsonRpcApiProvider, JsonRpcProvider, Network, type Signer, Wallet } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { firstAnswer } from "./firstAnswer.ts";
import type { CommonArguments } from "./options.ts";
import { UsageError } from "./usageError.ts";

/** Where commands look for a chain when they are told of none: `npm run devnet`. */
export const DEFAULT_RPC = "http://127.0.0.1:8545";

const REQUEST_MS = 30_000;

/** A chain that answers, and the account to act with. */
export type Connection = {
  readonly chainId: bigint;
  /** A development chain on this machine: short windows, quick polling. */
  readonly isLocal: boolean;
  readonly provider: JsonRpcApiProvider;
  /** The account of --key-file or --account. Throws UsageError when there is none. */
  readonly signer: () => Promise<Signer>;
  readonly close: () => Promise<void>;
};

/** Connects to --rpc, else to the network of --network, else to KEYQUORUM_RPC, else to the devnet's usual place. Throws UsageError. */
export const connect = async (args: CommonArguments, hre: HardhatRuntimeEnvironment, warn: (line: string) => void): Promise<Connection> => {
  const { network } = hre.globalOptions;
  const opened =
    args.rpc === undefined && network !== undefined
      ? await openNetwork(hre, network)
      : await openUrl(args.rpc ?? process.env.KEYQUORUM_RPC ?? DEFAULT_RPC, warn);
  const { provider, chainId } = opened;
  const isLocal = isLocalChain(chainId);
  return {
    chainId,
    isLocal,
    provider,
    signer: async () =>
      args.keyFile === undefined
        ? unlockedAccount(provider, args.account)
        : (await readWallet(args.keyFile, args.passphraseFile, warn)).connect(provider),
    close: async () => {
      await quieten(provider);
      provider.destroy();
      await opened.close();
    },
  };
};

const QUIET_MS = 500;

/** Lets a poll that is still under way end: `destroy` would reject it, and ethers leaves nobody to hear that. */
const quieten = async (provider: JsonRpcApiProvider): Promise<void> => {
  await provider.removeAllListeners();
  const isAnswered = provider.getBlockNumber().catch(() => undefined);
  const isLate = new Promise((resolve) => setTimeout(resolve, QUIET_MS).unref());
  await Promise.race([isAnswered, isLate]);
};

type Opened = { readonly provider: JsonRpcApiProvider; readonly chainId: bigint; readonly close: () => Promise<void> };

const pollingIntervalOf = (chainId: bigint): number => (isLocalChain(chainId) ? 100 : 2_000);

/** Without what ethers knows of some chains: of Polygon it would ask a third party for the fees, and not the node. */
const networkOf = (chainId: bigint): Network => new Network(`chain ${chainId}`, chainId);

const openUrl = async (url: string, warn: (line: string) => void): Promise<Opened> => {
  const parsed = URL.parse(url);
  if (parsed === null || !["http:", "https:"].includes(parsed.protocol))
    throw new UsageError("--rpc must be a URL that starts with http:// or https://.");
  const chainId = await firstAnswer(parsed, warn);
  const request = patientRequest(url);
  request.timeout = REQUEST_MS;
  const provider = new JsonRpcProvider(request, networkOf(chainId), {
    staticNetwork: true,
    cacheTimeout: -1,
    batchMaxCount: 1,
    pollingInterval: pollingIntervalOf(chainId),
  });
  return { provider, chainId, close: async () => undefined };
};

const openNetwork = async (hre: HardhatRuntimeEnvironment, name: string): Promise<Opened> => {
  const config = hre.config.networks[name];
  if (config === undefined) throw new UsageError(`hardhat.config.ts has no network ${name}. Add it there, or use --rpc URL.`);
  if (config.type !== "http")
    throw new UsageError(
      `The network ${name} lives only inside one command and forgets everything after it. Use --rpc URL, or a network of type http.`,
    );
  const connection = await hre.network.create(name);
  let chainId: bigint;
  try {
    chainId = BigInt(String(await connection.provider.request({ method: "eth_chainId", params: [] })));
  } catch (cause) {
    await connection.close();
    throw new UsageError(`The network ${name}: ${nodeFailureSentence(nodeFailureOf(cause))} Check its URL in hardhat.config.ts.`, {
      cause,
    });
  }
  const provider = new BrowserProvider(connection.provider, networkOf(chainId), {
    cacheTimeout: -1,
    pollingInterval: pollingIntervalOf(chainId),
  });
  return { provider, chainId, close: () => connection.close() };
};

const unlockedAccount = async (provider: JsonRpcApiProvider, index: number): Promise<Signer> => {
  const accounts = (await provider.send("eth_accounts", []).catch(() => [])) as readonly string[]; // by the method's definition
  if (!Number.isSafeInteger(index) || index < 0) throw new UsageError("--account is a number from 0.");
  if (accounts.length === 0)
    throw new UsageError("This chain's node has no unlocked accounts. Name a file with your private key: --key-file FILE.");
  if (index >= accounts.length)
    throw new UsageError(`This chain's node has ${accounts.length} unlocked accounts: --account is 0 to ${accounts.length - 1}.`);
  return provider.getSigner(index);
};

/** A private key in hex, or an encrypted JSON keystore. Secrets come from files, never from the command line. */
const readWallet = async (path: string, passphraseFile: string | undefined, warn: (line: string) => void): Promise<Wallet> => {
  const text = await readSecret(path, "--key-file", warn);
  if (!text.startsWith("{")) {
    try {
      return new Wallet(text.startsWith("0x") ? text : `0x${text}`);
    } catch {
      throw new UsageError(`${path} must hold a private key (64 hex digits) or a JSON keystore, and nothing else.`);
    }
  }
  if (passphraseFile === undefined)
    throw new UsageError(`${path} is an encrypted keystore: name the file with its passphrase by --passphrase-file FILE.`);
  const passphrase = await readSecret(passphraseFile, "--passphrase-file", warn);
  try {
    return new Wallet((await Wallet.fromEncryptedJson(text, passphrase)).privateKey);
  } catch {
    throw new UsageError(`${path} cannot be opened with the passphrase in ${passphraseFile}.`);
  }
};

const readSecret = async (path: string, option: string, warn: (line: string) => void): Promise<string> => {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) warn(`other users can read ${path}: chmod 600 ${path}`);
    return (await readFile(path, "utf8")).trim();
  } catch (cause) {
    throw new UsageError(`The file of ${option}, ${path}, cannot be read.`, { cause });
  }
};
