import type { Point } from "@keyquorum/threshold";
import type { Address } from "@keyquorum/wire";
import type { Shadows } from "../formats/bodies.ts";
import type { WalletKeyServer } from "../wallets/walletOperations.ts";
import type { ServerSets } from "./serversSet.ts";

/**
 * What the routes of a key server call: the keeper that a client asked, as coordinator. Every function throws KeyServerError of the kinds that are named, and
 * KeyServerError Internal, or the keeper's own errors, where nobody can say (no chain, no vault): those are told as Internal, never as a refusal.
 */
export type KeyServer = {
  /**
   * Generates a server key; 64 bytes, public. Throws ServerKeyAlreadyGenerated, DuplicateSessionId (another generation of the id is under way),
   * NotEnoughNodesForThreshold (threshold + 1 above the number of members), NodeDisconnected (within 5 s).
   */
  readonly generate: (ask: {
    readonly serverKeyId: Uint8Array;
    readonly author: Address;
    readonly threshold: number;
    /** By which members see that the author asked for this id: its own over it (v is 0 or 1), or `encodeWalletProof`. */
    readonly signature: Uint8Array;
  }) => Promise<Uint8Array>;
  /**
   * For whom this keeper holds a server key of the id, or is bound to a session that ends in one; undefined: it stores nothing for it that stays. Asks nobody.
   */
  readonly heldFor: (serverKeyId: Uint8Array) => Promise<Address | undefined>;
  /** The server key, for its author alone. Throws ServerKeyIsNotFound, AccessDenied. */
  readonly publicKey: (ask: { readonly serverKeyId: Uint8Array; readonly requester: Address }) => Promise<Uint8Array>;
  /** Throws ServerKeyIsNotFound, AccessDenied (not the author), DocumentKeyAlreadyStored, ConsensusTemporaryUnreachable (too few to be sure). */
  readonly storeDocumentKey: (ask: {
    readonly serverKeyId: Uint8Array;
    readonly author: Address;
    readonly signature: Uint8Array;
    readonly commonPoint: Point;
    readonly encryptedPoint: Point;
  }) => Promise<void>;
  /**
   * Points as they are stored and proved, without the sign of odd thresholds; what is encrypted is `visibleShadow`: the route cannot turn that.
   * Throws ServerKeyIsNotFound, DocumentKeyIsNotFound, ConsensusUnreachable (denied), ConsensusTemporaryUnreachable (permitted but not final, or too few
   * holders).
   */
  readonly shadows: (ask: {
    readonly serverKeyId: Uint8Array;
    readonly requesterKey: Point;
    readonly signature: Uint8Array;
  }) => Promise<Shadows>;
  /** Who the nodes are: for route (i). Absent: the route is not there. */
  readonly serverSets?: () => Promise<ServerSets>;
  /**
   * Moves the server keys of this keeper to the open epoch, as far as that is not done or under way: resolves when it was begun. Absent: the route is not
   * there. Throws what nobody can do anything about.
   */
  readonly moveKeys?: () => Promise<void>;
  /** What wallets ask beside; undefined: there are no routes for them. */
  readonly wallets?: WalletKeyServer;
  /**
   * The document key itself, 64 bytes, for whom `shadows` would give it to: this keeper learns it. Only asked where the operator's `showKeysToKeeper` is on;
   * without it route (e) answers as where it is off.
   */
  readonly documentKey?: (ask: {
    readonly serverKeyId: Uint8Array;
    readonly requesterKey: Point;
    readonly signature: Uint8Array;
  }) => Promise<Uint8Array>;
};
