import { viewsOf } from "@keyquorum/bindings";
import {
  askerAt,
  blockByNumber,
  type ChainProbe,
  ChainUnavailableError,
  type Finality,
  identityOf,
  missingOf,
  probeChain,
  type Rpc,
  unknownOf,
  verifyIdentity,
} from "@keyquorum/chain";
import type { Address } from "@keyquorum/wire";
import type { ServedContracts } from "../contracts/deployment.ts";
import { canCheckWallets } from "./canCheckWallets.ts";
import { KeeperError } from "./errors.ts";

/** An RPC and what it may be called: without path and credentials. */
export type NamedRpc = { readonly name: string; readonly rpc: Rpc };

/** `warnings`: allowed but unwise, or not known. `obstacles`: why this keeper could not work now. */
export type OnlineFindings = { readonly warnings: readonly string[]; readonly obstacles: readonly string[] };

/**
 * Asks each RPC whether it serves the deployment's chain and has all that a keeper needs (docs/CHAINS.md), then what the keeper itself still lacks.
 * Throws KeeperError CHAIN_UNSUITABLE or NO_FINALIZED_BLOCK, which name what is missing; WrongChainError, ChainUnavailableError.
 */
export const checkOnline = async (options: {
  readonly rpcs: readonly NamedRpc[];
  readonly contracts: ServedContracts;
  readonly operator: Address;
  readonly finality: Finality;
  readonly maxHeadAgeSeconds: number;
  readonly balanceReserveWei: bigint;
}): Promise<OnlineFindings> => {
  const { rpcs, contracts, finality, maxHeadAgeSeconds } = options;
  const warnings: string[] = [];
  for (const { name, rpc } of rpcs) {
    await verifyIdentity(rpc, identityOf(contracts.deployment));
    const probe = await probeChain(rpc, finality);
    refuseMissing(name, probe);
    warnings.push(...unknownOf(probe).map(({ sentence }) => `The RPC at ${name}: ${sentence}`));
    if (probe.blockSeconds !== undefined && 3 * probe.blockSeconds > maxHeadAgeSeconds)
      warnings.push(
        `A block takes ${probe.blockSeconds.toFixed(1)} s here, and [chain] maxHeadAgeSeconds is ${maxHeadAgeSeconds}: a few late blocks make this keeper refuse all requests as stale.`,
      );
    if (!(await canCheckWallets(rpc, contracts.addresses.shareRequests)))
      warnings.push(`The RPC at ${name} does not run creation code by eth_call: readers with contract accounts will be told UNAVAILABLE.`);
  }
  const [first] = rpcs;
  return { warnings, obstacles: first === undefined ? [] : await obstaclesOf(first.rpc, options) };
};

const refuseMissing = (name: string, probe: ChainProbe): void => {
  const missing = missingOf(probe);
  const [first] = missing;
  if (first === undefined) return;
  const code = missing.length === 1 && first.need === "finality" ? "NO_FINALIZED_BLOCK" : "CHAIN_UNSUITABLE";
  throw new KeeperError(code, `The RPC at ${name}: ${missing.map(({ sentence }) => sentence).join(" ")}`, {
    missing: missing.map(({ need }) => need),
  });
};

/** What a keeper cannot work without, beside its configuration. */
const obstaclesOf = async (
  rpc: Rpc,
  { contracts, operator, balanceReserveWei }: Pick<Parameters<typeof checkOnline>[0], "contracts" | "operator" | "balanceReserveWei">,
): Promise<readonly string[]> => {
  const head = await blockByNumber(rpc, "latest");
  if (head === undefined) throw new ChainUnavailableError("BLOCK_GONE", "The node has no newest block. Check the node.");
  const { keeperRegistry } = viewsOf(contracts.deployment, askerAt(rpc, head.hash));
  const [balance, slot] = await Promise.all([balanceOf(rpc, operator), keeperRegistry.slotOf(operator)]);
  const found: string[] = [];
  if (balance === 0n)
    found.push(
      `The operator account ${operator} has no ether: it cannot send transactions. Send it more than the reserve, balanceReserveWei.`,
    );
  else if (balance < balanceReserveWei)
    found.push(
      `The operator account ${operator} has ${balance} wei, less than [limits] balanceReserveWei (${balanceReserveWei}): it answers no request on chain. Send it more.`,
    );
  if (slot === 0n)
    found.push(
      `The operator account ${operator} is registered at no keeper: no epoch has it as a member. Send keeper.json and the endpoint to governance (\`npx hardhat keyquorum keepers add\`).`,
    );
  return found;
};

const balanceOf = async (rpc: Rpc, operator: Address): Promise<bigint> => {
  const wei = await rpc.send("eth_getBalance", [operator, "latest"]);
  if (typeof wei !== "string" || !/^0x[0-9a-fA-F]{1,64}$/.test(wei))
    throw new ChainUnavailableError("BAD_RESPONSE", "The node did not return a balance. Check the node.");
  return BigInt(wei);
};
