import { type BaseContract, getCreateAddress, type Signer } from "ethers";
import { AccessManager__factory } from "../../../../typechain-types/factories/@openzeppelin/contracts/access/manager/AccessManager__factory.ts";
import { AccessGrants__factory } from "../../../../typechain-types/factories/contracts/AccessGrants__factory.ts";
import { DocumentRegistry__factory } from "../../../../typechain-types/factories/contracts/DocumentRegistry__factory.ts";
import { KeeperRegistry__factory } from "../../../../typechain-types/factories/contracts/KeeperRegistry__factory.ts";
import { KeyGeneration__factory } from "../../../../typechain-types/factories/contracts/KeyGeneration__factory.ts";
import { KeyResharing__factory } from "../../../../typechain-types/factories/contracts/KeyResharing__factory.ts";
import { OptimisticRequests__factory } from "../../../../typechain-types/factories/contracts/OptimisticRequests__factory.ts";
import { ReaderSessions__factory } from "../../../../typechain-types/factories/contracts/ReaderSessions__factory.ts";
import { ReceiptFaults__factory } from "../../../../typechain-types/factories/contracts/ReceiptFaults__factory.ts";
import { ShareRepairs__factory } from "../../../../typechain-types/factories/contracts/ShareRepairs__factory.ts";
import { ShareRequests__factory } from "../../../../typechain-types/factories/contracts/ShareRequests__factory.ts";
import { type ContractName, interfaceOf } from "../contracts.ts";
import { type Deployment, DeploymentError, parseDeployment } from "../deployment.ts";
import { GOVERNED_REGISTRY_FUNCTIONS, ROLES } from "../roles.ts";
import { minedReceipt } from "./minedReceipt.ts";

/** Lengths of the phases of key generation, in blocks as the contract sees them (D14). */
export type KeyGenerationWindows = { readonly deal: number; readonly dispute: number; readonly finalize: number; readonly ready: number };

/** One transaction of a deployment that is mined. `contract` "roles": who may do what was fixed, in the access manager at `address`. */
export type DeployStep = {
  readonly contract: ContractName | "roles";
  readonly address: string;
  readonly gasUsed: bigint;
  readonly milliseconds: number;
};

export type DeployOptions = {
  /** Who governs in the end. Default: the deployer, who should hand over later: D45, `finishHandover`. */
  readonly admin?: string;
  /** Seconds between proposing and opening an epoch. Immutable. */
  readonly minEpochDelay: number | bigint;
  readonly windows: KeyGenerationWindows;
  /** Seconds from a request to its deadline. Immutable; above the chain's time to finality. */
  readonly requestLifetime: number | bigint;
  /** Seconds in which an optimistic answer can be proved wrong, from the request's deadline on. Immutable. Default: a day. */
  readonly challengeWindow?: number | bigint;
  /** True: everybody may ask for keys. Default: only the role KEY_REQUESTER (D22). */
  readonly openKeyRequests?: boolean;
  /** Told after each transaction. */
  readonly onStep?: (step: DeployStep) => void;
};

/** Long enough for people to notice, and for a challenge to get into a block against somebody who pays to keep it out. */
const CHALLENGE_WINDOW_SECONDS = 86_400;

/**
 * Deploys all contracts and fixes the roles. The deployer governs when it returns, and so does `admin` where one is given: the hand-over is
 * finished by `finishHandover` once the new admin has been seen to work.
 * @param signer with a provider; pays for 12 transactions, about 23 million gas in all
 * Throws what ethers throws; `decodeContractError` reads the contracts' refusals (windows or lifetime too short).
 */
