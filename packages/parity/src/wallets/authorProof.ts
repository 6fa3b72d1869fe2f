import type { ExtensionServices } from "@keyquorum/keeper";
import { type Address, bytesToHex, KeyquorumError } from "@keyquorum/wire";
import { encodePoint64 } from "../formats/point64.ts";
import { recoverRequester } from "../formats/rawSignature.ts";
import { parseWalletProof } from "../formats/walletProof.ts";
import { generationTypedData, storageTypedData, type WalletTypedData } from "../formats/walletRequests.ts";
import type { DocumentKeyPair } from "../records/serverKeyRecord.ts";
import { domainOf } from "../retrieval/membership.ts";
import { requireServiceRequest } from "../services/requiredRequest.ts";
import { parseServiceProof } from "../services/serviceProof.ts";
import { requireWallet } from "./walletClaim.ts";

// What shows members that an author asked: its signature over the bare id, as Parity's clients make it, what its wallet signed for this one
// operation, or a service contract that it asked.

type Services = Pick<ExtensionServices, "chain" | "verifySignature" | "clock" | "table">;
type ByAuthor = { readonly serverKeyId: Uint8Array; readonly author: Address; readonly authorSignature: Uint8Array };

/** What wallets sign for here. */
export const walletDomainOf = (services: Pick<ExtensionServices, "chain">) => {
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

/** Throws INVALID_SIGNATURE where the author asked for no such generation, and what `requireWallet` and `requireServiceRequest` throw. */
export const requireGenerationByAuthor = async (services: Services, ask: ByAuthor & { readonly threshold: number }): Promise<void> => {
  const { serverKeyId, author, threshold } = ask;
  const contract = parseServiceProof(ask.authorSignature);
  if (contract === undefined)
    return requireAuthor(services, ask, (deadline) => generationTypedData(walletDomainOf(services), { ...ask, deadline }));
  const isSame = (asked: { readonly author: Address; readonly threshold: number }) =>
    asked.author === author && asked.threshold === threshold;
  return requireServiceRequest(services, { contract, kind: "generation", serverKeyId }, isSame);
};

/** Throws INVALID_SIGNATURE where the author stores no such pair, and what `requireWallet` and `requireServiceRequest` throw. */
export const requireStorageByAuthor = async (services: Services, ask: ByAuthor & DocumentKeyPair): Promise<void> => {
  const { serverKeyId, author } = ask;
  const contract = parseServiceProof(ask.authorSignature);
  if (contract === undefined)
    return requireAuthor(services, ask, (deadline) => storageTypedData(walletDomainOf(services), { ...ask, deadline }));
  const [commonPoint, encryptedPoint] = [ask.commonPoint, ask.encryptedPoint].map((point) => bytesToHex(encodePoint64(point)));
  return requireServiceRequest(
    services,
    { contract, kind: "storing", serverKeyId },
    (asked) => asked.author === author && asked.commonPoint === commonPoint && asked.encryptedPoint === encryptedPoint,
  );
};
