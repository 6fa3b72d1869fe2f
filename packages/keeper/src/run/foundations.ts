import type { FollowerState, Heads, Rpc } from "@keyquorum/chain";
import type { NonceSource } from "@keyquorum/threshold";
import type { FollowerCursor, Vault } from "@keyquorum/vault";
import type { Address, BootId } from "@keyquorum/wire";
import type { KeeperConfig } from "../config/parseConfig.ts";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import type { LookedHeads } from "../contracts/headLook.ts";
import type { FinalityGuard } from "../following/finalityGuard.ts";
import type { SeenChain } from "../following/seenChain.ts";
import type { KeeperIdentities } from "../membership/identity.ts";
import type { Standing } from "../membership/standing.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import type { Readiness } from "../report/readiness.ts";
import type { Balance } from "./balance.ts";
import type { Clock } from "./clock.ts";
import type { Transactions } from "./transactions.ts";

/** What an operator gives a keeper, and what it has of its own. `identities`, `nonces` and `vault` hold secrets; the rest is public. */
export type OwnThings = {
  readonly config: KeeperConfig;
  readonly contracts: ServedContracts;
  /** The account that this keeper sends from. */
  readonly operator: Address;
  /** That, and those that it had before: epochs name the one of their time. */
  readonly operators: readonly Address[];
  readonly vault: Vault;
  readonly identities: KeeperIdentities;
  /** The one source of nonces, polynomials and keys (D59). */
  readonly nonces: NonceSource;
  /** Which of its lives this is. Public. */
  readonly boot: BootId;
  readonly clock: Clock;
};

/** How a keeper is seen from outside. */
export type Reporting = { readonly log: Logger; readonly metrics: Metrics; readonly readiness: Readiness };

/** How a keeper sees the chain, and itself there. */
export type OwnChain = {
  readonly rpc: Rpc;
  readonly reader: ChainReader;
  /** Where the mirror of the contracts' logs stands. */
  readonly cursor: FollowerCursor<FollowerState>;
  /** Where it stood when this life began; undefined: nowhere. */
  readonly mirroredBefore: number | undefined;
  /** What the last look of the work loop showed. */
  readonly seen: SeenChain;
  /** Looks at the newest blocks now, shared by all who ask at once. Throws KeyquorumError FINALITY_BROKEN, ChainUnavailableError. */
  readonly look: () => Promise<Heads>;
  /** The same, or the look before where that began at most `headLookMilliseconds` ago and is no lower than `least`: for decisions about readers (D76). */
  readonly recentLook: (least: number) => Promise<LookedHeads>;
  readonly guard: FinalityGuard;
  readonly standing: Standing;
  readonly balance: Balance;
  readonly transactions: Transactions;
  /** Goes on with what earlier lives of this keeper sent. Throws ChainUnavailableError. */
  readonly resumeSending: () => Promise<void>;
};
