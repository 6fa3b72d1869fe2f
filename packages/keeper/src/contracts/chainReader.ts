import {
  type ContractViews,
  nameOfState,
  OPTIMISTIC_STATUSES,
  type OptimisticStatus,
  PURPOSES,
  type Purpose,
  plain,
  REQUEST_STATUSES,
  type RequestStatus,
  SESSION_STATUSES,
  type SessionStatus,
  viewsOf,
} from "@keyquorum/bindings";
import { askerAt, type Rpc } from "@keyquorum/chain";
import type { Point } from "@keyquorum/threshold";
import { type Address, type Hash32, type KeyId, parseHash32, type RequestId, type SessionId, ZERO_HASH } from "@keyquorum/wire";
import { type Clock, systemClock } from "../run/clock.ts";
import { setNewest } from "../run/newestOnly.ts";
import { refuseBadAnswers } from "./badAnswers.ts";
import { createBlockMemory } from "./blockMemory.ts";
import { type DealingContract, readDealHash } from "./dealHash.ts";
import type { ServedContracts } from "./deployment.ts";
import { type RegistryAt, readRegistry } from "./registryReader.ts";
import { REQUEST_CONTRACTS, type RequestContract } from "./requestContract.ts";
import { type ReshareFacts, readReshare } from "./reshareFacts.ts";
import { pointOf } from "./storedPoint.ts";

export type { CommitteeMember, RegisteredKeeper } from "./registryReader.ts";

/** A key generation session: stored facts and what they mean at one block. Bitmaps have bit `slot` set. */
export type SessionFacts = {
  readonly status: SessionStatus;
  readonly keyId: KeyId;
  readonly purpose: Purpose;
  readonly threshold: number;
  readonly epoch: number;
  /** As the contract counts: compared with no number of a node, and looked up in none (D65). 0 while it is not fixed. */
  readonly shiftBlock: bigint;
  readonly dealt: bigint;
  readonly disqualified: bigint;
  readonly ready: bigint;
  readonly qual: bigint;
  /** Undefined before KeyFinalized. */
  readonly result: { readonly unshifted: Point; readonly shift: bigint; readonly jointKey: Point } | undefined;
};

/** A key. `activeEpoch` 0: not active. */
export type KeyFacts = { readonly purpose: Purpose; readonly activeEpoch: number; readonly publicKey: Point };
export type KeyEpochFacts = {
  readonly threshold: number;
  readonly committee: bigint;
  readonly commitmentsHash: Hash32;
  readonly verifyingRoot: Hash32;
};
export type RequestFacts = {
  readonly status: RequestStatus | OptimisticStatus;
  readonly keyId: KeyId;
  readonly epoch: number;
  readonly quorum: number;
  /** Bit `slot` is set for each keeper that answered. */
  readonly answered: bigint;
  readonly deadline: bigint;
  /** Wei for each answer. */
  readonly fee: bigint;
};

/** What an optimistic request pays per answer, and the slots whose answers were disproved, as bits. */
export type OptimisticFacts = RequestFacts & { readonly fee: bigint; readonly disproved: bigint };

/** What the contracts say at one block, named by its hash. Every method throws ChainUnavailableError when the chain cannot be asked. */
export type ContractsAt = RegistryAt & {
  readonly sessionOf: (sid: SessionId) => Promise<SessionFacts>;
  /** The hash that is the shift of a session, as `finalize` takes it; undefined while it is not there yet, and where it is gone. */
  readonly shiftHashOf: (sid: SessionId) => Promise<Hash32 | undefined>;
  /** The hash of the dealing that a contract took of a dealer in a session; undefined where it took none. */
  readonly dealHashOf: (contract: DealingContract, sid: SessionId, dealer: number) => Promise<Hash32 | undefined>;
  readonly keyOf: (keyId: KeyId) => Promise<KeyFacts | undefined>;
  readonly keyEpochOf: (keyId: KeyId, epoch: number) => Promise<KeyEpochFacts | undefined>;
  /** t+1 of the highest threshold among the keys that are active in an epoch; 0 when none is. */
  readonly quorumIn: (epoch: number) => Promise<number>;
  /** When a key left an epoch for a later one, in seconds of block time; 0 while it is active in it, or never was. */
  readonly retiredAtOf: (keyId: KeyId, epoch: number) => Promise<bigint>;
  readonly reshareOf: (sid: SessionId) => Promise<ReshareFacts>;
  /** The newest reshare session of a key; undefined when there was none. */
  readonly reshareSessionOf: (keyId: KeyId) => Promise<SessionId | undefined>;
  /** How long a request lives, in seconds: the longer of both request contracts. */
  readonly requestLifetime: () => Promise<bigint>;
  readonly requestOf: (contract: RequestContract, requestId: RequestId) => Promise<RequestFacts>;
  readonly optimisticRequestOf: (requestId: RequestId) => Promise<OptimisticFacts>;
  /** Seconds from an optimistic request's deadline to the end of challenges. */
  readonly challengeWindow: () => Promise<bigint>;
  /** Fees that an account earned and nobody withdrew, in wei. */
  readonly creditOf: (contract: RequestContract, operator: Address) => Promise<bigint>;
  /** What a reading session of `requester` must name. PROTOCOL section 5.6. */
  readonly sessionGenerationOf: (requester: string) => Promise<bigint>;
};

