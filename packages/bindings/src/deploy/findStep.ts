import type { Provider, TransactionReceipt, TransactionResponse } from "ethers";
import { DeployError } from "./deployError.ts";
import type { MinedStep, RecordedStep } from "./deployRecord.ts";
import type { DeployCall } from "./deploySteps.ts";

/**
 * What became of a recorded transaction. `unsent`: no node has it, and its nonce is free. `taken`: another transaction has its nonce, or it was mined and
 * failed: it will never be there.
 */
export type FoundStep =
  | { readonly kind: "mined"; readonly mined: MinedStep }
  | { readonly kind: "pending"; readonly sent: TransactionResponse }
  | { readonly kind: "unsent" }
  | { readonly kind: "taken"; readonly by: string };

/**
 * Looks for a transaction by its hashes, and by the account's nonce. It counts as mined where it is the very call, from this account, with this nonce,
 * and its address has code: then the code is what the call makes. Throws RECORD_OF_OTHER_CONTRACTS, STEP_NOT_FOUND, NONCE_PENDING, and what the provider throws.
 */
export const findStep = async (provider: Provider, deployer: string, step: RecordedStep, call: DeployCall): Promise<FoundStep> => {
  const { nonce, contract } = step;
  for (const hash of [...new Set([...step.hashes, ...(step.mined === undefined ? [] : [step.mined.hash])])].reverse()) {
    const receipt = await provider.getTransactionReceipt(hash);
    const sent = await provider.getTransaction(hash);
    if (sent === null) continue;
    if (!isOurs(sent, { deployer, nonce, call })) throw foreign(step, hash);
    if (receipt !== null) return judge(provider, step, receipt);
  }
  const used = await provider.getTransactionCount(deployer, "latest");
  if (used > nonce) {
    const sent = await transactionWith(provider, deployer, step);
    if (!isOurs(sent, { deployer, nonce, call })) return { kind: "taken", by: sent.hash };
    const receipt = await provider.getTransactionReceipt(sent.hash);
    if (receipt === null) throw notShown(step);
    return judge(provider, step, receipt);
  }
  for (const hash of step.hashes) {
    const sent = await provider.getTransaction(hash);
    if (sent !== null) return { kind: "pending", sent };
  }
  if (step.hashes.length === 0 && (await provider.getTransactionCount(deployer, "pending")) > nonce)
    throw new DeployError(
      "NONCE_PENDING",
      `A transaction of ${deployer} with nonce ${nonce} is not mined yet; it may be that of ${contract}. Wait until it is, and try again.`,
    );
  return { kind: "unsent" };
};

const isOurs = (
  sent: TransactionResponse,
  { deployer, nonce, call }: { readonly deployer: string; readonly nonce: number; readonly call: DeployCall },
): boolean =>
  sent.from.toLowerCase() === deployer.toLowerCase() &&
  sent.nonce === nonce &&
  (sent.to?.toLowerCase() ?? null) === (call.to?.toLowerCase() ?? null) &&
  sent.data.toLowerCase() === call.data.toLowerCase();

const judge = async (provider: Provider, step: RecordedStep, receipt: TransactionReceipt): Promise<FoundStep> => {
  if (receipt.status !== 1) return { kind: "taken", by: receipt.hash };
  if ((await provider.getCode(step.address)) === "0x") throw notShown(step);
  return { kind: "mined", mined: minedOf(receipt) };
};

/** What is recorded of a receipt. */
export const minedOf = ({ hash, blockNumber, blockHash, gasUsed, fee }: TransactionReceipt): MinedStep => ({
  hash: hash.toLowerCase(),
  block: blockNumber,
  blockHash: blockHash.toLowerCase(),
  gasUsed: gasUsed.toString(),
  fee: fee.toString(),
});

const foreign = ({ contract }: RecordedStep, hash: string): DeployError =>
  new DeployError(
    "RECORD_OF_OTHER_CONTRACTS",
    `The record says that ${hash} makes ${contract}. On this chain it is another transaction, or this version of Keyquorum makes other contracts. Nothing was sent.`,
  );

const notShown = ({ contract, address, nonce }: RecordedStep): DeployError =>
  new DeployError(
    "STEP_NOT_FOUND",
    `The transaction with nonce ${nonce}, of ${contract}, is mined, but the node does not show it and its contract at ${address}. The node may lag behind: try again, or use another one.`,
  );

/** So many blocks are read one by one where the node cannot tell the account's nonce at earlier blocks. */
const MAX_BLOCKS = 2_000;

/** The mined transaction of an account that has the step's nonce. */
const transactionWith = async (provider: Provider, deployer: string, step: RecordedStep): Promise<TransactionResponse> => {
  const { nonce, since } = step;
  const head = await provider.getBlockNumber();
  const isMinedBy = async (block: number): Promise<boolean> => (await provider.getTransactionCount(deployer, block)) > nonce;
  let [first, last] = [since, head];
  try {
    while (first < last) {
      const middle = Math.floor((first + last) / 2);
      if (await isMinedBy(middle)) last = middle;
      else first = middle + 1;
    }
  } catch {
    [first, last] = [since, Math.min(head, since + MAX_BLOCKS)]; // the node keeps no old states
  }
  for (let number = first; number <= last; number += 1) {
    const block = await provider.getBlock(number, true);
    const found = block?.prefetchedTransactions.find((one) => one.from.toLowerCase() === deployer.toLowerCase() && one.nonce === nonce);
    if (found !== undefined) return found;
  }
  throw notShown(step);
};
