import { WALLET_PATHS } from "../proofs/walletBodies.ts";

/** A route for wallets, by its name in metrics. */
export type WalletRoute = "wallet_generate" | "wallet_public_key" | "wallet_store" | "wallet_shadows";

const ROUTES: Readonly<Record<string, WalletRoute>> = {
  [WALLET_PATHS.generate]: "wallet_generate",
  [WALLET_PATHS.serverKey]: "wallet_public_key",
  [WALLET_PATHS.store]: "wallet_store",
  [WALLET_PATHS.read]: "wallet_shadows",
};

/** Undefined: there is no such route. */
export const walletRouteOf = (path: string): WalletRoute | undefined => (Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined);