export type ChainReader = { readonly at: (blockHash: string) => ContractsAt };

/** `shift` is an array's own method name, which ethers' types confuse with the struct's field; the plain value has the field. */
const shiftOf = (session: object): bigint => (session as { readonly shift: bigint }).shift;

/** Blocks whose readers are kept: the head, the final block, and those of a moment ago. */
const MOST_BLOCKS = 8;

type Options = {
  readonly rpc: Rpc;
  readonly contracts: ServedContracts;
  /** Default: the machine's own. */
  readonly clock?: Pick<Clock, "now">;
  /** Bounds one question that others may wait for, too. Default: nothing does. */
  readonly within?: <Result>(work: () => Promise<Result>) => Promise<Result>;
};

/**
 * Reads the contracts of a deployment, each time at a block that the caller names. `at` costs nothing. Keys that exist, and the generations of reading
 * sessions, are remembered of a block while it is one of the last that were asked about (`blockMemory.ts`): every request needs them. Who is absent, and
 * how long a request lives, is one question for all who ask it at the same time, as all keys of a hand-over do, and is remembered for nobody.
 */
export const createChainReader = ({ rpc, contracts, clock = systemClock, within = (work) => work() }: Options): ChainReader => {
  const keys = createBlockMemory<KeyFacts | undefined>({ clock, within, isKept: (key) => key !== undefined });
  const generations = createBlockMemory<bigint>({ clock, within });
  const absences = createBlockMemory<bigint>({ clock, within, isKept: () => false }); // asked anew by who comes later: a send rests on them
  const lifetimes = createBlockMemory<bigint>({ clock, within, isKept: () => false });
  const made = new Map<string, ContractsAt>();

  const makeAt = (blockHash: string): ContractsAt => {
    const at = refuseBadAnswers(readAt(viewsOf(contracts.deployment, askerAt(rpc, blockHash))));
    return {
      ...at,
      keyOf: (keyId) => keys.once(blockHash, keyId, () => at.keyOf(keyId)),
      removedKeepers: () => absences.once(blockHash, "removed", at.removedKeepers),
      requestLifetime: () => lifetimes.once(blockHash, "lifetime", at.requestLifetime),
      absentIn: (epoch, slots) => absences.once(blockHash, `${epoch} ${slots}`, () => at.absentIn(epoch, slots)),
      sessionGenerationOf: (requester) => generations.once(blockHash, requester, () => at.sessionGenerationOf(requester)),
    };
  };
  return {
    at: (blockHash) => {
      const at = made.get(blockHash) ?? makeAt(blockHash);
      setNewest(made, blockHash, at, MOST_BLOCKS);
      return at;
    },
  };
};

