import type { ExtensionServices } from "@keyquorum/keeper";
import type { Point } from "@keyquorum/threshold";
import { type Address, KeyquorumError } from "@keyquorum/wire";
import { recoverRequester } from "../formats/rawSignature.ts";
import { readingTypedData } from "../formats/walletRequests.ts";
import { walletDomainOf } from "../wallets/authorProof.ts";
import { requireDeadline, requireWallet } from "../wallets/walletClaim.ts";
import type { Heads } from "./membership.ts";
import type { ContributeAsk } from "./messages.ts";
import { type Acl, requirePermission } from "./permission.ts";

/** Who reads: `publicKey` is what its shadows are encrypted to, `address` what the permission is asked for. */
export type Reader = Pick<ContributeAsk, "readerSignature" | "wallet"> & { readonly publicKey: Point; readonly address: Address };

type Services = Pick<ExtensionServices, "decidePermission" | "chain" | "verifySignature" | "clock">;
type Asked = Pick<ContributeAsk, "serverKeyId" | "readerSignature" | "wallet">;

/** By recovery from a signature over the bare id; a wallet's is as it says, until `requireReader`. Throws INVALID_SIGNATURE, DEADLINE_PASSED, DEADLINE_TOO_FAR. */
export const readerOf = (clock: Pick<Services["clock"], "now">, { serverKeyId, readerSignature, wallet }: Asked): Reader => {
  if (wallet !== undefined) {
    requireDeadline(clock, wallet.deadline);
    return { readerSignature, wallet, publicKey: wallet.readerKey, address: wallet.account };
  }
  const requester = recoverRequester(serverKeyId, readerSignature);
  if (requester === undefined) throw new KeyquorumError("INVALID_SIGNATURE", "The reader's signature is not valid.");
  return { readerSignature, ...requester };
};

/**
 * Decides now: the permission by D27, and as of the same blocks whether the wallet signed this very reading. Throws what `requirePermission` and
 * `requireWallet` throw.
 */
export const requireReader = async (
  services: Services,
  acl: Acl,
  serverKeyId: Uint8Array,
  { address, readerSignature, wallet }: Reader,
): Promise<Heads> => {
  const heads = await requirePermission(services, acl, { serverKeyId, requester: address });
  if (wallet === undefined) return heads;
  const { account, readerKey, deadline } = wallet;
  const asked = readingTypedData(walletDomainOf(services), { serverKeyId, reader: account, readerKey, deadline });
  await requireWallet(services, { account, asked, deadline, signature: readerSignature }, heads);
  return heads;
};
