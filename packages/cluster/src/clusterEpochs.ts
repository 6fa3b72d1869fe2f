import type { Contracts } from "@keyquorum/bindings";
import type { ClusterKeeper } from "./clusterKeeper.ts";
import type { ClusterStep } from "./clusterStep.ts";
import type { LocalChain } from "./localChain.ts";
import { mineRestOf, type Phase, phaseOf } from "./phase.ts";
import { describeReshareFailure, type NamedKeeper } from "./sessionFailure.ts";
import { type WaitLimit, waitFor } from "./waitFor.ts";

/** IKeyResharing.ReshareStatus */
export const RESHARE_STATUS = { unknown: 0, dealing: 1, disputing: 2, awaitingReady: 3, active: 4, overdue: 5, failed: 6 } as const;

/** A member without a keeper process. `postKey` posts its encryption key of a proposed epoch. */
export type OtherMember = { readonly slot: number; readonly postKey: (epoch: number) => Promise<void> };

/** A key that has moved. */
export type ReshareOutcome = {
  readonly sid: string;
  readonly fromEpoch: number;
  readonly epoch: number;
  readonly milliseconds: number;
};

/** How a reshare is waited for. */
export type ReshareWait = {
  readonly blocks?: number;
  /** Old members that will not deal: when all others have, what is left of DEAL is mined at once. */
  readonly silent?: readonly number[];
  /** Dealers that are to be disqualified: what is left of DISPUTE is not mined at once before they are. */
  readonly liars?: readonly number[];
};

/** A cluster's governance over its epochs. */
export type ClusterEpochs = {
  /**
   * Proposes an epoch, waits until its keepers have posted their keys, and opens it. Returns its number.
   * @param options.members slots of the candidates; default: all that are not removed
   * @param options.waitForKeys slots whose keys are awaited; default: the candidates whose process runs
   */
  readonly openEpoch: (options?: {
    readonly members?: readonly number[];
    readonly waitForKeys?: readonly number[];
    readonly blocks?: number;
  }) => Promise<number>;
  /** Asks that a key be moved to the newest epoch and returns the session's id at once. */
  readonly requestReshare: (keyId: string, threshold: number) => Promise<string>;
  /** Waits until a reshare is in one of these statuses, and returns which. Throws when it has failed and that is none of them, saying why. */
  readonly untilReshare: (sid: string, statuses: readonly number[], wait?: ReshareWait) => Promise<number>;
  /** Reshares a key to the newest epoch and waits until it is active there. Throws when the session has failed, saying why. */
  readonly reshare: (keyId: string, threshold: number, wait?: ReshareWait) => Promise<ReshareOutcome>;
  /** Opens an epoch with these members and reshares keys to it, one after another. Default: every key that is active. */
  readonly handOver: (
    options: { readonly members?: readonly number[]; readonly threshold: number; readonly keyIds?: readonly string[] } & ReshareWait,
  ) => Promise<{ readonly epoch: number; readonly reshares: readonly ReshareOutcome[] }>;
};

