import type { KeyGenerationView } from "@keyquorum/protocol";
import { bitmapOf, slotsOf } from "@keyquorum/wire";
import type { SessionFacts } from "../contracts/chainReader.ts";
import type { Core } from "../run/core.ts";
import { absentAtEither, removedAtEither } from "../shares/absentKeepers.ts";
import { readMirroredDealings } from "./mirroredDealings.ts";
import type { SessionSeen } from "./sessionLoop.ts";

type Parts = Pick<Core, "vault" | "reader" | "contracts">;

/** What the board says of a key generation at the head, for protocol. Logs above the head that was pinned are left out. PROTOCOL section 3. */
export const readGenerationView = async (parts: Parts, seen: SessionSeen<SessionFacts>): Promise<KeyGenerationView> => {
  const { sid, facts, members, heads, settled } = seen;
  const { head, final } = heads;
  const slots = bitmapOf(members.map(({ slot }) => slot));
  const [mirrored, removed, absent, shiftBlockHash, atFinal] = await Promise.all([
    readMirroredDealings(parts, { contract: "keyGeneration", sid, heads, settled }),
    removedAtEither(parts.reader, heads),
    absentAtEither(parts.reader, { epoch: facts.epoch, slots }, heads),
    facts.status === "Finalizing" ? parts.reader.at(head.hash).shiftHashOf(sid) : undefined,
    final.hash === head.hash ? facts : parts.reader.at(final.hash).sessionOf(sid),
  ]);
  return {
    sid,
    keyId: facts.keyId,
    epoch: facts.epoch,
    purpose: facts.purpose,
    threshold: facts.threshold,
    members: members.map(({ slot, operator, encryptionKey }) => ({ slot, operator, encryptionKey })),
    removedSlots: slotsOf(removed),
    absentSlots: slotsOf(absent),
    status: facts.status,
    headNumber: head.number,
    statusSince: seen.statusSince,
    dealtSlots: slotsOf(facts.dealt),
    disqualifiedSlots: slotsOf(facts.disqualified),
    readySlots: slotsOf(facts.ready),
    qual: facts.qual,
    ...mirrored,
    shiftBlock: facts.shiftBlock,
    ...(shiftBlockHash === undefined ? {} : { shiftBlockHash }),
    ...(facts.result ?? {}),
    finalizedIsFinal:
      facts.result !== undefined && atFinal.result?.jointKey.equals(facts.result.jointKey) === true && atFinal.qual === facts.qual,
    sessionIsFinal: (facts.status === "Active" || facts.status === "Failed") && atFinal.status === facts.status,
  };
};
