/** What members do that are not honest. Each is its honest member with something changed: it signs with its own key only. */
import { createComplaint } from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import { echoOf } from "../serverKey/checks.ts";
import type { DealAsk, ServerKeyAnswers, ServerKeySession, VerdictAsk } from "../serverKey/messages.ts";
import { serverKeySessionOf } from "../serverKey/session.ts";
import {
  abortStatement,
  commitmentStatement,
  complaintStatement,
  confirmationStatement,
  dealingHashOf,
  dealingStatement,
  setHashOf,
  verdictStatement,
} from "../serverKey/statements.ts";
import { shiftEncryptedShare } from "./badDealings.ts";
import type { Dice } from "./random.ts";
import { nonceSourceOf } from "./random.ts";
import { readDealingOf, type ServerKeyNode } from "./serverKeyNode.ts";

export const MALICES = [
  "silent",
  "wrongDealing",
  "otherDealing",
  "falseComplaint",
  "otherEcho",
  "twoWords",
  "earlyWords",
  "partialSets",
  "withholds",
] as const;
export type Malice = (typeof MALICES)[number];

/** How it answers. Applied again after each restart. */
export const maliciousAnswers = (node: ServerKeyNode, malice: Malice, dice: Dice): ServerKeyAnswers => {
  const { own, slot } = node;
  const signed = (session: ServerKeySession, statement: Parameters<ReturnType<typeof node.contextOf>["sign"]>[0]) =>
    node.contextOf(session.proposal).sign(statement);
  switch (malice) {
    case "silent": {
      // Sometimes only from some point on.
      const mayBe = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
        const given = await answer;
        if (dice.chance(0.3)) throw new Error("silent");
        return given;
      };
      return {
        propose: (ask) => mayBe(own.propose(ask)),
        commit: (ask, from) => mayBe(own.commit(ask, from)),
        deal: (ask, from) => mayBe(own.deal(ask, from)),
        verdict: (ask, from) => mayBe(own.verdict(ask, from)),
        confirm: (ask, from) => mayBe(own.confirm(ask, from)),
        result: (ask, from) => mayBe(own.result(ask, from)),
        abort: own.abort,
      };
    }
    case "wrongDealing":
      return {
        ...own,
        commit: async (ask, from) => {
          const answer = await own.commit(ask, from);
          const row = node.disk.get(ask.proposal.serverKeyId);
          if (answer.kind !== "commitment" || row?.stage !== "dealt") return answer;
          const position = dice.below(ask.proposal.members.length);
          const dealing = shiftEncryptedShare(ask.proposal.threshold, position, 1n)(row.dealing);
          node.disk.set(ask.proposal.serverKeyId, { ...row, dealing });
          const commitment = dealingHashOf(dealing);
          return { kind: "commitment", slot, commitment, signature: signed(row, commitmentStatement(row, slot, commitment)) };
        },
      };
    case "otherDealing":
      // Shows another dealing than it committed to.
      return {
        ...own,
        deal: async (ask: DealAsk, from) => {
          const answer = await own.deal(ask, from);
          if (answer.kind !== "dealing") return answer;
          const dealing = shiftEncryptedShare(ask.proposal.threshold, 0, 1n)(answer.dealing);
          const shown = setHashOf(ask.commitments.map(({ commitment }) => commitment));
          return { kind: "dealing", slot, dealing, signature: signed(ask, dealingStatement(ask, slot, shown, dealing)) };
        },
      };
    case "falseComplaint":
      return {
        ...own,
        verdict: async (ask: VerdictAsk, from) => {
          await own.verdict(ask, from);
          const victim = ask.dealings.find((shown) => shown.slot !== slot);
          if (victim === undefined) throw new RangeError("there are others");
          const { shared, proof } = createComplaint(
            {
              sid: hexToBytes(ask.sid, 32),
              dealer: victim.slot,
              recipient: slot,
              encryptionSecret: node.encryptionSecret,
              encryptionKey: node.member.encryptionKey,
              dealing: readDealingOf(node, ask.proposal, victim.dealing),
            },
            nonceSourceOf(dice.bytes)({ purpose: "extension:parity", session: hexToBytes(ask.sid, 32) }),
          );
          const about = { slot, dealer: victim.slot, shared, proof };
          return { kind: "complaint", ...about, signature: signed(ask, complaintStatement(ask, about, echoOf(ask.dealings))) };
        },
      };
    case "otherEcho":
      return {
        ...own,
        verdict: async (ask, from) => {
          await own.verdict(ask, from);
          return { kind: "verdict", slot, signature: signed(ask, verdictStatement(ask, slot, dice.bytes(32))) };
        },
      };
    case "twoWords":
      // A verdict or a confirmation to some, its word that it never gives one to others.
      return {
        ...own,
        verdict: async (ask, from) => {
          const answer = await own.verdict(ask, from);
          return dice.chance(0.5) ? answer : { kind: "aborted", slot, signature: signed(ask, abortStatement(ask, slot)) };
        },
        confirm: async (ask, from) => {
          const row = node.disk.get(ask.proposal.serverKeyId);
          const answer = await own.confirm(ask, from);
          if (dice.chance(0.5)) return { kind: "aborted", slot, signature: signed(ask, abortStatement(ask, slot)) };
          if (answer.kind === "confirmation" || row === undefined || !("key" in row)) return answer;
          const [publicKey] = row.key.commitments;
          if (publicKey === undefined) return answer;
          const { commitmentsHash, verifyingRoot } = row.key;
          const result = { publicKey, commitmentsHash: hexToBytes(commitmentsHash, 32), verifyingRoot: hexToBytes(verifyingRoot, 32) };
          return { kind: "confirmation", slot, signature: signed(ask, confirmationStatement(ask, slot, result)) };
        },
      };
    case "earlyWords":
    case "partialSets":
    case "withholds":
      return own;
    default:
      return malice satisfies never;
  }
};

