import type { ExtensionServices } from "@keyquorum/keeper";
import { confirmationStatement, type ServerKeyMember, type ServerKeyProposal, type ServerKeyResult } from "@keyquorum/protocol";
import { MIN_SERVER_KEY_MEMBERS } from "@keyquorum/threshold";
import { hexToBytes, KeyquorumError } from "@keyquorum/wire";
import { areMembersOf } from "../proofs/serverKeyProof.ts";
import { deleteLeftKey, findLeftKey, type LeftKey, putLeftKey } from "../records/leftKeys.ts";
import { deleteServerKey, findServerKey, putServerKey, type ServerKeyRecords } from "../records/serverKeyRecords.ts";
import { isSameKey } from "./evidence.ts";
import { findHeldKey } from "./heldKey.ts";
import type { MoveMember } from "./moveMember.ts";
import type { Moved } from "./moveMessages.ts";
import { readProposal, wrong } from "./moveProposal.ts";
import { seeEpoch, withheldFromEpoch } from "./seenEpochs.ts";

type Options = {
  readonly services: Pick<ExtensionServices, "chain" | "members" | "epochs" | "transaction" | "clock">;
  readonly records: ServerKeyRecords;
  readonly rowOf: ServerKeyMember["rowOf"];
};

/** `MoveMember.learn` and `takeBack`: a share is taken out of use when its key has moved, and into use again where that is withdrawn. */
export const createLeaving = ({ services, records, rowOf }: Options): Pick<MoveMember, "learn" | "takeBack"> => {
  /** Throws INVALID_REQUEST unless every new member confirmed, ACCESS_DENIED unless their epoch is final and the operator consents to it. */
  const assertMoved = async ({ proposal, sid, confirmations }: Moved, result: ServerKeyResult): Promise<void> => {
    const { members, threshold, epoch } = proposal;
    const newest = await seeEpoch(services, epoch);
    // Who is listed, only the chain says: of all of them one is honest, took part with all others, and saw that they have their shares.
    const areEnough = members.length >= Math.max(threshold + 1, MIN_SERVER_KEY_MEMBERS) && confirmations.length === members.length;
    const areAll = areEnough && areMembersOf(newest, members);
    const isRight = members.every((slot, i) => {
      const given = confirmations[i];
      return given?.slot === slot && newest.isSignedBy(slot, confirmationStatement({ proposal, sid }, slot, result), given.signature);
    });
    if (!areAll || !isRight) throw wrong("Not every new member confirmed.");
    const not = await withheldFromEpoch(services, epoch, newest);
    if (not !== undefined) throw new KeyquorumError("ACCESS_DENIED", not.why, { details: { reason: not.reason } });
  };

  const leave = ({ serverKeyId, epoch, members }: Pick<ServerKeyProposal, "serverKeyId" | "epoch" | "members">): Promise<void> =>
    services.transaction(async (tx) => {
      const record = await findServerKey(tx, hexToBytes(serverKeyId, 32));
      if (record === undefined) return;
      try {
        if (record.epoch >= epoch) return;
        await putLeftKey(tx, record, { toEpoch: epoch, members, at: services.clock.now() });
        await deleteServerKey(tx, record.serverKeyId);
      } finally {
        record.share.erase();
      }
    });

  /** Unless the key is in a later epoch here. */
  const putBack = ({ id, epoch }: LeftKey): Promise<boolean> =>
    services.transaction(async (tx) => {
      const serverKeyId = hexToBytes(id, 32);
      const now = await findServerKey(tx, serverKeyId);
      now?.share.erase();
      const record = now === undefined ? await findLeftKey(tx, serverKeyId, epoch) : undefined;
      if (record === undefined) return false;
      try {
        await deleteLeftKey(tx, { id, epoch });
        await putServerKey(tx, record);
        return true;
      } finally {
        record.share.erase();
      }
    });

  return {
    learn: async (moved) => {
      const { proposal, commitmentsHash, verifyingRoot } = moved;
      const held = await findHeldKey(records, rowOf, hexToBytes(proposal.serverKeyId, 32));
      if (held === undefined || held.record.epoch >= proposal.epoch) return;
      const evidence = readProposal(proposal);
      if (!isSameKey(held.evidence, evidence)) throw wrong("The key is another one here.");
      const [publicKey] = evidence.commitments;
      if (publicKey === undefined) throw wrong("It shows no key.");
      await assertMoved(moved, {
        ...{ publicKey, commitmentsHash: hexToBytes(commitmentsHash, 32), verifyingRoot: hexToBytes(verifyingRoot, 32) },
      });
      await leave(proposal);
    },

    takeBack: async (left) => {
      const withheld = new Set<number>();
      for (const epoch of new Set(left.map(({ toEpoch }) => toEpoch)))
        if ((await withheldFromEpoch(services, epoch, await seeEpoch(services, epoch))) !== undefined) withheld.add(epoch);
      const back: LeftKey[] = [];
      for (const one of left) if (withheld.has(one.toEpoch) && (await putBack(one))) back.push(one);
      return back;
    },
  };
};