export const deployContracts = async (signer: Signer, options: DeployOptions): Promise<Deployment> => {
  const { provider } = signer;
  if (provider === null) throw new TypeError("Deploying needs a signer that is connected to a provider.");
  const deployer = await signer.getAddress();
  const { windows, minEpochDelay, requestLifetime, challengeWindow = CHALLENGE_WINDOW_SECONDS, onStep = () => {} } = options;

  const place = async <C extends BaseContract>(contract: ContractName, deploy: () => Promise<C>) => {
    const started = performance.now();
    const deployed = await deploy();
    const receipt = await minedReceipt(deployed.deploymentTransaction());
    const address = await deployed.getAddress();
    onStep({ contract, address, gasUsed: receipt.gasUsed, milliseconds: performance.now() - started });
    return { contract: deployed, address, receipt };
  };

  const manager = await place("accessManager", () => new AccessManager__factory(signer).deploy(deployer));
  // Each of the three knows the one after it for ever, so their addresses are fixed before they are there.
  const nonce = await signer.getNonce();
  const [keysAt, resharingAt] = [nonce + 1, nonce + 2].map((next) => getCreateAddress({ from: deployer, nonce: next })) as [string, string];
  const registry = await place("keeperRegistry", () => new KeeperRegistry__factory(signer).deploy(manager.address, minEpochDelay, keysAt));
  const keys = await place("keyGeneration", () =>
    new KeyGeneration__factory(signer).deploy(manager.address, registry.address, resharingAt, windows),
  );
  if (keys.address !== keysAt)
    throw new DeploymentError("contracts.keyGeneration", "deployed next: the account sent something else meanwhile");
  const resharing = await place("keyResharing", () =>
    new KeyResharing__factory(signer).deploy(manager.address, registry.address, keys.address),
  );
  const repairs = await place("shareRepairs", () => new ShareRepairs__factory(signer).deploy(registry.address, keys.address));
  const documents = await place("documentRegistry", () => new DocumentRegistry__factory(signer).deploy(keys.address));
  const grants = await place("accessGrants", () => new AccessGrants__factory(signer).deploy(documents.address));
  const requests = await place("shareRequests", () =>
    new ShareRequests__factory(signer).deploy(manager.address, registry.address, keys.address, documents.address, requestLifetime),
  );
  const optimistic = await place("optimisticRequests", () =>
    new OptimisticRequests__factory(signer).deploy(
      manager.address,
      registry.address,
      keys.address,
      documents.address,
      requests.address,
      requestLifetime,
      challengeWindow,
    ),
  );
  const faults = await place("receiptFaults", () =>
    new ReceiptFaults__factory(signer).deploy(registry.address, keys.address, requests.address),
  );
  const sessions = await place("readerSessions", () => new ReaderSessions__factory(signer).deploy());

  const started = performance.now();
  const calls = roleCalls({
    registry: registry.address,
    keys: keys.address,
    resharing: resharing.address,
    requests: [requests.address, optimistic.address],
    openKeyRequests: options.openKeyRequests === true,
    governors: [...new Set([deployer, options.admin ?? deployer].map((address) => address.toLowerCase()))],
    newAdmin: options.admin,
  });
  const roles = await minedReceipt(await manager.contract.multicall([...calls]));
  onStep({ contract: "roles", address: manager.address, gasUsed: roles.gasUsed, milliseconds: performance.now() - started });

  const [network, genesis] = await Promise.all([provider.getNetwork(), provider.getBlock(0)]);
  return parseDeployment({
    chainId: network.chainId,
    genesisHash: genesis?.hash,
    block: registry.receipt.blockNumber,
    blockHash: registry.receipt.blockHash,
    contracts: {
      accessManager: manager.address,
      keeperRegistry: registry.address,
      keyGeneration: keys.address,
      keyResharing: resharing.address,
      shareRepairs: repairs.address,
      documentRegistry: documents.address,
      accessGrants: grants.address,
      shareRequests: requests.address,
      optimisticRequests: optimistic.address,
      receiptFaults: faults.address,
      readerSessions: sessions.address,
    },
  });
};

/** The calls that fix who may do what, for one multicall of the access manager: D41. */
const roleCalls = (options: {
  readonly registry: string;
  readonly keys: string;
  readonly resharing: string;
  /** The two contracts that take requests. They have the functions that are governed in common. */
  readonly requests: readonly string[];
  readonly openKeyRequests: boolean;
  readonly governors: readonly string[];
  readonly newAdmin: string | undefined;
}): readonly string[] => {
  const manager = interfaceOf("accessManager");
  const give = (target: string, selectors: readonly string[], role: bigint) =>
    manager.encodeFunctionData("setTargetFunctionRole", [target, [...selectors], role]);
  const grant = (role: bigint, account: string) => manager.encodeFunctionData("grantRole", [role, account, 0]);
  const governed = GOVERNED_REGISTRY_FUNCTIONS.map((name) => interfaceOf("keeperRegistry").getFunction(name).selector);
  const requestKey = interfaceOf("keyGeneration").getFunction("requestKey").selector;
  const requestReshare = interfaceOf("keyResharing").getFunction("requestReshare").selector;
  const { selector: request } = interfaceOf("shareRequests").getFunction("request");
  const { selector: setPrice } = interfaceOf("shareRequests").getFunction("setPrice");
  return [
    manager.encodeFunctionData("labelRole", [ROLES.GOVERNANCE, "GOVERNANCE"]),
    manager.encodeFunctionData("labelRole", [ROLES.KEY_REQUESTER, "KEY_REQUESTER"]),
    give(options.registry, governed, ROLES.GOVERNANCE),
    give(options.keys, [requestKey], options.openKeyRequests ? ROLES.PUBLIC : ROLES.KEY_REQUESTER),
    give(options.resharing, [requestReshare], ROLES.GOVERNANCE),
    // `request` is public, yet restricted: so governance can pause it with setTargetClosed.
    ...options.requests.flatMap((target) => [give(target, [request], ROLES.PUBLIC), give(target, [setPrice], ROLES.GOVERNANCE)]),
    ...options.governors.flatMap((account) => [grant(ROLES.GOVERNANCE, account), grant(ROLES.KEY_REQUESTER, account)]),
    ...(options.newAdmin === undefined ? [] : [grant(ROLES.ADMIN, options.newAdmin)]),
  ];
};
