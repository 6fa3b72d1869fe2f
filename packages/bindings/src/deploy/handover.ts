import type { Signer } from "ethers";
import { AccessManager__factory } from "../../../../typechain-types/factories/@openzeppelin/contracts/access/manager/AccessManager__factory.ts";
import type { Deployment } from "../deployment.ts";
import { ROLES } from "../roles.ts";
import { minedReceipt } from "./minedReceipt.ts";

/** A hand-over that would leave the deployment without a governor, or that is not the deployer's to finish. */
export class HandoverError extends Error {
  readonly code: "NEW_ADMIN_MISSING" | "SAME_ADMIN";
  readonly retryable = false;

  constructor(code: HandoverError["code"], message: string) {
    super(message);
    this.name = "HandoverError";
    this.code = code;
  }
}

/**
 * Second step of a hand-over (D45): the deployer renounces every role it holds. First make sure that the new admin's account works, e.g. let it
 * grant somebody a role: afterwards nobody can undo this.
 * Throws `HandoverError` when `admin` is the deployer, or does not hold the ADMIN role without a delay.
 * @returns the transaction's hash, and undefined when the deployer held no role any more
 */
export const finishHandover = async (signer: Signer, deployment: Deployment, admin: string): Promise<string | undefined> => {
  const accessManager = AccessManager__factory.connect(deployment.contracts.accessManager, signer);
  const deployer = await signer.getAddress();
  if (admin.toLowerCase() === deployer.toLowerCase())
    throw new HandoverError("SAME_ADMIN", `${admin} is the account that would renounce; name the new admin.`);
  const [isAdmin, delay] = await accessManager.hasRole(ROLES.ADMIN, admin);
  if (!isAdmin || delay > 0n)
    throw new HandoverError("NEW_ADMIN_MISSING", `${admin} does not hold the ADMIN role yet; grant it before the deployer renounces.`);

  const calls: string[] = [];
  for (const role of [ROLES.GOVERNANCE, ROLES.KEY_REQUESTER, ROLES.ADMIN]) {
    const [holds] = await accessManager.hasRole(role, deployer);
    if (holds) calls.push(accessManager.interface.encodeFunctionData("renounceRole", [role, deployer]));
  }
  if (calls.length === 0) return undefined;
  return (await minedReceipt(await accessManager.multicall(calls))).hash;
};
