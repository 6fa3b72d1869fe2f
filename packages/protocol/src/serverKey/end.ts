import type { Point } from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import { type DriverPorts, expectKind, isOtherwise, roundOf } from "./ask.ts";
import { isAbort, isConfirmation, isOfAll, isVerdict, readShownDealing } from "./checks.ts";
import { judgeComplaint } from "./complaints.ts";
import { ServerKeyFailure } from "./failure.ts";
import type { ServerKeySession, Signed, VerdictAnswer } from "./messages.ts";
import type { RowName } from "./moved.ts";
import { resultOf } from "./ownAnswers.ts";
import { askAll, failureOfOtherwise } from "./round.ts";
import { type AcceptedRow, type ConfirmedRow, isBound } from "./rows.ts";
import type { ServerKeyContext } from "./session.ts";

/**
 * Ends the session that this member is bound to: collects what it lacks, and tells the others. Resolves with the key; throws ServerKeyFailure where it
 * cannot be ended now (somebody is absent), or never (it was given up: ABORTED, and this member's row with it where that is safe).
 */
export const endSession = async (ports: DriverPorts, context: ServerKeyContext, name: RowName): Promise<Point> => {
  const { own } = ports;
  const row = await own.rowOf(name);
  if (row?.stage === "generated") return resultOf(row).publicKey;
  if (row === undefined || !isBound(row)) throw new ServerKeyFailure("ABORTED");
  const found: Found = {};
  try {
    const verdicts = row.stage === "confirmed" ? row.verdicts : await collectVerdicts(ports, context, row, found);
    found.confirmations = await collectConfirmations(ports, context, row, verdicts, found);
  } catch (error) {
    if (found.confirmations === undefined) throw error;
  }
  await tellResult(ports, context, { proposal: row.proposal, sid: row.sid }, found.confirmations);
  return resultOf(row).publicKey;
};

/** All confirmations, as soon as anybody has them. */
type Found = { confirmations?: readonly Signed[] };

const collectVerdicts = async (
  ports: DriverPorts,
  context: ServerKeyContext,
  row: AcceptedRow | ConfirmedRow,
  found: Found,
): Promise<readonly Signed[]> => {
  const { slots, member } = roundOf(ports, context);
  const session = { proposal: row.proposal, sid: row.sid };
  const ask = { ...session, dealings: row.dealings };
  const echo = hexToBytes(row.echo, 32);
  return askAll(slots, async (slot) => {
    const answer = await member(slot).verdict(ask, context.slot);
    const against = againstSession(context, row, slot, answer);
    if (against !== undefined) {
      if (against.reason !== "BAD_ANSWER") await ports.own.giveUpAccepted(session);
      throw against;
    }
    lookForEnd(context, row, answer, found);
    return expectKind<VerdictAnswer, "verdict">(slot, "verdict", Promise.resolve(answer), (given) =>
      isVerdict(context, session, echo, given),
    );
  });
};

const collectConfirmations = async (
  ports: DriverPorts,
  context: ServerKeyContext,
  row: AcceptedRow | ConfirmedRow,
  verdicts: readonly Signed[],
  found: Found,
): Promise<readonly Signed[]> => {
  const { slots, member } = roundOf(ports, context);
  const session = { proposal: row.proposal, sid: row.sid };
  const ask = { ...session, verdicts };
  return askAll(slots, async (slot) => {
    const answer = await member(slot).confirm(ask, context.slot);
    if (answer.kind === "aborted") {
      if (answer.slot !== slot || !isAbort(context, session, answer)) throw new ServerKeyFailure("BAD_ANSWER", slot);
      await ports.own.abort({ ...session, slot, signature: answer.signature }, context.slot);
    }
    lookForEnd(context, row, answer, found);
    return expectKind(slot, "confirmation", Promise.resolve(answer), (given) => isConfirmation(context, session, resultOf(row), given));
  });
};

/** What an answer says against the session, by its signature; BAD_ANSWER where there is none: then it says nothing. Undefined: it says something else. */
const againstSession = (
  context: ServerKeyContext,
  row: AcceptedRow | ConfirmedRow,
  slot: number,
  answer: VerdictAnswer,
): ServerKeyFailure | undefined => {
  if (answer.kind === "verdict" && answer.slot === slot && isOfOtherSet(context, row, answer)) return new ServerKeyFailure("ABORTED", slot);
  if (answer.kind !== "aborted" && answer.kind !== "complaint") return undefined;
  if (answer.slot !== slot) return new ServerKeyFailure("BAD_ANSWER", slot);
  if (answer.kind === "aborted") return new ServerKeyFailure(isAbort(context, row, answer) ? "ABORTED" : "BAD_ANSWER", slot);
  const { threshold } = row.proposal;
  const echo = hexToBytes(row.echo, 32);
  const dealingOf = (dealer: number) => {
    const shown = row.dealings.find((one) => one.slot === dealer);
    return shown === undefined ? undefined : readShownDealing(context, { session: row, threshold, shown: echo }, shown);
  };
  return judgeComplaint(context, row, { dealingOf, echo }, answer);
};

/**
 * Whether it judged other dealings of this session: who drove showed it another set. It gives one verdict for a session, so it never confirms this one.
 * Only where others deal: else a dealing is shown under one set, ever.
 */
const isOfOtherSet = (
  context: ServerKeyContext,
  row: AcceptedRow | ConfirmedRow,
  verdict: Extract<VerdictAnswer, { readonly kind: "verdict" }>,
): boolean => {
  const { echo } = verdict;
  if (row.proposal.moved === undefined || echo === undefined || echo === row.echo) return false;
  return isVerdict(context, row, hexToBytes(echo, 32), verdict);
};

/** Takes the confirmations of a member that has them all. */
const lookForEnd = (context: ServerKeyContext, row: AcceptedRow | ConfirmedRow, answer: { readonly kind: string }, found: Found): void => {
  if (!isOtherwise(answer) || answer.kind !== "generated") return;
  const { confirmations } = answer;
  if (isOfAll(confirmations, context) && confirmations.every((one) => isConfirmation(context, row, resultOf(row), one)))
    found.confirmations = confirmations;
};

/** This keeper first: nobody is told of a key that it has not stored. */
const tellResult = async (
  ports: DriverPorts,
  context: ServerKeyContext,
  session: ServerKeySession,
  confirmations: readonly Signed[],
): Promise<void> => {
  const { others, member } = roundOf(ports, context);
  const ask = { ...session, confirmations };
  const stored = await ports.own.result(ask, context.slot);
  if (stored.kind !== "stored" && stored.kind !== "generated") throw failureOfOtherwise(context.slot, stored);
  await Promise.allSettled(others.map((slot) => member(slot).result(ask, context.slot)));
};
