import { type ContractName, contractsOf, type Deployment } from "@keyquorum/bindings";
import { KeyquorumError } from "@keyquorum/wire";
import type { Provider } from "ethers";
import type { Clock } from "../time/clock.ts";
import { countSwitches } from "./chainSwitches.ts";

/** Whether a provider serves the chain of one deployment. What it throws besides is the provider's own error. */
export type ChainIdentity = {
  /**
   * Compares the chain id, and looks that each of the deployment's addresses has code: once, for all who ask meanwhile, and again after the wallet said
   * that it switched. A look that failed, and a wrong chain, are not remembered. Throws WRONG_CHAIN, DEPLOYMENT_MISSING.
   */
  readonly check: () => Promise<void>;
  /** Asks for the chain id now. Throws WRONG_CHAIN. */
  readonly confirm: () => Promise<void>;
  /** Counts the wallet's switches of chain: what was read while this changed counts for nothing. */
  readonly switches: () => number;
};

/** Not every provider tells that it now serves another chain, so its id is asked again with the first read after so long. */
const CONFIRM_AGAIN_MS = 10_000;

export const createChainIdentity = (provider: Provider, deployment: Deployment, clock: Clock): ChainIdentity => {
  let seen: { readonly at: number; readonly switches: number } | undefined;
  let looking: Promise<void> | undefined;
  const switches = (): number => countSwitches(provider);

  const confirm = async (): Promise<void> => {
    const found = await askChainId(provider);
    if (found === deployment.chainId) return;
    seen = undefined;
    throw wrongChain(deployment.chainId, found);
  };
  const look = async (): Promise<void> => {
    for (;;) {
      const before = switches();
      if (seen?.switches === before) {
        // It was the right chain a moment ago: a question that fails says nothing else.
        await confirm().catch((error: unknown) => {
          if (error instanceof KeyquorumError) throw error;
        });
      } else {
        const missing = findMissing(provider, deployment);
        missing.catch(() => undefined); // of a wrong chain nobody asks what is missing there
        await confirm();
        const names = await missing;
        if (names.length > 0) throw deploymentMissing(deployment, names);
      }
      if (switches() !== before) continue;
      seen = { at: clock.now(), switches: before };
      return;
    }
  };

  return {
    check: async () => {
      if (seen?.switches === switches() && clock.now() - seen.at < CONFIRM_AGAIN_MS) return;
      looking ??= look().finally(() => {
        looking = undefined;
      });
      await looking;
    },
    confirm,
    switches,
  };
};

/** The chain id as the node or wallet tells it now: ethers' own `getNetwork` may answer from memory. */
export const askChainId = async (provider: Provider): Promise<bigint> =>
  "send" in provider && typeof provider.send === "function"
    ? BigInt((await provider.send("eth_chainId", [])) as string) // by the method's definition
    : (await provider.getNetwork()).chainId;

export const wrongChain = (expected: bigint, found: bigint, what = "The wallet or RPC"): KeyquorumError =>
  new KeyquorumError("WRONG_CHAIN", `${what} is on chain ${found}, and the deployment is on chain ${expected}.`, {
    details: { expected: expected.toString(), found: found.toString() },
  });

const deploymentMissing = ({ chainId, contracts }: Deployment, missing: readonly ContractName[]): KeyquorumError =>
  new KeyquorumError(
    "DEPLOYMENT_MISSING",
    missing.length === contractsOf({ contracts }).length
      ? `Chain ${chainId} has none of the deployment's contracts: it is another network with the same id, or a development chain that was restarted.`
      : `Chain ${chainId} has no contract at the deployment's address of ${missing.join(", ")}.`,
    { details: { chainId: chainId.toString(), missing } },
  );

/**
 * The contracts whose addresses have no code, found by one call that deploys nothing: its code returns a bit for each address, and the chain id that
 * contracts see, which is of the same node and block. Nodes that do not run it are asked for each code.
 */
const findMissing = async (provider: Provider, { chainId, contracts }: Deployment): Promise<readonly ContractName[]> => {
  const names = contractsOf({ contracts });
  const addresses = names.map((name) => contracts[name] ?? ""); // each has one
  const probe = addresses.map((address) => `60011b73${address.slice(2)}3b1517`).join("");
  const answer = await provider.call({ data: `0x6000${probe}6000524660205260406000f3` }).catch(() => "0x");
  if (!/^0x[0-9a-f]{128}$/i.test(answer)) {
    const codes = await Promise.all(addresses.map((address) => provider.getCode(address)));
    return names.filter((_, index) => codes[index] === "0x");
  }
  const found = BigInt(`0x${answer.slice(66)}`);
  if (found !== chainId) throw wrongChain(chainId, found);
  const bits = BigInt(answer.slice(0, 66));
  return names.filter((_, index) => ((bits >> BigInt(names.length - 1 - index)) & 1n) === 1n);
};
