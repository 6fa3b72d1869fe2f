import type { Signer } from "ethers";
import { AllOf__factory } from "../../../../typechain-types/factories/contracts/policies/AllOf__factory.ts";
import { AnyOf__factory } from "../../../../typechain-types/factories/contracts/policies/AnyOf__factory.ts";
import { ContextGrants__factory } from "../../../../typechain-types/factories/contracts/policies/ContextGrants__factory.ts";
import { MerkleAllowList__factory } from "../../../../typechain-types/factories/contracts/policies/MerkleAllowList__factory.ts";
import { ModuleGrants__factory } from "../../../../typechain-types/factories/contracts/policies/ModuleGrants__factory.ts";
import { Not__factory } from "../../../../typechain-types/factories/contracts/policies/Not__factory.ts";
import { ServiceAgreement__factory } from "../../../../typechain-types/factories/contracts/policies/ServiceAgreement__factory.ts";
import { Subscription__factory } from "../../../../typechain-types/factories/contracts/policies/Subscription__factory.ts";
import { TimeWindow__factory } from "../../../../typechain-types/factories/contracts/policies/TimeWindow__factory.ts";
import { TokenHolders20__factory } from "../../../../typechain-types/factories/contracts/policies/TokenHolders20__factory.ts";
import { TokenHolders721__factory } from "../../../../typechain-types/factories/contracts/policies/TokenHolders721__factory.ts";
import { TokenHolders1155__factory } from "../../../../typechain-types/factories/contracts/policies/TokenHolders1155__factory.ts";
import type { Deployment } from "../deployment.ts";
import { type DeployedPolicy, deployed } from "./deployed.ts";
import {
  type ICombinedPermissions,
  ICombinedPermissions__factory,
  type IContextGrants,
  IContextGrants__factory,
  type IMerkleAllowList,
  IMerkleAllowList__factory,
  type IModuleGrants,
  IModuleGrants__factory,
  type IServiceAgreement,
  IServiceAgreement__factory,
  type ISubscription,
  ISubscription__factory,
  type ITimeWindow,
  ITimeWindow__factory,
  type ITokenHolders,
  ITokenHolders__factory,
} from "./interfaces.ts";

export type { DeployedPolicy } from "./deployed.ts";

// Deployed by these functions: permissions contracts of contracts/policies, as docs/PERMISSIONS.md describes them.

/** Permits who holds `minimum` (in the smallest unit) of an ERC-20 token. */
export const deployTokenHolders20 = (
  signer: Signer,
  { token, minimum }: { readonly token: string; readonly minimum: bigint },
): Promise<DeployedPolicy<ITokenHolders>> =>
  deployed(new TokenHolders20__factory(signer).deploy(token, minimum), signer, ITokenHolders__factory.connect);

/** Permits who holds `minimum` items of an ERC-721 collection. */
export const deployTokenHolders721 = (
  signer: Signer,
  { token, minimum }: { readonly token: string; readonly minimum: bigint },
): Promise<DeployedPolicy<ITokenHolders>> =>
  deployed(new TokenHolders721__factory(signer).deploy(token, minimum), signer, ITokenHolders__factory.connect);

/** Permits who holds `minimum` of the id `id` of an ERC-1155 collection. */
export const deployTokenHolders1155 = (
  signer: Signer,
  { token, id, minimum }: { readonly token: string; readonly id: bigint; readonly minimum: bigint },
): Promise<DeployedPolicy<ITokenHolders>> =>
  deployed(new TokenHolders1155__factory(signer).deploy(token, id, minimum), signer, ITokenHolders__factory.connect);

/** Permits everybody between two times, which each document's owner sets. */
export const deployTimeWindow = (signer: Signer, { contracts }: Deployment): Promise<DeployedPolicy<ITimeWindow>> =>
  deployed(new TimeWindow__factory(signer).deploy(contracts.documentRegistry), signer, ITimeWindow__factory.connect);

/** Permits who is on a list, of which the chain holds the Merkle root. */
export const deployMerkleAllowList = (signer: Signer, { contracts }: Deployment): Promise<DeployedPolicy<IMerkleAllowList>> =>
  deployed(new MerkleAllowList__factory(signer).deploy(contracts.documentRegistry), signer, IMerkleAllowList__factory.connect);

/** Permits who has paid, for as long as was paid. */
export const deploySubscription = (signer: Signer, { contracts }: Deployment): Promise<DeployedPolicy<ISubscription>> =>
  deployed(new Subscription__factory(signer).deploy(contracts.documentRegistry), signer, ISubscription__factory.connect);

/** Permits a reader for one purpose: the request's context. */
export const deployContextGrants = (signer: Signer, { contracts }: Deployment): Promise<DeployedPolicy<IContextGrants>> =>
  deployed(new ContextGrants__factory(signer).deploy(contracts.documentRegistry), signer, IContextGrants__factory.connect);

/** Permits a runner to read for one module: the secrets of programs. */
export const deployModuleGrants = (signer: Signer, { contracts }: Deployment): Promise<DeployedPolicy<IModuleGrants>> =>
  deployed(new ModuleGrants__factory(signer).deploy(contracts.documentRegistry), signer, IModuleGrants__factory.connect);

/** Sells readings of one owner's documents, each paid into escrow. @param seller the documents' owner */
export const deployServiceAgreement = (
  signer: Signer,
  { contracts }: Deployment,
  seller: string,
): Promise<DeployedPolicy<IServiceAgreement>> =>
  deployed(
    new ServiceAgreement__factory(signer).deploy(contracts.shareRequests, contracts.documentRegistry, seller),
    signer,
    IServiceAgreement__factory.connect,
  );

/** Permits whom every part permits. @param parts addresses of permissions contracts, asked in this order */
export const deployAllOf = (signer: Signer, parts: readonly string[]): Promise<DeployedPolicy<ICombinedPermissions>> =>
  deployed(new AllOf__factory(signer).deploy([...parts]), signer, ICombinedPermissions__factory.connect);

/** Permits whom one of the parts permits. @param parts addresses of permissions contracts, asked in this order */
export const deployAnyOf = (signer: Signer, parts: readonly string[]): Promise<DeployedPolicy<ICombinedPermissions>> =>
  deployed(new AnyOf__factory(signer).deploy([...parts]), signer, ICombinedPermissions__factory.connect);

/** Permits whom the part does not. @param part address of a permissions contract that never reverts to say no */
export const deployNot = (signer: Signer, part: string): Promise<DeployedPolicy<ICombinedPermissions>> =>
  deployed(new Not__factory(signer).deploy(part), signer, ICombinedPermissions__factory.connect);