/** How it asks, as coordinator: what each member is shown of what all gave. */
export const maliciousAsking = (node: ServerKeyNode, malice: Malice, dice: Dice, peer: ServerKeyAnswers): ServerKeyAnswers => {
  if (malice === "withholds")
    return { ...peer, result: async (ask, from) => (dice.chance(0.5) ? { kind: "busy" } : peer.result(ask, from)) };
  const word = (ask: ServerKeySession) => {
    const { proposal, sid } = ask;
    const { slot } = node;
    return peer.abort({ proposal, sid, slot, signature: node.contextOf(proposal).sign(abortStatement(ask, slot)) }, slot);
  };
  if (malice === "twoWords")
    return {
      ...peer,
      // Its word that it never confirms, to whoever is about to count on it, and to who did.
      confirm: async (ask, from) => {
        if (dice.chance(0.3)) await word(ask);
        return peer.confirm(ask, from);
      },
      result: async (ask, from) => {
        if (dice.chance(0.5)) return peer.result(ask, from);
        await word(ask);
        return { kind: "busy" };
      },
    };
  if (malice === "earlyWords")
    return {
      ...peer,
      // It collects the others' words that they never confirm, while they still may, by itself or through another member.
      commit: async (ask, from) => {
        const { proposal, contributions } = ask;
        const sid = serverKeySessionOf(node.contextOf(proposal), proposal, contributions);
        const by = dice.chance(0.5) ? from : (proposal.members.find((slot) => slot !== from) ?? from);
        await peer.verdict({ proposal, sid, dealings: [] }, by).catch(() => undefined);
        return peer.commit(ask, from);
      },
    };
  if (malice !== "partialSets") return peer;
  return {
    ...peer,
    deal: async (ask, from) => {
      const other = { ...ask, commitments: withOtherOwn(node, ask) };
      const [first, second] = dice.chance(0.5) ? [ask, other] : [other, ask];
      await peer.deal(first, from).catch(() => undefined);
      return peer.deal(second, from);
    },
    verdict: (ask, from) => peer.verdict(dice.chance(0.5) ? ask : { ...ask, dealings: ask.dealings.toReversed() }, from),
    confirm: (ask, from) => peer.confirm(dice.chance(0.5) ? ask : { ...ask, verdicts: ask.verdicts.slice(1) }, from),
  };
};

/** The same commitments, but for the coordinator's own, which it may sign as often as it likes. */
const withOtherOwn = (node: ServerKeyNode, ask: DealAsk) =>
  ask.commitments.map((one) => {
    if (one.slot !== node.slot) return one;
    const commitment = new Uint8Array(32).fill(7);
    const signature = node.contextOf(ask.proposal).sign(commitmentStatement(ask, node.slot, commitment));
    return { slot: node.slot, commitment, signature };
  });
