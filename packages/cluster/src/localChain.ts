import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { HDNodeWallet, JsonRpcProvider, Mnemonic, NonceManager, type Signer, Wallet } from "ethers";
import { freePort } from "./freePort.ts";
import { endWithUs, stopProcess } from "./stopProcess.ts";

/** A real chain node of our own, on 127.0.0.1. `restart` keeps the port: with `stateFile`, the state too. */
export type LocalChain = {
  readonly kind: "anvil" | "hardhat";
  readonly pid: number | undefined;
  readonly rpcUrl: string;
  readonly chainId: bigint;
  readonly provider: JsonRpcProvider;
  /** Development account `index`; its key is public knowledge. */
  readonly account: (index: number) => Signer;
  readonly send: (method: string, params: readonly unknown[]) => Promise<unknown>;
  readonly stop: () => Promise<void>;
};

export type LocalChainOptions = {
  /** Milliseconds between blocks; 0 mines each transaction at once. */
  readonly blockMilliseconds?: number;
  readonly port?: number;
  /** Anvil only: how many blocks make an epoch; `finalized` is two epochs behind. */
  readonly slotsInAnEpoch?: number;
  /** Anvil only: a state to begin with, as `dumpState` gave it. */
  readonly state?: string;
};

/** Former blocks' states that anvil keeps on disk, besides some hundred in memory: without an end, a chain left alone fills the disk in days. */
const MOST_STATES = 2_000;
const MNEMONIC = Mnemonic.fromPhrase("test test test test test test test test test test test junk");
const require = createRequire(import.meta.url);

/**
 * Anvil's binary from npm, or undefined where there is none for this platform, or where KEYQUORUM_LOCAL_CHAIN=hardhat asks for the other node.
 */
export const anvilBinary = (): string | undefined => {
  if (process.env.KEYQUORUM_LOCAL_CHAIN === "hardhat") return undefined;
  try {
    const file = join(dirname(require.resolve("@foundry-rs/anvil-linux-amd64/package.json")), "bin", "anvil");
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
};

/** The private key of development account `index`. Public knowledge: for local chains only. */
export const developmentKey = (index: number): string => HDNodeWallet.fromMnemonic(MNEMONIC, `m/44'/60'/0'/0/${index}`).privateKey;

/** Starts anvil, or the Hardhat node where anvil's binary is missing, and waits until it answers. */
export const startLocalChain = async (options: LocalChainOptions = {}): Promise<LocalChain> => {
  const port = options.port ?? (await freePort());
  const milliseconds = options.blockMilliseconds ?? 250;
  const anvil = anvilBinary();
  const states = await mkdtemp(join(tmpdir(), "keyquorum-chain-"));
  const child = endWithUs(
    anvil === undefined
      ? spawn("hardhat", ["node", "--hostname", "127.0.0.1", "--port", String(port)], { stdio: "ignore" })
      : spawn(
          anvil,
          [
            ...["--host", "127.0.0.1", "--port", String(port), "--chain-id", "31337", "--silent"],
            ...(milliseconds > 0 ? ["--block-time", String(milliseconds / 1000)] : []),
            ...["--cache-path", states, "--max-persisted-states", String(MOST_STATES)],
            ...(options.slotsInAnEpoch === undefined ? [] : ["--slots-in-an-epoch", String(options.slotsInAnEpoch)]),
          ],
          { stdio: "ignore" },
        ),
  );
  const rpcUrl = `http://127.0.0.1:${port}`;
  const provider = new JsonRpcProvider(rpcUrl, 31337, { staticNetwork: true, cacheTimeout: -1, pollingInterval: 100, batchMaxCount: 1 });
  const send = (method: string, params: readonly unknown[]): Promise<unknown> => provider.send(method, [...params]);
  const stop = async (): Promise<void> => {
    provider.destroy();
    await stopProcess(child);
    await rm(states, { recursive: true, force: true });
  };

  for (let tries = 0; ; tries += 1) {
    if (child.exitCode !== null) throw new Error(`The local chain ended with code ${child.exitCode} before it answered.`);
    if (await answers(rpcUrl)) break;
    if (tries > 600) {
      await stop();
      throw new Error("The local chain did not answer within a minute.");
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  if (anvil === undefined && milliseconds > 0) {
    await send("evm_setAutomine", [false]);
    await send("evm_setIntervalMining", [milliseconds]);
  }
  if (options.state !== undefined) await send("anvil_loadState", [options.state]);
  const signers = new Map<number, Signer>();
  const account = (index: number): Signer => {
    const known = signers.get(index) ?? new NonceManager(new Wallet(developmentKey(index), provider));
    signers.set(index, known);
    return known;
  };
  return { kind: anvil === undefined ? "hardhat" : "anvil", pid: child.pid, rpcUrl, chainId: 31337n, provider, account, send, stop };
};

/** An anvil's blocks and its newest state, for `startLocalChain`'s `state`. Contracts cannot be asked there as of earlier blocks than the newest. */
export const dumpState = async (chain: Pick<LocalChain, "send">): Promise<string> => String(await chain.send("anvil_dumpState", [false]));

const answers = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] }),
    });
    return response.ok;
  } catch {
    return false;
  }
};
