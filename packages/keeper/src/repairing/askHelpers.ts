import { type Conflict, chooseUnaccused } from "@keyquorum/protocol";
import { type Point, type RepairPoint, recoverShare, repairSessionOf, type SecretScalar } from "@keyquorum/threshold";
import {
  hexToBytes,
  KeyquorumError,
  type PeerMessage,
  REPAIR_MESSAGES,
  repairAskDigest,
  repairContributionAskDigest,
} from "@keyquorum/wire";
import type { CommitteeMember } from "../contracts/chainReader.ts";
import { assertDealing, checkedContribution } from "./checkedHelp.ts";
import type { LostShare } from "./lostShare.ts";

/** Why a helper was left out. LIED: what it signed or sent is wrong. Others: the code that it refused with. */
export type HelperFault = { readonly slot: number; readonly reason: string };

export type Recovered =
  | {
      readonly kind: "recovered";
      readonly share: SecretScalar;
      readonly helpers: readonly number[];
      readonly faults: readonly HelperFault[];
    }
  | { readonly kind: "tooFew"; readonly faults: readonly HelperFault[] };

/** Of rounds with other sets of helpers. Each leaves out a helper or notes an accusation. */
const MOST_ROUNDS = 200;

/**
 * Asks t+1 helpers, and others in place of those that are silent or lie, until the share is whole. PROTOCOL section 3.10. Another set of helpers is
 * another session: nothing of one is used in another. Everything that helpers say is checked before it is used.
 */
export const askHelpers = async (input: LostShare): Promise<Recovered> => {
  const faults: HelperFault[] = [];
  const conflicts: Conflict[] = [];
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const left = input.candidates.filter(({ slot }) => !faults.some((fault) => fault.slot === slot));
    const chosen = chooseUnaccused(
      left.map(({ slot }) => slot),
      conflicts,
      input.threshold + 1,
    );
    if (chosen === undefined) break;
    const helpers = left.filter(({ slot }) => chosen.includes(slot)).toSorted((a, b) => a.slot - b.slot);
    const outcome = await askSet(input, helpers);
    if (outcome.kind === "recovered") return { ...outcome, helpers: chosen, faults };
    faults.push(...outcome.faults);
    conflicts.push(...outcome.conflicts);
    if (outcome.faults.length === 0 && outcome.conflicts.length === 0) break;
  }
  return { kind: "tooFew", faults: [...faults, ...conflicts.map(([slot, by]) => ({ slot, reason: `ACCUSED_BY_${by}` }))] };
};

type SetOutcome =
  | { readonly kind: "recovered"; readonly share: SecretScalar }
  | { readonly kind: "failed"; readonly faults: readonly HelperFault[]; readonly conflicts: readonly Conflict[] };

const askSet = async (input: LostShare, helpers: readonly CommitteeMember[]): Promise<SetOutcome> => {
  const { domain, repairId, lost, sign } = input;
  const slots = helpers.map(({ slot }) => slot);
  const sender = { repairId, helpers: slots };
  const asked = { ...sender, signature: sign(repairAskDigest(domain, { ...sender, slot: lost })) };
  const dealt = await fromEach(helpers, async (helper) => {
    const answer = await askPeer(input, helper, REPAIR_MESSAGES.dealing, asked);
    assertDealing(input, helper, sender, answer);
    return answer;
  });
  if (dealt.faults.length > 0) return { kind: "failed", ...dealt };

  const dealings = dealt.answers.map(({ slot, dealing, signature }) => ({ slot, dealing, signature }));
  const bytes = dealings.map(({ dealing }) => dealing);
  const ask = { ...sender, dealings, signature: sign(repairContributionAskDigest(domain, { ...sender, slot: lost }, bytes)) };
  const sid = repairSessionOf(hexToBytes(repairId, 32), slots);
  const given = await fromEach(helpers, async (helper): Promise<RepairPoint> => {
    const answer = await askPeer(input, helper, REPAIR_MESSAGES.contribution, ask);
    return checkedContribution(input, helper, { sender, sid, dealings: bytes }, answer);
  });
  try {
    if (given.faults.length > 0 || given.conflicts.length > 0) return { kind: "failed", ...given };
    const verifyingShare = input.verifyingShares.get(lost) as Point; // true: the map has every member
    return { kind: "recovered", share: recoverShare({ lost, threshold: input.threshold, verifyingShare, points: given.answers }) };
  } finally {
    for (const { value } of given.answers) value.erase();
  }
};

const askPeer = <Ask, Answer>(
  { transport, endpoints }: LostShare,
  { slot }: CommitteeMember,
  message: PeerMessage<Ask, Answer>,
  ask: Ask,
) => transport.ask(message, endpoints.get(slot) ?? "", ask);

/** Asks all at once, and sorts the failures: what a helper is to blame for itself, and whom it accuses. */
const fromEach = async <Answer>(helpers: readonly CommitteeMember[], ask: (helper: CommitteeMember) => Promise<Answer>) => {
  const faults: HelperFault[] = [];
  const conflicts: Conflict[] = [];
  const answers: Answer[] = [];
  const others = helpers.map(({ slot }) => slot);
  const asking = helpers.map(async (helper) => {
    const { slot } = helper;
    try {
      return await ask(helper);
    } catch (error) {
      if (!(error instanceof KeyquorumError)) throw error;
      const accused = error.code === "REPAIR_BAD_DEALING" ? Number(error.details.slot) : slot;
      if (accused !== slot && others.includes(accused)) conflicts.push([accused, slot]);
      else faults.push({ slot, reason: error.code === "BAD_ANSWER" ? "LIED" : error.code });
      return undefined;
    }
  });
  for (const answer of await Promise.all(asking)) if (answer !== undefined) answers.push(answer);
  return { answers, faults, conflicts };
};
