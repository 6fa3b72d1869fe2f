/** What is checked of a set before anybody counts on it: by who drives, of each answer, and by every member, of the whole. PROTOCOL section 8.1. */
import { type Dealing, type Point, parseServerKeyDealing, ThresholdError, verifyDealing } from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import type { Commitment, Contribution, ServerKeyProposal, ServerKeySession, ShownDealing, Signed } from "./messages.ts";
import type { ServerKeyContext } from "./session.ts";
import {
  abortStatement,
  commitmentStatement,
  confirmationStatement,
  contributionStatement,
  dealingHashOf,
  dealingStatement,
  type ServerKeyResult,
  setHashOf,
  verdictStatement,
} from "./statements.ts";

/** Whether there is one entry for each member, in their order. */
export const isOfAll = (entries: readonly { readonly slot: number }[], { members }: Pick<ServerKeyContext, "members">): boolean =>
  entries.length === members.length && members.every(({ slot }, i) => entries[i]?.slot === slot);

export const isContribution = (
  context: ServerKeyContext,
  proposal: ServerKeyProposal,
  { slot, contribution, signature }: Contribution,
): boolean => contribution.length === 32 && context.isSignedBy(slot, contributionStatement(proposal, slot, contribution), signature);

export const isCommitment = (context: ServerKeyContext, session: ServerKeySession, { slot, commitment, signature }: Commitment): boolean =>
  commitment.length === 32 && context.isSignedBy(slot, commitmentStatement(session, slot, commitment), signature);

/**
 * The dealing, where its bytes are one of this session, its possessions hold, its dealer signed it with these commitments, and it deals the part of an
 * imported key that the dealer has.
 */
export const readShownDealing = (
  context: ServerKeyContext,
  { session, threshold, shown }: { readonly session: ServerKeySession; readonly threshold: number; readonly shown: Uint8Array },
  { slot, dealing, signature }: ShownDealing,
): Dealing | undefined => {
  if (!context.isSignedBy(slot, dealingStatement(session, slot, shown, dealing), signature)) return undefined;
  try {
    const read = parseServerKeyDealing(dealing, { threshold, members: context.members.length });
    if (context.constantOf !== undefined && !isConstant(read, context.constantOf(slot))) return undefined;
    return verifyDealing({ sid: hexToBytes(session.sid, 32), dealer: slot, dealing: read }) ? read : undefined;
  } catch (error) {
    if (error instanceof ThresholdError) return undefined;
    throw error;
  }
};

const isConstant = ({ commitments: [constant] }: Dealing, expected: Point | undefined): boolean =>
  constant !== undefined && expected !== undefined && constant.equals(expected);

/** The hash that the commitments of these dealings have, and their echo. */
export const echoOf = (dealings: readonly Pick<ShownDealing, "dealing">[]): Uint8Array =>
  setHashOf(dealings.map(({ dealing }) => dealingHashOf(dealing)));

export const isVerdict = (context: ServerKeyContext, session: ServerKeySession, echo: Uint8Array, { slot, signature }: Signed): boolean =>
  context.isSignedBy(slot, verdictStatement(session, slot, echo), signature);

export const isConfirmation = (
  context: ServerKeyContext,
  session: ServerKeySession,
  result: ServerKeyResult,
  { slot, signature }: Signed,
): boolean => context.isSignedBy(slot, confirmationStatement(session, slot, result), signature);

export const isAbort = (context: ServerKeyContext, session: ServerKeySession, { slot, signature }: Signed): boolean =>
  context.members.some((member) => member.slot === slot) && context.isSignedBy(slot, abortStatement(session, slot), signature);
