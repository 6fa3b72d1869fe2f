import type { Heads, SenderRecord, TransactionCost } from "@keyquorum/chain";
import type { Vault } from "@keyquorum/vault";
import { type DocumentHeader, type Hex, rankOf } from "@keyquorum/wire";
import type { Requested } from "../contracts/mirroredRequests.ts";
import type { Metrics } from "../report/metrics.ts";
import type { Core } from "../run/core.ts";
import { sayOnce } from "../run/sayOnce.ts";
import { WAIT, type WorkOutcome } from "../run/workRunner.ts";
import type { ChallengeBudget } from "./challengeBudget.ts";
import { challengeCall } from "./challengeCall.ts";
import type { Terms } from "./challengeTerms.ts";
import { challengeSubject, challengeTransactionId } from "./challengeTransaction.ts";
import type { Displacement } from "./displacement.ts";
import type { PostedAnswer } from "./postedAnswers.ts";

export type SendOptions = Pick<Core, "contracts" | "transactions" | "log"> & {
  readonly vault: Pick<Vault, "challenges" | "outbox">;
  readonly budget: ChallengeBudget;
  /** What a challenge costs if it is sent now; undefined where the contract would refuse it. */
  readonly costOf: (data: Hex) => Promise<TransactionCost | undefined>;
  readonly stagingBlocks: number;
  readonly metrics: Pick<Metrics, "wrongAnswers" | "challenges" | "challengesWithheld">;
};

/** A request of which something is to be challenged, as seen at a head. `own`: this keeper's slot. */
export type Case = { readonly requested: Requested; readonly terms: Terms; readonly header: DocumentHeader; readonly own: number };

/** What may change meanwhile: the gas price, the balance, and the budget by the hour. */
const REFUSED: WorkOutcome = { kind: "wait", milliseconds: 20_000 };

/** Since when lies are this keeper's to challenge, and what was logged. By names that begin with the request's id. */
export type Memory = { readonly dueAt: Map<string, number>; readonly said: Set<string> };

/** Challenges the first of the lies whose turn it is for this keeper; or sees to one that is under way. */
export const challengeNext = async (
  options: SendOptions,
  found: Case,
  { lies, among, regains }: Displacement,
  { head }: Heads,
  { dueAt, said }: Memory,
): Promise<WorkOutcome> => {
  const { requestId } = found.requested.request;
  const stored = await options.vault.challenges.of(requestId);
  const underWay = lies.find((lie) => stored.some(({ slot, givenUp }) => slot === lie.slot && !givenUp));
  if (underWay !== undefined) return goOn(options, found, underWay);

  const rank = rankOf(requestId, found.own, among);
  let outcome: WorkOutcome = WAIT;
  for (const [index, lie] of lies.entries()) {
    const name = `${requestId}:${lie.slot}`;
    const steps = (rank - (index % among.length) + among.length) % among.length;
    const due = dueAt.get(name) ?? head.number + steps * options.stagingBlocks;
    dueAt.set(name, due);
    sayOnce(said, name, () => noteLie(options, found, lie));
    if (head.number < due || stored.some(({ slot }) => slot === lie.slot)) continue;
    const isSent = await decide(options, found, lie, { fee: regains ? found.terms.fee : 0n, said });
    if (isSent) return WAIT;
    outcome = REFUSED;
  }
  return outcome;
};

/** Sends a challenge, if it costs no more than it may. */
const decide = async (
  options: SendOptions,
  found: Case,
  lie: PostedAnswer,
  { fee, said }: { readonly fee: bigint; readonly said: Set<string> },
): Promise<boolean> => {
  const { log, metrics } = options;
  const { requestId } = found.requested.request;
  const cost = await options.costOf(dataOf(found, lie));
  if (cost === undefined) return false; // somebody else was first, or the chain moved
  const booking = await options.budget.book({ requestId, liar: lie.slot, cost, fee });
  const data = { requestId, culprit: lie.slot, gasLimit: cost.gasLimit, gasPrice: cost.gasPrice, fee };
  if (booking.kind === "refused") {
    const say = (): void => {
      metrics.challengesWithheld.inc({ reason: booking.reason });
      log.warn("A wrong answer is not challenged, to keep within this keeper's limits", { ...data, reason: booking.reason });
    };
    sayOnce(said, `${requestId}:${lie.slot}:${booking.reason}`, say);
    return false;
  }
  metrics.challenges.inc({ from: booking.from });
  log.info("Challenging a wrong answer", { ...data, from: booking.from });
  post(options, found, lie, cost.gasLimit);
  return true;
};

/** A challenge that was decided on, in this life or an earlier one: sees to it that it gets on chain, unless it was there and failed. */
const goOn = async (options: SendOptions, found: Case, lie: PostedAnswer): Promise<WorkOutcome> => {
  const { vault, transactions } = options;
  const { requestId } = found.requested.request;
  const name = { requestId, slot: lie.slot };
  const id = challengeTransactionId(name);
  if (transactions.isBusy(id)) return WAIT;
  const record = await vault.outbox.load<SenderRecord>(id);
  if (record?.receipt?.status === "reverted") await vault.challenges.giveUp(name);
  else post(options, found, lie, (await vault.challenges.of(requestId)).find(({ slot }) => slot === lie.slot)?.gas);
  return WAIT;
};

const post = ({ transactions, contracts }: SendOptions, found: Case, lie: PostedAnswer, gasLimit: bigint | undefined): void => {
  const challenge = { requestId: found.requested.request.requestId, slot: lie.slot };
  transactions.post({
    id: challengeTransactionId(challenge),
    kind: "challenge",
    subject: challengeSubject(challenge),
    to: contracts.addresses.optimisticRequests,
    data: dataOf(found, lie),
    ...(gasLimit === undefined ? {} : { gasLimit }),
  });
};

const dataOf = ({ requested, header }: Case, lie: PostedAnswer): Hex => {
  const fault = lie.fault();
  if (fault === undefined) throw new Error(`The answer of slot ${lie.slot} is right.`); // a lie has one
  return challengeCall(requested, lie, fault, header);
};

const noteLie = ({ log, metrics }: SendOptions, { requested, terms }: Case, lie: PostedAnswer): void => {
  metrics.wrongAnswers.inc({ slot: String(lie.slot) });
  log.warn("A keeper's wrong answer would be paid in the place of a right one", {
    requestId: requested.request.requestId,
    culprit: lie.slot,
    operator: terms.members.find(({ slot }) => slot === lie.slot)?.operator,
    reason: lie.fault()?.reason,
  });
};
