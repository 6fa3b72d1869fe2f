import { blocksLeftOf, FAILURE_REASONS, nameOfState, PURPOSES, plain, SESSION_STATUSES, type SessionStatus } from "@keyquorum/bindings";
import { checksumAddress, type KeyId, parseAddress, slotsOf } from "@keyquorum/wire";
import type { TaskContext } from "../context.ts";
import { UsageError } from "../usageError.ts";
import { describeLeft } from "./describeLeft.ts";
import { thresholdSentence } from "./thresholdSentence.ts";

/** Why a keeper is named when a session fails. */
export type Culprit = {
  readonly slot: number;
  readonly name: string;
  readonly fault: "did not deal" | "dealt a wrong share" | "did not confirm its share" | "was removed";
};

/** A key and its newest session, with the keepers by slot. */
export type KeyStatus = {
  readonly keyId: KeyId;
  readonly sid: string;
  readonly purpose: string;
  readonly status: SessionStatus;
  /** t: t keepers together learn nothing; t+1 are needed. */
  readonly threshold: number;
  readonly epoch: number;
  readonly members: readonly number[];
  readonly dealt: readonly number[];
  readonly disqualified: readonly number[];
  readonly ready: readonly number[];
  /** The last block of the phase as the contracts count, which on some chains is not as nodes count; 0 when no block ends it. */
  readonly phaseEnd: number;
  /** How many of the contracts' blocks are left of the phase at most; 0 when no block ends it. */
  readonly blocksLeft: number;
  readonly failure: string;
  readonly culprits: readonly Culprit[];
  readonly publicKeyAddress: string;
  readonly activeEpoch: number;
};

/** Reads a key's state, all of it as of one block. Throws UsageError when nobody asked for it. */
export const readKeyStatus = async (context: TaskContext, keyId: KeyId): Promise<KeyStatus> => {
  const { keyGeneration, keeperRegistry } = await context.contracts();
  const { provider } = await context.connection();
  const blockTag = await provider.getBlockNumber();
  const key = plain(await keyGeneration.keyOf(keyId, { blockTag }));
  if (BigInt(key.requester) === 0n) throw new UsageError(`No one has requested the key ${keyId} in this deployment.`);
  const sid = key.session;
  const [found, status, phaseEnd, records, removed] = await Promise.all([
    keyGeneration.sessionOf(sid, { blockTag }),
    keyGeneration.statusOf(sid, { blockTag }),
    keyGeneration.phaseEndOf(sid, { blockTag }),
    keeperRegistry.keepers({ blockTag }),
    keeperRegistry.removedKeepers({ blockTag }),
  ]);
  const session = plain(found);
  const nameOf = new Map(plain(records).map((record) => [Number(record.slot), record.name]));
  const failure = nameOfState(FAILURE_REASONS, session.failure);
  const [members, dealt, disqualified, ready] = [session.committee, session.dealt, session.disqualified, session.ready].map(slotsOf) as [
    number[],
    number[],
    number[],
    number[],
  ]; // four in, four out
  const blame = (slots: readonly number[], fault: Culprit["fault"]): Culprit[] =>
    slots.map((slot) => ({ slot, name: nameOf.get(slot) ?? "", fault }));
  return {
    keyId,
    sid,
    purpose: nameOfState(PURPOSES, key.purpose),
    status: nameOfState(SESSION_STATUSES, status),
    threshold: Number(session.threshold),
    epoch: Number(session.epoch),
    members,
    dealt,
    disqualified,
    ready,
    phaseEnd: Number(phaseEnd),
    blocksLeft: await blocksLeftOf(provider, Number(phaseEnd), { blockTag }),
    failure,
    culprits: [
      ...blame(removedOf(failure, members, removed), "was removed"),
      ...blame(ranOutOfTime(failure) ? members.filter((slot) => !dealt.includes(slot)) : [], "did not deal"),
      ...blame(disqualified, "dealt a wrong share"),
      ...blame(
        ranOutOfTime(failure) && session.finalizedAt !== 0n ? members.filter((slot) => !ready.includes(slot)) : [],
        "did not confirm its share",
      ),
    ],
    publicKeyAddress: key.publicKeyAddress,
    activeEpoch: Number(key.activeEpoch),
  };
};

/** After a removal nobody had run out of time: the session was over at once. */
const ranOutOfTime = (failure: string): boolean => failure !== "None" && failure !== "MemberRemoved";
const removedOf = (failure: string, members: readonly number[], removed: bigint): readonly number[] =>
  failure === "MemberRemoved" ? members.filter((slot) => slotsOf(removed).includes(slot)) : [];

/** What happens in a session right now, in a line. */
export const describePhase = ({ status, members, dealt, disqualified, ready, threshold, failure }: KeyStatus): string => {
  switch (status) {
    case "Dealing":
      return `Dealing: ${dealt.length} of ${members.length} keepers have dealt`;
    case "Disputing":
      return `Disputing: keepers check their shares; ${disqualified.length} dealers are disqualified`;
    case "AwaitingShift":
      return "Waiting for the block that removes the bias";
    case "Finalizing":
      return `Finalizing: any keeper fixes the joint key`;
    case "AwaitingReady":
      return `Confirming: ${ready.length} keepers hold their share durably, ${2 * threshold + 1} are needed`;
    case "Active":
      return "Active";
    case "Overdue":
      return "Overdue: it can no longer succeed; anyone may call `fail` to record it";
    case "Failed":
      return `Failed: ${FAILURES[failure] ?? failure}`;
    case "Unknown":
      return "No session";
  }
};

const FAILURES: Readonly<Record<string, string>> = {
  TooFewDealers: "too few keepers dealt rightly",
  BadSum: "the dealt constants sum to no usable key",
  NotFinalized: "nobody finalized it in time",
  NotReady: "too few keepers confirmed their share in time",
  MemberRemoved: "a keeper of its epoch was removed while it was made, and no share goes to a removed keeper",
};

/** Facts for people. */
export const printKeyStatus = ({ terminal }: TaskContext, state: KeyStatus): void => {
  const list = (slots: readonly number[]): string => (slots.length === 0 ? "none" : slots.join(", "));
  terminal.facts([
    ["Key", state.keyId],
    ["Status", `${describePhase(state)}${describeLeft(state)}`],
    ["Purpose", state.purpose],
    ["Threshold", `${state.threshold}: ${thresholdSentence(state.threshold)}`],
    ["Epoch", String(state.epoch)],
    ["Keepers", list(state.members)],
    ["Have dealt", list(state.dealt)],
    ["Disqualified", list(state.disqualified)],
    ["Have confirmed", list(state.ready)],
    ...(state.activeEpoch === 0 ? [] : ([["Address", checksumAddress(parseAddress(state.publicKeyAddress))]] as const)),
    ["Session", state.sid],
  ]);
  if (state.culprits.length === 0) return;
  terminal.print();
  terminal.table(
    ["SLOT", "KEEPER", "FAULT"],
    state.culprits.map(({ slot, name, fault }) => [String(slot), name, fault]),
  );
};
