import type { ExtensionServices } from "@keyquorum/keeper";
import { type Address, KeyquorumError } from "@keyquorum/wire";
import { recoverRequester } from "../formats/rawSignature.ts";
import { parseWalletProof } from "../formats/walletProof.ts";
import { generationTypedData, storageTypedData, type WalletTypedData } from "../formats/walletRequests.ts";
import type { DocumentKeyPair } from "../records/serverKeyRecord.ts";
import { domainOf } from "../retrieval/membership.ts";
import { requireWallet } from "./walletClaim.ts";

// What shows members that an author asked: its signature over the bare id, as Parity's clients make it, or what its wallet signed for this one operation.

type Services = Pick<ExtensionServices, "chain" | "verifySignature" | "clock">;
type ByAuthor = { readonly serverKeyId: Uint8Array; readonly author: Address; readonly authorSignature: Uint8Array };

/** What wallets sign for here. */
export const walletDomainOf = (services: Pick<Services, "chain">) => {
  const { chainId, contract } = domainOf(services);
  return { chainId, registry: contract };
};

const requireAuthor = async (
  services: Services,
  { serverKeyId, author, authorSignature }: ByAuthor,
  typed: (deadline: bigint) => WalletTypedData,
): Promise<void> => {
  const wallet = parseWalletProof(authorSignature);
  if (wallet === undefined) {
    if (recoverRequester(serverKeyId, authorSignature)?.address === author) return;
    throw new KeyquorumError("INVALID_SIGNATURE", "The author of the server key did not sign its id.");
  }
  await requireWallet(services, { account: author, asked: typed(wallet.deadline), ...wallet }, await services.chain.look());
};

/** Throws INVALID_SIGNATURE where the author signed no such generation, and what `requireWallet` throws. */
export const requireGenerationByAuthor = (services: Services, ask: ByAuthor & { readonly threshold: number }): Promise<void> =>
  requireAuthor(services, ask, (deadline) => generationTypedData(walletDomainOf(services), { ...ask, deadline }));

/** Throws INVALID_SIGNATURE where the author stores no such pair, and what `requireWallet` throws. */
export const requireStorageByAuthor = (services: Services, ask: ByAuthor & DocumentKeyPair): Promise<void> =>
  requireAuthor(services, ask, (deadline) => storageTypedData(walletDomainOf(services), { ...ask, deadline }));
