import type { EndpointFetch } from "@keyquorum/chain";
import type { BulkWork } from "../bulk/bulkWork.ts";
import type { KeeperExtension } from "../extensions/extension.ts";
import type { PeerTransport } from "../peers/peerTransport.ts";
import type { Shares } from "../shares/shares.ts";
import type { OwnChain, OwnThings, Reporting } from "./foundations.ts";
import type { GiveWay } from "./giveWay.ts";
import type { OwnUrl } from "./ownUrl.ts";
import type { RequestTime } from "./requestTime.ts";
import type { Resends } from "./resends.ts";

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
    /** Computes what would hold up answers, in a thread beside this one. */
    readonly bulk: BulkWork;
    /** Bounds the work of one HTTP request. */
    readonly within: RequestTime["within"];
    /** Throws KeyquorumError while this keeper can answer nothing at all. */
    readonly assertServing: () => void;
    readonly ownUrl: OwnUrl;
    /** Aborts when the keeper stops. */
    readonly stopping: AbortSignal;
    readonly resends: Resends;
  };
