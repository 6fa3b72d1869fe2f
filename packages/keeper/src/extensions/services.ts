import type {
  BlockRef,
  CallResult,
  Heads,
  PermissionDecision,
  PermissionQuestion,
  Rpc,
  SignatureClaim,
  SignatureVerdict,
} from "@keyquorum/chain";
import type { HttpRoute } from "@keyquorum/http";
import type { Complaint, Dealing, HedgedRandom, NonceUse, OpenedShare, Point, ShareToOpen } from "@keyquorum/threshold";
import type { HeldUsage, LogStore, MirroredLog } from "@keyquorum/vault";
import type { Address, Hash32, Hex, PeerStatement } from "@keyquorum/wire";
import type { CommitteeMember } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import type { ChainView } from "../following/followChain.ts";
import type { PeerAnswerer, PeerTransport } from "../peers/peerTransport.ts";
import type { Logger } from "../report/logger.ts";
import type { Clock } from "../run/clock.ts";
import type { OwnMetrics } from "./ownMetrics.ts";

/**
 * What a keeper does for an extension, and all that it does: `KeeperExtension.start` gets it once, before the keeper asks any chain. Everything that has
 * a name is named within the extension: two extensions never meet in a table, a cursor, a kind of transaction or of work, a metric, or a nonce.
 * No secret of the keeper's leaves it: secrets are operations here.
 */
export type ExtensionServices = {
  readonly chain: ExtensionChain;
  /**
   * Decides about a permission as this keeper does for its own answers: the newest block and the final one, each by hash, one fixed call. No answer, no
   * record, no limit comes with it. To be asked before every send. `heads`: as of which blocks it was decided. Throws KeyquorumError FINALITY_BROKEN,
   * ChainUnavailableError: neither says anything about the permission.
   */
  readonly decidePermission: (question: PermissionQuestion) => Promise<{ readonly decision: PermissionDecision; readonly heads: Heads }>;
  /**
   * Whether an account signed a digest, as this keeper judges its own readers: its key, or its contract at the newest block and the final one (ERC-1271);
   * undeployed accounts of listed factories alone (D61). Throws ChainUnavailableError, which says nothing about the signature.
   */
  readonly verifySignature: (claim: SignatureClaim, heads: Heads) => Promise<SignatureVerdict>;
  /** Writes down, durably when it resolves, that something is given out: before a byte of it leaves. A record of the keeper's own audit log. */
  readonly recordRelease: (release: OwnRelease) => Promise<void>;
  readonly members: ExtensionMembers;
  /** What the operator lets this keeper do with its shares when an epoch opens. */
  readonly epochs: ExtensionEpochs;
  readonly peers: ExtensionPeers;
  readonly epochKeys: EpochKeys;
  readonly transactions: ExtensionTransactions;
  /**
   * Follows other contracts' logs, at every look at the chain before the extension's round, whatever becomes of other followers. A name once: its cursor and
   * its logs go by it. `prune`: of final blocks, what is not needed any more.
   */
  readonly follow: (followed: FollowedContracts) => {
    readonly logs: Pick<LogStore, "find" | "prune">;
    readonly next: () => number | undefined;
  };
  readonly table: (name: string) => OwnTable;
  /** Rows and bytes in the extension's tables, and what they may be at most. */
  readonly held: () => Promise<HeldUsage>;
  /** All or nothing, durable when it resolves; taken back after 30 s (VAULT_TIMEOUT). It holds up the keeper's own writes: wait for nothing in it. */
  readonly transaction: <Result>(work: (tx: OwnStores) => Promise<Result>) => Promise<Result>;
  readonly clock: Clock;
  /** Secret bytes for one use, hedged: see `NonceSource`. The purpose is the extension. Name each use by its own session and statement. */
  readonly random: (use: Omit<NonceUse, "purpose">) => HedgedRandom;
  /** Its lines carry the extension's name. */
  readonly log: Logger;
  readonly metrics: OwnMetrics;
  /** While a reason of it holds, GET /readyz is 503 and names it, with the extension's name in front. */
  readonly setUnready: (reason: string, holds: boolean) => void;
  /** Throws KeyquorumError while this keeper can answer nothing at all. Ask it first in every route that gives something out. */
  readonly assertServing: () => void;
  /** Aborts when the keeper stops. */
  readonly stopping: AbortSignal;
};

