import { getAddress, type Provider, type Signer, type TransactionReceipt } from "ethers";
import { type ContractName, forEachContract } from "../contracts.ts";
import { type Deployment, DeploymentError, parseDeployment } from "../deployment.ts";
import { DeployError } from "./deployError.ts";
import { type DeployJournal, type DeployRecord, forgetfulJournal, parseDeployRecord, type RecordedStep } from "./deployRecord.ts";
import type { DeploySettings, KeyGenerationWindows } from "./deploySettings.ts";
import { minedOf } from "./findStep.ts";
import { type DeployPlan, type PlannedStep, planDeployment } from "./planDeployment.ts";
import { type SendStep, sendBy } from "./sendStep.ts";

/** One transaction of a deployment that is mined. `contract` "roles": who may do what was fixed, in the access manager at `address`. */
export type DeployStep = {
  readonly contract: ContractName | "roles";
  readonly address: string;
  readonly gasUsed: bigint;
  /** In wei, as the receipt says: rollups may take a fee for the data on top of it. */
  readonly fee: bigint;
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
  /** Where the deployment is recorded while it is under way, so that the same call continues with it. Default: nowhere. */
  readonly journal?: DeployJournal;
  /** Told what is there and what is to be sent, before the first transaction. Nothing is sent when it rejects. */
  readonly onPlan?: (plan: DeployPlan) => Promise<void>;
  /** How transactions are sent and followed. Default: by the signer. */
  readonly send?: SendStep;
  /** Stops before the next transaction; one that is under way is waited for. */
  readonly signal?: AbortSignal;
};

/** Long enough for people to notice, and for a challenge to get into a block against somebody who pays to keep it out. */
const CHALLENGE_WINDOW_SECONDS = 86_400;

/**
 * Deploys all contracts and fixes the roles. The deployer governs when it returns, and so does `admin` where one is given: the hand-over is
 * finished by `finishHandover` once the new admin has been seen to work.
 *
 * With a `journal`, each transaction is recorded before it is sent, and the same call continues after any end: what is recorded is looked for on the chain
 * by hash and nonce, and never sent twice.
 *
 * @param signer with a provider; pays for 13 transactions, about 27 million gas in all
 * Throws DeployError, what `journal`, `onPlan` and `send` throw, and what ethers throws; `decodeContractError` reads the contracts' refusals (windows or
 * lifetime too short).
 */
export const deployContracts = async (signer: Signer, options: DeployOptions): Promise<Deployment> => {
  const { provider } = signer;
  if (provider === null) throw new TypeError("Deploying needs a signer that is connected to a provider.");
  const { journal = forgetfulJournal, send = sendBy(signer), onStep = () => {}, onPlan, signal } = options;
  const fresh = await freshRecord(provider, await signer.getAddress(), options);
  const loaded = await journal.load();
  const nextNonce = await signer.getNonce("pending");
  const plan = await planDeployment(provider, fresh, loaded === undefined ? undefined : parseDeployRecord(loaded), nextNonce);
  await onPlan?.(plan);

  let record: DeployRecord = { ...fresh, steps: plan.kept, abandoned: plan.abandoned };
  const save = async (index: number, step: RecordedStep): Promise<void> => {
    record = { ...record, steps: [...record.steps.slice(0, index), step, ...record.steps.slice(index + 1)] };
    await journal.save(record);
  };
  const mined: { -readonly [N in ContractName | "roles"]?: string } = {};
  for (const [index, step] of plan.steps.entries()) {
    const { contract, address } = step;
    const earlier = plan.kept[index];
    if (step.mined !== undefined) {
      mined[contract] = step.mined.hash;
      if (earlier !== undefined) await save(index, { ...earlier, mined: step.mined });
      continue;
    }
    signal?.throwIfAborted();
    const started = performance.now();
    let entry: RecordedStep = earlier ?? {
      ...{ contract, address, nonce: step.nonce, since: await provider.getBlockNumber(), hashes: [] },
    };
    await save(index, entry);
    const receipt = await send({ ...step, what: `The transaction of ${contract}` }, async (hash) => {
      if (entry.hashes.includes(hash.toLowerCase())) return;
      entry = { ...entry, hashes: [...entry.hashes, hash.toLowerCase()] };
      await save(index, entry);
    });
    refuseElsewhere(step, receipt);
    await save(index, { ...entry, mined: minedOf(receipt) });
    mined[contract] = receipt.hash;
    onStep({
      contract,
      address: getAddress(address),
      gasUsed: receipt.gasUsed,
      fee: receipt.fee,
      milliseconds: performance.now() - started,
    });
  }
  return deploymentOf(provider, fresh, plan, mined);
};

