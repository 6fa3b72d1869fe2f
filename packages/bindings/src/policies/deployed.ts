import type { BaseContract, Signer } from "ethers";
import { minedReceipt } from "../deploy/minedReceipt.ts";
import type { HexString } from "../deployment.ts";

/** A permissions contract, or a key's rules, that was just deployed and mined. Public. `contract` is connected to the signer that deployed it. */
export type DeployedPolicy<C> = {
  readonly contract: C;
  /** 20 bytes, lower case: what documents name as their permissions contract, and keys as their rules. */
  readonly address: HexString;
  readonly transactionHash: HexString;
  readonly gasUsed: bigint;
};

/**
 * Waits until a contract is mined; the signer pays. Throws what ethers throws; `decodeContractError` reads the constructors' refusals.
 */
export const deployed = async <C>(deploying: Promise<BaseContract>, signer: Signer, connect: Connect<C>): Promise<DeployedPolicy<C>> => {
  const made = await deploying;
  const receipt = await minedReceipt(made.deploymentTransaction());
  const address = (await made.getAddress()).toLowerCase() as HexString; // true: ethers' addresses are 0x and hex
  return { contract: connect(address, signer), address, transactionHash: receipt.hash as HexString, gasUsed: receipt.gasUsed };
};
type Connect<C> = (address: string, runner: Signer) => C;
