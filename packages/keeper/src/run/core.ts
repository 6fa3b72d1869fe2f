import type { EndpointFetch, FollowerState, Heads, Rpc } from "@keyquorum/chain";
import type { NonceSource } from "@keyquorum/threshold";
import type { FollowerCursor, Vault } from "@keyquorum/vault";
import type { Address } from "@keyquorum/wire";
import type { KeeperConfig } from "../config/parseConfig.ts";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import type { KeeperExtension } from "../extensions/extension.ts";
import type { FinalityGuard } from "../following/finalityGuard.ts";
import type { SeenChain } from "../following/seenChain.ts";
import type { KeeperIdentities } from "../membership/identity.ts";
import type { Standing } from "../membership/standing.ts";
import type { PeerTransport } from "../peers/peerTransport.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import type { Readiness } from "../report/readiness.ts";
import type { Shares } from "../shares/shares.ts";
import type { Balance } from "./balance.ts";
import type { Clock } from "./clock.ts";
import type { GiveWay } from "./giveWay.ts";
import type { OwnUrl } from "./ownUrl.ts";
import type { RequestTime } from "./requestTime.ts";
import type { Resends } from "./resends.ts";
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
  readonly guard: FinalityGuard;
  readonly standing: Standing;
  readonly balance: Balance;
  readonly transactions: Transactions;
  /** Goes on with what earlier lives of this keeper sent. Throws ChainUnavailableError. */
  readonly resumeSending: () => Promise<void>;
};

/**
 * What every story of a keeper stands on. A story takes it whole; its inner functions take what they use, under the same names, so that it can be
 * handed on as it is.
 */
export type Core = OwnThings &
  Reporting &
  OwnChain & {
    readonly shares: Shares;
    /** Asks other keepers, at their endpoints in the registry. */
    readonly peers: PeerTransport;
    /** How they are reached: public addresses only, unless the operator or a local chain allows others. */
    readonly fetchPeer: EndpointFetch;
    /** What others added to this keeper: the sessions and the answers let them change what leaves. */
    readonly extensions: readonly KeeperExtension[];
    /** Lets answers go before long computations. */
    readonly giveWay: GiveWay;
    /** Bounds the work of one HTTP request. */
    readonly within: RequestTime["within"];
    /** Throws KeyquorumError while this keeper can answer nothing at all. */
    readonly assertServing: () => void;
    readonly ownUrl: OwnUrl;
    /** Aborts when the keeper stops. */
    readonly stopping: AbortSignal;
    readonly resends: Resends;
  };
