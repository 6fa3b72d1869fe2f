import type { ExtensionServices } from "@keyquorum/keeper";
import { type Address, KeyquorumError } from "@keyquorum/wire";
import { MAX_WALLET_DEADLINE_SECONDS, type WalletTypedData } from "../formats/walletRequests.ts";

/** That an account signed what it was shown, before its deadline. */
export type WalletClaim = {
  readonly account: Address;
  readonly asked: Pick<WalletTypedData, "digest">;
  /** Seconds since 1970. */
  readonly deadline: bigint;
  readonly signature: Uint8Array;
};

type Heads = Parameters<ExtensionServices["verifySignature"]>[1];

/** Throws DEADLINE_PASSED, DEADLINE_TOO_FAR. By this keeper's own clock. */
export const requireDeadline = ({ now }: Pick<ExtensionServices["clock"], "now">, deadline: bigint): void => {
  const seconds = BigInt(Math.floor(now() / 1_000));
  const details = { field: "deadline" };
  if (seconds > deadline) throw new KeyquorumError("DEADLINE_PASSED", undefined, { details });
  if (deadline - seconds > BigInt(MAX_WALLET_DEADLINE_SECONDS)) throw new KeyquorumError("DEADLINE_TOO_FAR", undefined, { details });
};

/**
 * Whether the account signed, as of these blocks: by its key, or by its contract's word at the head and in the final block. A wallet's owner that was
 * revoked at the head signs nothing any more. Throws INVALID_SIGNATURE, SIGNATURE_NOT_FINAL, WALLET_NOT_DEPLOYED, DEADLINE_PASSED, DEADLINE_TOO_FAR,
 * ChainUnavailableError.
 */
export const requireWallet = async (
  services: Pick<ExtensionServices, "verifySignature" | "clock">,
  { account, asked, deadline, signature }: WalletClaim,
  heads: Heads,
): Promise<void> => {
  requireDeadline(services.clock, deadline);
  const verdict = await services.verifySignature({ account, digest: asked.digest, signature }, heads);
  if (verdict === "VALID") return;
  throw new KeyquorumError(verdict === "INVALID" ? "INVALID_SIGNATURE" : verdict, undefined, { details: { field: "signature" } });
};