/** A record in which nothing is sent yet. Everything that would fail only at the end fails here, before anything is paid. */
const freshRecord = async (provider: Provider, account: string, options: DeployOptions): Promise<DeployRecord> => {
  const { admin, minEpochDelay, windows, requestLifetime, challengeWindow = CHALLENGE_WINDOW_SECONDS, openKeyRequests = false } = options;
  const [network, genesis] = await Promise.all([provider.getNetwork(), provider.getBlock(0)]);
  if (typeof genesis?.hash !== "string")
    throw new DeploymentError("genesisHash", "told by the chain's node, which does not give block 0; use another node");
  const { deal, dispute, finalize, ready } = windows;
  const deployer = account.toLowerCase();
  const settings: DeploySettings = {
    admin: admin === undefined || admin.toLowerCase() === deployer ? null : admin.toLowerCase(),
    minEpochDelay: BigInt(minEpochDelay).toString(),
    windows: { deal, dispute, finalize, ready },
    requestLifetime: BigInt(requestLifetime).toString(),
    challengeWindow: BigInt(challengeWindow).toString(),
    openKeyRequests,
  };
  const { hash } = genesis;
  return { version: 1, chainId: network.chainId.toString(), genesisHash: hash.toLowerCase(), deployer, settings, steps: [], abandoned: [] };
};

/** A wallet may have sent it with another nonce than it was told. */
const refuseElsewhere = ({ contract, address, to, nonce }: PlannedStep, receipt: TransactionReceipt): void => {
  if (to !== null || receipt.contractAddress?.toLowerCase() === address) return;
  throw new DeployError(
    "NONCE_TAKEN",
    `${contract} is at ${String(receipt.contractAddress)} and not at ${address}: the account did not send it with nonce ${nonce}.`,
  );
};

/** A node that lags may not show yet what another one has told. */
const LOOKS = 10;
const LOOK_MS = 500;

/** Looks once more whether everything is there: a reorganisation may have changed the blocks meanwhile. */
const deploymentOf = async (
  provider: Provider,
  { chainId, genesisHash }: DeployRecord,
  { at, steps }: DeployPlan,
  mined: { readonly [N in ContractName | "roles"]?: string },
): Promise<Deployment> => {
  const receiptOf = async ({ contract }: PlannedStep): Promise<TransactionReceipt> => {
    for (let looks = 0; looks < LOOKS; looks += 1) {
      const receipt = await provider.getTransactionReceipt(mined[contract] ?? "");
      if (receipt !== null) return receipt;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    throw new DeployError(
      "STEP_GONE",
      `The transaction of ${contract} was mined but is no longer on the node's chain: a reorganisation removed it, or the node lags. Try again.`,
    );
  };
  let registry: TransactionReceipt | undefined;
  for (const step of steps) {
    const receipt = await receiptOf(step);
    if (step.contract === "keeperRegistry") registry = receipt;
  }
  return parseDeployment({
    ...{ chainId: BigInt(chainId), genesisHash, block: registry?.blockNumber, blockHash: registry?.blockHash },
    contracts: forEachContract((name) => at[name]),
  });
};
