import type { ReshareView } from "@keyquorum/protocol";
import { slotsOf } from "@keyquorum/wire";
import type { ReshareFacts } from "../contracts/reshareFacts.ts";
import type { Core } from "../run/core.ts";
import { KeeperError } from "../run/errors.ts";
import { absentAtEither, removedAtEither } from "../shares/absentKeepers.ts";
import { readMirroredDealings } from "./mirroredDealings.ts";
import type { SessionSeen } from "./sessionLoop.ts";

type Parts = Pick<Core, "vault" | "reader" | "contracts">;

/** What the board says of a reshare at the head, for protocol. Logs above the head that was pinned are left out. PROTOCOL section 3.9. */
export const readReshareView = async (parts: Parts, seen: SessionSeen<ReshareFacts>): Promise<ReshareView> => {
  const { sid, facts, members, heads, settled } = seen;
  const { head, final } = heads;
  const { keyId, epoch, status } = facts;
  const at = parts.reader.at(head.hash);
  const isDecided = facts.qual !== 0n || status === "Failed";
  const [key, removed, absent, absentDealers, mirrored, atFinal, moved] = await Promise.all([
    at.keyOf(keyId),
    removedAtEither(parts.reader, heads),
    absentAtEither(parts.reader, { epoch, slots: facts.committee }, heads),
    absentAtEither(parts.reader, { epoch: facts.fromEpoch, slots: facts.dealers }, heads),
    readMirroredDealings(parts, { contract: "keyResharing", sid, heads, settled }),
    isDecided && final.hash !== head.hash ? parts.reader.at(final.hash).reshareOf(sid) : facts,
    status === "Active" ? at.keyEpochOf(keyId, epoch) : undefined,
  ]);
  if (key === undefined)
    throw new KeeperError("WRONG_CHAIN", "The chain does not show a key that is being reshared. Check the RPC.", { sid, keyId });
  return {
    sid,
    keyId,
    fromEpoch: facts.fromEpoch,
    epoch,
    quorum: facts.quorum,
    threshold: facts.threshold,
    jointKey: key.publicKey,
    dealers: slotsOf(facts.dealers).map((slot) => ({ slot })), // the contract compared each C_0 with S_i
    members: members.map(({ slot, operator, encryptionKey }) => ({ slot, operator, encryptionKey })),
    removedSlots: slotsOf(removed),
    absentSlots: slotsOf(absent),
    absentDealers: slotsOf(absentDealers),
    status,
    headNumber: head.number,
    statusSince: seen.statusSince,
    dealtSlots: slotsOf(facts.dealt),
    disqualifiedSlots: slotsOf(facts.disqualified),
    readySlots: slotsOf(facts.ready),
    qual: facts.qual,
    ...mirrored,
    ...(moved === undefined ? {} : { result: moved }),
    qualIsFinal: facts.qual !== 0n && atFinal.qual === facts.qual,
    sessionIsFinal: (status === "Active" || status === "Failed") && atFinal.status === status,
  };
};
