import type { ExtensionServices } from "@keyquorum/keeper";
import type { Point } from "@keyquorum/threshold";
import { type Address, accountOf, bytesToHex, KeyquorumError } from "@keyquorum/wire";
import { encodePoint64 } from "../formats/point64.ts";
import { recoverRequester } from "../formats/rawSignature.ts";
import { readingTypedData } from "../formats/walletRequests.ts";
import { requireServiceRequest } from "../services/requiredRequest.ts";
import { walletDomainOf } from "../wallets/authorProof.ts";
import { requireDeadline, requireWallet } from "../wallets/walletClaim.ts";
import type { Heads } from "./membership.ts";
import type { ContributeAsk } from "./messages.ts";
import { type Acl, requirePermission } from "./permission.ts";

/** Who reads: `publicKey` is what its shadows are encrypted to, `address` what the permission is asked for. */
export type Reader = Pick<ContributeAsk, "readerSignature" | "wallet" | "request"> & {
  readonly publicKey: Point;
  readonly address: Address;
};

type Services = Pick<ExtensionServices, "decidePermission" | "chain" | "verifySignature" | "clock" | "table">;
type Asked = Pick<ContributeAsk, "serverKeyId" | "readerSignature" | "wallet" | "request">;

/** By recovery from a signature over the bare id; a wallet's, or a service contract's, is as it says, until `requireReader`. Throws INVALID_SIGNATURE, DEADLINE_PASSED, DEADLINE_TOO_FAR. */
export const readerOf = (clock: Pick<Services["clock"], "now">, { serverKeyId, readerSignature, wallet, request }: Asked): Reader => {
  if (request !== undefined) return { readerSignature, request, publicKey: request.requesterKey, address: accountOf(request.requesterKey) };
  if (wallet !== undefined) {
    requireDeadline(clock, wallet.deadline);
    return { readerSignature, wallet, publicKey: wallet.readerKey, address: wallet.account };
  }
  const requester = recoverRequester(serverKeyId, readerSignature);
  if (requester === undefined) throw new KeyquorumError("INVALID_SIGNATURE", "The reader's signature is not valid.");
  return { readerSignature, ...requester };
};

/**
 * Decides now: the permission by D27, and as of the same blocks whether the wallet signed this very reading, or the service contract was asked for it.
 * Throws what `requirePermission`, `requireWallet` and `requireServiceRequest` throw.
 */
export const requireReader = async (
  services: Services,
  acl: Acl,
  serverKeyId: Uint8Array,
  { address, readerSignature, wallet, request }: Reader,
): Promise<Heads> => {
  const heads = await requirePermission(services, acl, { serverKeyId, requester: address });
  if (request !== undefined) {
    const wanted = bytesToHex(encodePoint64(request.requesterKey));
    const asked = { contract: request.contract, kind: "personal", serverKeyId, requester: address } as const;
    await requireServiceRequest(services, asked, ({ requesterPublic }) => requesterPublic === wanted, heads);
    return heads;
  }
  if (wallet === undefined) return heads;
  const { account, readerKey, deadline } = wallet;
  const asked = readingTypedData(walletDomainOf(services), { serverKeyId, reader: account, readerKey, deadline });
  await requireWallet(services, { account, asked, deadline, signature: readerSignature }, heads);
  return heads;
};
