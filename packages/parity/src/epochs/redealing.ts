import type { ExtensionServices } from "@keyquorum/keeper";
import {
  dealingStatement,
  isServerKeyContribution,
  type ServerKeyMember,
  type ServerKeyProposal,
  serverKeySessionOf,
} from "@keyquorum/protocol";
import { createServerKeyRedealing, type DkgMember } from "@keyquorum/threshold";
import { hexToBytes, KeyquorumError } from "@keyquorum/wire";
import type { BoardMembers } from "../board/boardMembers.ts";
import { findServerKey, putServerKey, type ServerKeyRecords } from "../records/serverKeyRecords.ts";
import { domainOf, membersOf, ownMembership } from "../retrieval/membership.ts";
import { isProved, isSameKey } from "./evidence.ts";
import { findHeldKey } from "./heldKey.ts";
import type { MoveMember } from "./moveMember.ts";
import { assertSameDocumentKey, readProposal, unknownKey, wrong } from "./moveProposal.ts";
import { seeEpoch } from "./seenEpochs.ts";

type Options = {
  readonly services: Pick<ExtensionServices, "chain" | "members" | "epochs" | "random" | "transaction">;
  readonly records: ServerKeyRecords;
  readonly rowOf: ServerKeyMember["rowOf"];
  readonly assertCurrent: BoardMembers["assertCurrent"];
};

/** `MoveMember.redeal`: a member that has a share deals it, once it has seen the whole session, and where its operator consents. */
export const createRedealing = ({ services, records, rowOf, assertCurrent }: Options): MoveMember["redeal"] => {
  const newMembers = async ({ epoch, members }: ServerKeyProposal): Promise<readonly DkgMember[]> => {
    const all = (await membersOf(services, epoch)).members;
    return members.flatMap((slot) => {
      const member = all.find((one) => one.slot === slot);
      return member === undefined ? [] : [{ slot, encryptionKey: member.encryptionKey }];
    });
  };

  const assertConsent = async ({ epoch, threshold }: ServerKeyProposal, members: readonly DkgMember[]): Promise<void> => {
    const withheld = await services.epochs.withheldFrom({ epoch, threshold, members }, await services.chain.look());
    if (withheld !== undefined) throw new KeyquorumError("ACCESS_DENIED", withheld.why, { details: { reason: withheld.reason } });
  };

  /** From here on no document key is confirmed in the epoch that the key leaves. */
  const close = (serverKeyId: Uint8Array, epoch: number): Promise<void> =>
    services.transaction(async (tx) => {
      const record = await findServerKey(tx, serverKeyId);
      if (record === undefined || record.epoch !== epoch) throw unknownKey();
      try {
        if (record.documentKey !== undefined) throw new KeyquorumError("REQUEST_CONFLICT", "A document key was just stored.");
        if (record.isLeaving !== true) await putServerKey(tx, { ...record, isLeaving: true });
      } finally {
        record.share.erase();
      }
    });

  return async ({ proposal, sid, contributions }, from) => {
    const evidence = readProposal(proposal);
    const serverKeyId = hexToBytes(proposal.serverKeyId, 32);
    const held = await findHeldKey(records, rowOf, serverKeyId);
    if (held === undefined || held.record.epoch !== evidence.epoch) throw unknownKey();
    if (!isSameKey(held.evidence, evidence)) throw wrong("The key is another one here.");
    await assertCurrent(proposal);
    const [own, members] = [await ownMembership(services, evidence.epoch), await newMembers(proposal)];
    const { isSignedBy } = await membersOf(services, proposal.epoch);
    const context = { domain: domainOf(services), members, isSignedBy } as const;
    const areAll = contributions.length === members.length && members.every(({ slot }, i) => contributions[i]?.slot === slot);
    if (from !== proposal.coordinator || !areAll) throw wrong("The contributions are not those of all new members.");
    const isRight = contributions.every((one) => isServerKeyContribution(context, proposal, one));
    if (!isRight || serverKeySessionOf(context, proposal, contributions) !== sid) throw wrong("The session is another one.");
    if (proposal.moved?.dealers.some(({ dealer }) => dealer === own.slot) !== true) throw wrong("This keeper is not one of its dealers.");
    assertSameDocumentKey(held.record, evidence);
    if (evidence.documentKey !== undefined && !(await isProved(serverKeyId, evidence, (epoch) => seeEpoch(services, epoch))))
      throw wrong("Its document key has no certificate.");
    await assertConsent(proposal, members);
    if (evidence.documentKey === undefined) await close(serverKeyId, evidence.epoch);
    const session = hexToBytes(sid, 32);
    const dealing = await records.use(
      serverKeyId,
      ({ share, threshold }) =>
        createServerKeyRedealing(
          { sid: session, dealer: own.slot, share, threshold, recipients: members },
          services.random({ session, secret: share }),
        ),
      evidence.epoch,
    );
    if (dealing === undefined) throw unknownKey();
    await assertConsent(proposal, members); // a veto may have been written meanwhile
    const said = dealingStatement({ proposal, sid }, own.slot, new Uint8Array(32), dealing);
    return { slot: own.slot, dealing, signature: own.sign(said) };
  };
};
