/** What is checked of a set before anybody counts on it: by who drives, of each answer, and by every member, of the whole. PROTOCOL section 8.1. */
import {
  type Dealing,
  type Point,
  parseServerKeyDealing,
  ThresholdError,
  verifyDealing,
  verifyServerKeyRedealing,
} from "@keyquorum/threshold";
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
  context: Pick<ServerKeyContext, "isSignedBy">,
  proposal: ServerKeyProposal,
  { slot, contribution, signature }: Contribution,
): boolean => contribution.length === 32 && context.isSignedBy(slot, contributionStatement(proposal, slot, contribution), signature);

export const isCommitment = (context: ServerKeyContext, session: ServerKeySession, { slot, commitment, signature }: Commitment): boolean =>
  commitment.length === 32 && context.isSignedBy(slot, commitmentStatement(session, slot, commitment), signature);

/** Who deals, in this order. */
const dealersOf = ({ moved }: ServerKeyProposal, { members }: Pick<ServerKeyContext, "members">): readonly number[] =>
  moved === undefined ? members.map(({ slot }) => slot) : moved.dealers.map(({ dealer }) => dealer);

/** Whether there is one entry for each dealer of the session, in their order. */
export const isOfDealers = (
  entries: readonly { readonly slot: number }[],
  proposal: ServerKeyProposal,
  context: Pick<ServerKeyContext, "members">,
): boolean => {
  const dealers = dealersOf(proposal, context);
  return entries.length === dealers.length && dealers.every((dealer, i) => entries[i]?.slot === dealer);
};

/**
 * The dealing, where its bytes are one of this session, its possessions hold, its dealer signed it with these commitments, and it deals the part of an
 * imported key, or the share of a moved one, that the dealer has.
 */
export const readShownDealing = (
  context: ServerKeyContext,
  { session, threshold, shown }: { readonly session: ServerKeySession; readonly threshold: number; readonly shown: Uint8Array },
  { slot, dealing, signature }: ShownDealing,
): Dealing | undefined => {
  const { moved } = session.proposal;
  const isDealtBy = moved === undefined ? context.isSignedBy : (context.isDealtBy ?? (() => false));
  // Who deals what was there already sees no commitments of others: nothing is drawn that could be chosen by them.
  const under = moved === undefined ? shown : new Uint8Array(32);
  if (!isDealtBy(slot, dealingStatement(session, slot, under, dealing), signature)) return undefined;
  try {
    const read = parseServerKeyDealing(dealing, { threshold, members: context.members.length });
    if (context.constantOf !== undefined && !isConstant(read, context.constantOf(slot))) return undefined;
    const dealt = { sid: hexToBytes(session.sid, 32), dealer: slot, dealing: read };
    if (moved === undefined) return verifyDealing(dealt) ? read : undefined;
    const redealer = moved.dealers.find(({ dealer }) => dealer === slot);
    return redealer !== undefined && verifyServerKeyRedealing({ ...dealt, verifyingShare: redealer.verifyingShare }) ? read : undefined;
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
