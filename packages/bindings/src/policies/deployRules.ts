import type { Signer } from "ethers";
import { OwnerRules__factory } from "../../../../typechain-types/factories/contracts/rules/OwnerRules__factory.ts";
import { SigningGrants__factory } from "../../../../typechain-types/factories/contracts/rules/SigningGrants__factory.ts";
import { type DeployedPolicy, deployed } from "./deployed.ts";
import { type IOwnedRules, IOwnedRules__factory, type ISigningGrants, ISigningGrants__factory } from "./interfaces.ts";

/** Rules by which `owner` has a key sign anything, blank cheques included. */
export const deployOwnerRules = (signer: Signer, owner: string): Promise<DeployedPolicy<IOwnedRules>> =>
  deployed(new OwnerRules__factory(signer).deploy(owner), signer, IOwnedRules__factory.connect);

/** Rules by which `owner` grants accounts kinds of statements, of one key or derived key, until a time. */
export const deploySigningGrants = (signer: Signer, owner: string): Promise<DeployedPolicy<ISigningGrants>> =>
  deployed(new SigningGrants__factory(signer).deploy(owner), signer, ISigningGrants__factory.connect);