export const createClusterEpochs = (context: {
  /** How long a reshare is waited for, in blocks. */
  readonly sessionBlocks: number;
  /** Whether blocks that nobody needs are mined at once: those of DISPUTE, and those of DEAL when only the silent are left. */
  readonly skipsDispute: boolean;
  readonly chain: LocalChain;
  readonly contracts: Contracts;
  readonly keepers: readonly ClusterKeeper[];
  /** The keepers, as a failure tells of them. */
  readonly named: () => readonly NamedKeeper[];
  readonly others: readonly OtherMember[];
  readonly onStep: (step: ClusterStep) => void;
}): ClusterEpochs => {
  const { contracts, keepers, others } = context;
  const { keeperRegistry, keyGeneration, keyResharing } = contracts;
  const limitOf = (blocks: number | undefined): WaitLimit => ({ chain: context.chain, ...(blocks === undefined ? {} : { blocks }) });

  const openEpoch: ClusterEpochs["openEpoch"] = async ({ members = [], waitForKeys, blocks } = {}) => {
    await (await keeperRegistry.proposeEpoch(bitmapOf(members))).wait();
    const epoch = Number(await keeperRegistry.lastEpoch());
    const candidates = await keeperRegistry.candidatesOf(epoch);
    const isCandidate = ({ slot }: { readonly slot: number }): boolean => (candidates & bitmapOf([slot])) !== 0n;
    for (const member of others.filter(isCandidate)) await member.postKey(epoch);
    const awaited = waitForKeys ?? keepers.filter((keeper) => isCandidate(keeper) && isRunning(keeper)).map(({ slot }) => slot);
    await waitFor(
      `the keys of slots ${awaited.join(", ")} for epoch ${epoch} are posted`,
      async (saw) => {
        const posted = await Promise.all(awaited.map((slot) => keeperRegistry.epochKeyOf(epoch, slot)));
        saw(`those of slots ${awaited.filter((_slot, index) => posted[index]?.x !== 0n).join(", ") || "none"}`);
        return posted.every(({ x }) => x !== 0n);
      },
      limitOf(blocks),
    );
    const opened = await (await keeperRegistry.openEpoch(epoch)).wait();
    const count = (await keeperRegistry.committeeOf(epoch)).length;
    context.onStep({ kind: "epochOpened", epoch, members: count, gasUsed: opened?.gasUsed ?? 0n });
    return epoch;
  };
  const requestReshare: ClusterEpochs["requestReshare"] = async (keyId, threshold) => {
    await (await keyResharing.requestReshare(keyId, threshold)).wait();
    return keyResharing.sessionOf(keyId);
  };
  const untilReshare: ClusterEpochs["untilReshare"] = (sid, statuses, wait = {}) =>
    waitFor(
      `the reshare is ${statuses.map(nameOfStatus).join(" or ")}`,
      async (saw) => {
        const phase = await phaseOf(context.chain, keyResharing, sid);
        const { status } = phase;
        saw(nameOfStatus(status));
        if (statuses.includes(status)) return status;
        if (context.skipsDispute && (await isIdle(sid, phase, wait))) await mineRestOf(context.chain, phase);
        if (status !== RESHARE_STATUS.failed) return undefined;
        throw new Error(`The reshare was to be ${statuses.map(nameOfStatus).join(" or ")}. ${await failureOf(sid)}`);
      },
      limitOf(wait.blocks ?? context.sessionBlocks),
    );
  /** Whether nobody has anything to do in the rest of a phase. */
  const isIdle = async (sid: string, { status, block }: Phase, { silent = [], liars = [] }: ReshareWait): Promise<boolean> => {
    if (status !== RESHARE_STATUS.dealing && status !== RESHARE_STATUS.disputing) return false;
    const { dealers, dealt, disqualified } = await keyResharing.reshareOf(sid, { blockTag: block });
    if (status === RESHARE_STATUS.disputing) return (bitmapOf(liars) & ~disqualified) === 0n;
    return silent.length > 0 && (dealers & ~dealt & ~bitmapOf(silent)) === 0n;
  };
  const failureOf = async (sid: string): Promise<string> => {
    const [log] = await keyResharing.queryFilter(keyResharing.filters.ReshareFailed(undefined, sid));
    return log === undefined ? "It failed, and the chain no longer says why." : describeReshareFailure(log.args, context.named());
  };
  const reshare: ClusterEpochs["reshare"] = async (keyId, threshold, wait = {}) => {
    const started = Date.now();
    const sid = await requestReshare(keyId, threshold);
    await untilReshare(sid, [RESHARE_STATUS.active], wait);
    const milliseconds = Date.now() - started;
    const { fromEpoch, epoch } = await keyResharing.reshareOf(sid);
    return { sid, fromEpoch: Number(fromEpoch), epoch: Number(epoch), milliseconds };
  };
  const activeKeys = async (): Promise<readonly string[]> => {
    const made = await keyGeneration.queryFilter(keyGeneration.filters.KeyReady());
    return made.map(({ args }) => args.keyId);
  };
  const handOver: ClusterEpochs["handOver"] = async ({ members, threshold, keyIds, ...wait }) => {
    const epoch = await openEpoch(members === undefined ? {} : { members });
    const reshares: ReshareOutcome[] = [];
    for (const keyId of keyIds ?? (await activeKeys())) reshares.push(await reshare(keyId, threshold, wait));
    return { epoch, reshares };
  };
  return { openEpoch, requestReshare, untilReshare, reshare, handOver };
};

const nameOfStatus = (status: number): string =>
  Object.entries(RESHARE_STATUS).find(([, value]) => value === status)?.[0] ?? `status ${status}`;

/** Bit `slot` is set for each. */
export const bitmapOf = (slots: readonly number[]): bigint => slots.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n);

const isRunning = (keeper: ClusterKeeper): boolean => {
  try {
    return keeper.process().isRunning();
  } catch {
    return false; // it was never started
  }
};