/** What was given out, to whom, and by which decision. Public ids, in 0x hex. */
export type OwnRelease = {
  /** A word of the extension's own: the record's kind is its name and this. */
  readonly kind: string;
  /** Of this one question. */
  readonly requestId: Hash32;
  /** 32 bytes that name what it is about. */
  readonly document: Hash32;
  readonly requester: Address;
  /** As of which blocks it was permitted. */
  readonly heads: Heads;
};

/** How the keeper sees the chain. */
export type ExtensionChain = {
  /** The providers of the configuration, asked as one: calls end when the keeper stops. */
  readonly rpc: Rpc;
  readonly contracts: ServedContracts;
  /** What the last look of the work loop showed; undefined before the first. */
  readonly seen: () => ChainView | undefined;
  /** Looks now. Throws KeyquorumError FINALITY_BROKEN, ChainUnavailableError. */
  readonly look: () => Promise<Heads>;
  /** Asks any contract, as of one block. `data`: selector and arguments in hex. Throws ChainUnavailableError: it says nothing about the answer. */
  readonly call: (question: { readonly to: Address; readonly data: Hex }, block: Pick<BlockRef, "hash">) => Promise<CallResult>;
};

/**
 * Signs by an identity key, under the tag of this extension (`extensionTag` of wire), and never a digest that somebody else chose: that could be a
 * receipt, or another keeper's question of a repair. 65 bytes, over `peerDigest`.
 */
export type SignStatement = (statement: Omit<PeerStatement, "tag">) => Uint8Array;

/** Who serves in which epoch, and this keeper among them. All throw ChainUnavailableError. */
export type ExtensionMembers = {
  /** The newest epoch that is open at a block; 0 while there is none. */
  readonly epochAt: (block: BlockRef) => Promise<number>;
  /** By ascending slot; none while the epoch is not open at the head. */
  readonly of: (epoch: number, heads: Heads) => Promise<readonly CommitteeMember[]>;
  /**
   * Slots of members that take no part in an epoch any more, by the head or by the final block: removed, or with an account or an identity key there
   * that was revoked as stolen. What such a key signs counts for nothing.
   */
  readonly absent: (epoch: number, heads: Heads) => Promise<readonly number[]>;
  /** As the registry has it at the head; undefined where it has none. */
  readonly endpointOf: (slot: number, heads: Heads) => Promise<string | undefined>;
  /** This keeper's part in an epoch. Undefined: it is not a member, or the identity key that the epoch froze is lost. */
  readonly own: (epoch: number, heads: Heads) => Promise<{ readonly slot: number; readonly sign: SignStatement } | undefined>;
};

/** Why a share stays. `reason`: a stable word; `why`: for the operator, and what would change it. */
export type Withheld = { readonly reason: string; readonly why: string };

/** The operator's delay, veto and least threshold (D57), and the rule by which former shares go. All throw ChainUnavailableError. */
export type ExtensionEpochs = {
  /** Undefined: this keeper may give a share of its own to these members of an epoch. To be asked again after every wait. `threshold`: t there. */
  readonly withheldFrom: (
    into: {
      readonly epoch: number;
      readonly threshold: number;
      readonly members: readonly Pick<CommitteeMember, "slot" | "encryptionKey">[];
    },
    heads: Heads,
  ) => Promise<Withheld | undefined>;
  /** How long, by this keeper's clock, the chain must call a later epoch open without a break before a share is erased that was moved there. */
  readonly eraseDelayMilliseconds: (heads: Heads) => Promise<number>;
};

/** Other keepers, by the peers module that repairs use: messages are `PeerMessage`s of wire, or of the extension's own in the same form. */
export type ExtensionPeers = PeerTransport & {
  /** A route that answers these messages, within the time of one request. What is signed in them, the answerer checks. */
  readonly answer: (answerers: readonly PeerAnswerer[]) => HttpRoute;
};

