import { type Follower, identityOf, readHeads, verifyIdentity, WrongChainError } from "@keyquorum/chain";
import { type ChainView, followChain } from "../following/followChain.ts";
import { createSettleFinality } from "../following/settleFinality.ts";
import { describeError } from "../report/describeError.ts";
import type { Core } from "./core.ts";
import { KeeperError } from "./errors.ts";

/** Throws KeeperError WRONG_CHAIN where the RPC serves another chain than the deployment's, and what a look at this keeper's own record throws. */
export const createAssertOwnChain =
  ({ config, contracts, rpc, standing }: Core) =>
  async (): Promise<void> => {
    try {
      await verifyIdentity(rpc, identityOf(contracts.deployment));
      await standing.refresh((await readHeads(rpc, config.chain.finality)).head);
    } catch (error) {
      if (!(error instanceof WrongChainError)) throw error;
      throw new KeeperError(
        "WRONG_CHAIN",
        error.message,
        { field: error.field, expected: error.expected, found: error.found },
        { cause: error },
      );
    }
  };

/** The loop: logs are mirrored and set work going, in one transaction; then the round of this head is done. Ends when the keeper stops. */
export const createWorkLoop =
  (
    core: Core,
    parts: {
      readonly follower: Follower;
      readonly assertOwnChain: () => Promise<void>;
      readonly onRound: (seen: ChainView) => Promise<void>;
    },
  ) =>
  async (): Promise<void> => {
    const { config, resumeSending, log, stopping } = core;
    const settle = createSettleFinality({ ...core, dataDirectory: config.dataDirectory });
    resumeSending().catch((error: unknown) => log.warn("Transactions of an earlier life wait for the chain", describeError(error)));
    await followChain({ ...config.chain, ...core, ...parts, settle, onReorg: parts.assertOwnChain }, stopping);
  };