const readAt = ({
  keeperRegistry,
  keyGeneration,
  keyResharing,
  optimisticRequests,
  readerSessions,
  shareRequests,
}: ContractViews): ContractsAt => ({
  ...readRegistry(keeperRegistry),
  sessionOf: async (sid) => {
    const [status, stored] = await Promise.all([keyGeneration.statusOf(sid), keyGeneration.sessionOf(sid)]);
    const session = plain(stored);
    const [unshifted, jointKey] = [pointOf(session.unshifted), pointOf(session.jointKey)];
    return {
      status: nameOfState(SESSION_STATUSES, status),
      keyId: parseHash32(session.keyId) as KeyId,
      purpose: nameOfState(PURPOSES, session.purpose),
      threshold: Number(session.threshold),
      epoch: Number(session.epoch),
      shiftBlock: session.shiftBlock,
      dealt: session.dealt,
      disqualified: session.disqualified,
      ready: session.ready,
      qual: session.qual,
      result: unshifted === undefined || jointKey === undefined ? undefined : { unshifted, shift: shiftOf(session), jointKey },
    };
  },
  shiftHashOf: async (sid) => {
    const hash = parseHash32(await keyGeneration.shiftHashOf(sid));
    return hash === ZERO_HASH ? undefined : hash;
  },
  dealHashOf: (contract, sid, dealer) => readDealHash({ keyGeneration, keyResharing }, contract, sid, dealer),
  keyOf: async (keyId) => {
    const key = plain(await keyGeneration.keyOf(keyId));
    const publicKey = pointOf(key.publicKey);
    return publicKey === undefined
      ? undefined
      : { purpose: nameOfState(PURPOSES, key.purpose), activeEpoch: Number(key.activeEpoch), publicKey };
  },
  keyEpochOf: async (keyId, epoch) => {
    const found = plain(await keyGeneration.keyEpochOf(keyId, epoch));
    if (found.members === 0n) return undefined;
    return {
      threshold: Number(found.threshold),
      committee: found.committee,
      commitmentsHash: parseHash32(found.commitmentsHash),
      verifyingRoot: parseHash32(found.verifyingRoot),
    };
  },
  quorumIn: async (epoch) => Number(await keyGeneration.quorumIn(epoch)),
  retiredAtOf: (keyId, epoch) => keyGeneration.retiredAtOf(keyId, epoch),
  reshareOf: (sid) => readReshare(keyResharing, sid),
  reshareSessionOf: async (keyId) => {
    const sid = parseHash32(await keyResharing.sessionOf(keyId));
    return sid === ZERO_HASH ? undefined : (sid as SessionId);
  },
  requestLifetime: async () => {
    const contracts = { shareRequests, optimisticRequests };
    const lifetimes = await Promise.all(REQUEST_CONTRACTS.map((name) => contracts[name].requestLifetime()));
    return lifetimes.reduce((longest, lifetime) => (lifetime > longest ? lifetime : longest));
  },
  requestOf: async (contract, requestId) => {
    if (contract === "optimisticRequests") return readOptimistic(optimisticRequests, requestId);
    const [status, stored] = await Promise.all([shareRequests.statusOf(requestId), shareRequests.requestOf(requestId)]);
    return { status: nameOfState(REQUEST_STATUSES, status), ...factsOf(plain(stored)) };
  },
  optimisticRequestOf: (requestId) => readOptimistic(optimisticRequests, requestId),
  challengeWindow: () => optimisticRequests.challengeWindow(),
  creditOf: (contract, operator) => (contract === "shareRequests" ? shareRequests : optimisticRequests).creditOf(operator),
  sessionGenerationOf: (requester) => readerSessions.generationOf(requester),
});

const readOptimistic = async (optimisticRequests: ContractViews["optimisticRequests"], requestId: RequestId): Promise<OptimisticFacts> => {
  const [status, stored] = await Promise.all([optimisticRequests.statusOf(requestId), optimisticRequests.requestOf(requestId)]);
  const request = plain(stored);
  const { fee, disproved } = request;
  return { status: nameOfState(OPTIMISTIC_STATUSES, status), ...factsOf(request), fee, disproved };
};

/** What both contracts store of a request. */
const factsOf = (request: {
  readonly keyId: string;
  readonly epoch: bigint;
  readonly quorum: bigint;
  readonly answered: bigint;
  readonly deadline: bigint;
  readonly fee: bigint;
}): Omit<RequestFacts, "status"> => ({
  keyId: parseHash32(request.keyId) as KeyId,
  epoch: Number(request.epoch),
  quorum: Number(request.quorum),
  answered: request.answered,
  deadline: request.deadline,
  fee: request.fee,
});
