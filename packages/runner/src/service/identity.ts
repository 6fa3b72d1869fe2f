import { openAccountKey } from "@keyquorum/daemon";
import { type Address, KeyquorumError, parseAddress } from "@keyquorum/wire";
import type { ServiceConfig } from "./config.ts";

/** The runner's own account: keepers give it secrets, and it signs records. Secret. Throws OperatorError SECRET_FILE_*, WRONG_PASSPHRASE. */
export const openRunnerKey = async ({ key }: Pick<ServiceConfig, "key">) => {
  const wallet = await openAccountKey(key, { whose: "runner" });
  return { wallet, runner: addressOf(wallet) };
};

export const addressOf = ({ address }: { readonly address: string }): Address => parseAddress(address.toLowerCase());

/** Whether an error says that the chain, or its nodes, could not be asked. */
export const isChainAway = (error: unknown): boolean =>
  error instanceof KeyquorumError && (error.code === "CHAIN_UNAVAILABLE" || error.code === "UNAVAILABLE");