/** Operations by this keeper's encryption secret of an epoch. Undefined: it has none of that epoch, or not any more. */
export type EpochKeys = {
  /**
   * 32 secret bytes that are shared with whoever has the secret of `point` (`agreeOnKey` of threshold, with the extension's name as purpose): of an
   * ephemeral key to open what was encrypted to this keeper, of another member's epoch key for what two members encrypt to each other.
   */
  readonly agree: (use: { readonly epoch: number; readonly point: Point; readonly context: Uint8Array }) => Promise<Uint8Array | undefined>;
  /**
   * Opens the share that a dealing has for this keeper. Throws KeeperError EXTENSION_INVALID for a session of the chain: those are the keeper's own.
   * Throws what `ExtensionChain.look` does while nobody can say whether it is one.
   */
  readonly openShare: (epoch: number, dealt: Omit<ShareToOpen, "encryptionSecret">) => Promise<OpenedShare | undefined>;
  /**
   * Proves that a dealing's share for this keeper is wrong: it publishes that share. Only for a dealing whose dealer proved its possessions for this very
   * session, as anything else might open another dealing. Throws KeeperError EXTENSION_INVALID otherwise, and for a session of the chain.
   */
  readonly complain: (
    epoch: number,
    dealt: { readonly sid: Uint8Array; readonly dealer: number; readonly recipient: number; readonly dealing: Dealing },
  ) => Promise<Complaint | undefined>;
};

/** From this keeper's account, in the order of its nonces. Which may be sent again later, the extension's `mayResend` says by kind and subject. */
export type ExtensionTransactions = {
  /** The same kind and subject is the same transaction: posting it again is harmless. Sends in the background: look at the chain for what came of it. */
  readonly post: (call: {
    readonly kind: string;
    readonly subject: string;
    readonly to: Address;
    readonly data: Hex;
    readonly gasLimit?: bigint;
  }) => void;
  /** Whether posting it now would do nothing. */
  readonly isBusy: (kind: string, subject: string) => boolean;
  /** The block in which it was mined and did what it should; a block that is not final may still go. Undefined: none (yet), or it was withdrawn. */
  readonly minedIn: (kind: string, subject: string) => Promise<number | undefined>;
  /** Wei; asked now and then. Throws ChainUnavailableError. */
  readonly balance: () => Promise<bigint>;
  /** Whether that is the operator's reserve at least: below it the keeper answers nothing on chain. Throws ChainUnavailableError. */
  readonly isFunded: () => Promise<boolean>;
  readonly account: Address;
};

/** Contracts that an extension follows, reorgs included, as the keeper follows its own. */
export type FollowedContracts = {
  readonly name: string;
  /** Lower-case hex. For an address that is added later: another name, and its own first block. */
  readonly addresses: readonly string[];
  /** Logs with another first topic are passed over. Default: all. */
  readonly topics?: readonly string[];
  /** No log of interest is older. */
  readonly fromBlock: number;
  /** What logs start, in the transaction that mirrors them: it writes work or rows down, and nothing else. A log may come again after a reorg. */
  readonly onLogs?: (tx: OwnStores, logs: readonly MirroredLog[]) => Promise<void>;
  /** Logs above this block are gone: what was written down for them goes in the same transaction. */
  readonly onRollback?: (tx: OwnStores, toBlock: number) => Promise<void>;
};

/** Sealed rows by key, bound to the extension, the table and the key. Names and keys: what the vault's `SealedTableStore` takes. */
export type OwnTable = {
  readonly get: (key: string) => Promise<Uint8Array | undefined>;
  readonly put: (key: string, value: Uint8Array) => Promise<void>;
  /** Destroys the row's key: its content cannot be read from the file any more. */
  readonly delete: (key: string) => Promise<void>;
  /** Keys in the order of their bytes, behind `after`. */
  readonly list: (page?: { readonly after?: string; readonly limit?: number }) => Promise<readonly string[]>;
};

/** What an extension may write in one transaction. */
export type OwnStores = {
  readonly table: (name: string) => OwnTable;
  /** With what this transaction has changed. */
  readonly held: () => Promise<HeldUsage>;
  /** Adds a piece of work of one of the extension's own kinds; false where it is there already. */
  readonly addWork: (work: { readonly kind: string; readonly subject: string; readonly payload: unknown }) => Promise<boolean>;
};
