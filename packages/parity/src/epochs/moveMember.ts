import type { ExtensionServices, Withheld } from "@keyquorum/keeper";
import {
  confirmationStatement,
  dealingStatement,
  isServerKeyContribution,
  movedRowName,
  type ServerKeyMember,
  type ServerKeyProposal,
  type ShownDealing,
  serverKeySessionOf,
} from "@keyquorum/protocol";
import { createServerKeyRedealing, type DkgMember, MIN_SERVER_KEY_MEMBERS } from "@keyquorum/threshold";
import { hexToBytes, KeyquorumError } from "@keyquorum/wire";
import type { BoardMembers } from "../board/boardMembers.ts";
import { areMembersOf, type SeenEpoch } from "../proofs/serverKeyProof.ts";
import { deleteLeftKey, findLeftKey, type LeftKey, putLeftKey } from "../records/leftKeys.ts";
import type { ServerKeyRecord } from "../records/serverKeyRecord.ts";
import { deleteServerKey, findServerKey, putServerKey, type ServerKeyRecords } from "../records/serverKeyRecords.ts";
import { domainOf, type EpochMembers, isSamePair, membersOf, ownMembership } from "../retrieval/membership.ts";
import { dealersNeeded, isProved, isSameKey, type KeyEvidence, parseEvidence, verifyingShareOf } from "./evidence.ts";
import { findHeldKey } from "./heldKey.ts";
import type { Moved, OfferAnswer, OfferAsk, RedealAsk } from "./moveMessages.ts";

/** Whether this keeper has, or has had, a share of the key: then it was let in by its rules before. */
export type Admitted = { readonly isKnown: boolean };

/** What this keeper does when other members move keys. All throw KeyquorumError with the code of the refusal. PROTOCOL section 8.6. */
export type MoveMember = {
  /** As a member that gets a share: whether the key is what its proposal says. */
  readonly admit: (proposal: ServerKeyProposal) => Promise<Admitted>;
  /** As a member that has one: deals it, where the operator consents. */
  readonly redeal: (ask: RedealAsk, from: number) => Promise<ShownDealing>;
  /** As a member that leaves: every new member has said that it has its share. Throws ACCESS_DENIED while the operator withholds from their epoch. */
  readonly learn: (moved: Moved) => Promise<void>;
  /** Takes keys into use again that it left for an epoch from which the operator now withholds. Those that it did. */
  readonly takeBack: (left: readonly LeftKey[]) => Promise<readonly LeftKey[]>;
  readonly offer: (ask: OfferAsk) => Promise<OfferAnswer>;
};

type Options = {
  readonly services: Pick<ExtensionServices, "chain" | "members" | "epochs" | "random" | "transaction" | "clock">;
  readonly records: ServerKeyRecords;
  readonly rowOf: ServerKeyMember["rowOf"];
  readonly assertCurrent: BoardMembers["assertCurrent"];
  /** Keys that others show, which are to be moved. */
  readonly onOffered: (ask: OfferAsk, evidence: KeyEvidence) => void;
};

export const createMoveMember = ({ services, records, rowOf, assertCurrent, onOffered }: Options): MoveMember => {
  const known = (epoch: number) => membersOf(services, epoch);
  const seen = async (epoch: number): Promise<SeenEpoch & EpochMembers> => {
    const heads = await services.chain.look();
    const [members, absent] = await Promise.all([membersOf(services, epoch, heads), services.members.absent(epoch, heads)]);
    return { ...members, slots: members.members.map(({ slot }) => slot), absent };
  };
  /** Why a share is not given up for an epoch; undefined: it may be. That it is low in threshold counts where a share is dealt. */
  const withheldFrom = async (epoch: number, { heads, members }: EpochMembers): Promise<Withheld | undefined> => {
    const isOpen = members.length > 0 && (await services.members.epochAt(heads.final)) >= epoch;
    if (!isOpen) return { reason: "NOT_FINAL", why: "The epoch is not final." };
    return services.epochs.withheldFrom({ epoch, threshold: Number.MAX_SAFE_INTEGER, members }, heads);
  };

  /** Throws INVALID_REQUEST unless the key is the proposal's, and enough of its members deal. */
  const readProposal = (proposal: ServerKeyProposal): KeyEvidence => {
    const { moved, author, threshold, epoch, members } = proposal;
    const evidence = moved === undefined ? undefined : read(moved.about);
    if (moved === undefined || evidence === undefined) throw wrong("It shows no key.");
    const isOfKey =
      evidence.author === author && evidence.threshold === threshold && evidence.commitments[0]?.equals(moved.publicKey) === true;
    if (!isOfKey || evidence.epoch >= epoch) throw wrong("It shows another key, or none of an earlier epoch.");
    if (threshold + 1 > members.length) throw wrong("t is below the number of members.");
    const areShares = moved.dealers.every(
      ({ dealer, place, verifyingShare }) =>
        evidence.members.includes(dealer) &&
        place === BigInt(dealer) &&
        verifyingShare?.equals(verifyingShareOf(evidence, dealer)) === true,
    );
    if (!areShares || moved.dealers.length < dealersNeeded(evidence)) throw wrong("Its dealers are not enough of the key's members.");
    return evidence;
  };

  const newMembers = async ({ epoch, members }: ServerKeyProposal): Promise<readonly DkgMember[]> => {
    const all = (await known(epoch)).members;
    return members.flatMap((slot) => {
      const member = all.find((one) => one.slot === slot);
      return member === undefined ? [] : [{ slot, encryptionKey: member.encryptionKey }];
    });
  };

  /** Throws REQUEST_CONFLICT where this keeper knows of a document key that would not go along. */
  const assertSameDocumentKey = ({ documentKey: own }: Pick<ServerKeyRecord, "documentKey">, { documentKey: shown }: KeyEvidence): void => {
    if (own === undefined || (shown !== undefined && (isSamePair(own, shown) || own.certificate.length === 0))) return;
    throw new KeyquorumError("REQUEST_CONFLICT", "A document key is stored here, or about to be, that is not the one that would be moved.");
  };

  const assertConsent = async (proposal: ServerKeyProposal, members: readonly DkgMember[]): Promise<void> => {
    const { epoch, threshold } = proposal;
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
    admit: async (proposal) => {
      const evidence = readProposal(proposal);
      const serverKeyId = hexToBytes(proposal.serverKeyId, 32);
      if (!(await isProved(serverKeyId, evidence, seen)))
        throw wrong("Not every member of its epoch confirmed the key, or its document key.");
      const own = await records.use(serverKeyId, ({ share: _, ...rest }) => rest);
      if (own !== undefined && own.commitments[0]?.equals(evidence.commitments[0] ?? own.commitments[0]) !== true)
        throw new KeyquorumError("REQUEST_CONFLICT", "This keeper has another key of this id.");
      if (own !== undefined && own.author !== proposal.author) throw wrong("The key has another author.");
      if (own !== undefined && own.epoch > evidence.epoch)
        throw new KeyquorumError("REQUEST_CONFLICT", "The key is in a later epoch here than the one that it would be moved from.");
      // One that it alone confirmed is nobody's: who deals without it makes sure that it never gets a certificate.
      const isStored = own?.epoch === evidence.epoch && (own.documentKey?.certificate.length ?? 0) > 0;
      if (own !== undefined && isStored) assertSameDocumentKey(own, evidence);
      return { isKnown: own !== undefined };
    },

    redeal: async ({ proposal, sid, contributions }, from) => {
      const evidence = readProposal(proposal);
      const serverKeyId = hexToBytes(proposal.serverKeyId, 32);
      const held = await findHeldKey(records, rowOf, serverKeyId);
      if (held === undefined || held.record.epoch !== evidence.epoch) throw unknownKey();
      if (!isSameKey(held.evidence, evidence)) throw wrong("The key is another one here.");
      await assertCurrent(proposal);
      const [own, members] = [await ownMembership(services, evidence.epoch), await newMembers(proposal)];
      const { isSignedBy } = await known(proposal.epoch);
      const context = { domain: domainOf(services), members, isSignedBy } as const;
      const areAll = contributions.length === members.length && members.every(({ slot }, i) => contributions[i]?.slot === slot);
      if (from !== proposal.coordinator || !areAll) throw wrong("The contributions are not those of all new members.");
      const isRight = contributions.every((one) => isServerKeyContribution(context, proposal, one));
      if (!isRight || serverKeySessionOf(context, proposal, contributions) !== sid) throw wrong("The session is another one.");
      if (proposal.moved?.dealers.some(({ dealer }) => dealer === own.slot) !== true) throw wrong("This keeper is none of its dealers.");
      assertSameDocumentKey(held.record, evidence);
      if (evidence.documentKey !== undefined && !(await isProved(serverKeyId, evidence, seen)))
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
    },

    learn: async ({ proposal, sid, confirmations, ...hashes }) => {
      const serverKeyId = hexToBytes(proposal.serverKeyId, 32);
      const held = await findHeldKey(records, rowOf, serverKeyId);
      if (held === undefined || held.record.epoch >= proposal.epoch) return;
      const evidence = readProposal(proposal);
      if (!isSameKey(held.evidence, evidence)) throw wrong("The key is another one here.");
      const { members, threshold, epoch, moved } = proposal;
      const newest = await seen(epoch);
      const result = {
        publicKey: moved?.publicKey ?? (evidence.commitments[0] as NonNullable<(typeof evidence.commitments)[0]>), // t+1 of them
        ...{ commitmentsHash: hexToBytes(hashes.commitmentsHash, 32), verifyingRoot: hexToBytes(hashes.verifyingRoot, 32) },
      };
      // Who is listed, only the chain says: of all of them one is honest, took part with all others, and saw that they have their shares.
      const areEnough = members.length >= Math.max(threshold + 1, MIN_SERVER_KEY_MEMBERS) && confirmations.length === members.length;
      const areAll = areEnough && areMembersOf(newest, members);
      const isRight = members.every((slot, i) => {
        const given = confirmations[i];
        return given?.slot === slot && newest.isSignedBy(slot, confirmationStatement({ proposal, sid }, slot, result), given.signature);
      });
      if (!areAll || !isRight) throw wrong("Not every new member confirmed.");
      const not = await withheldFrom(epoch, newest);
      if (not !== undefined) throw new KeyquorumError("ACCESS_DENIED", not.why, { details: { reason: not.reason } });
      await services.transaction(async (tx) => {
        const record = await findServerKey(tx, serverKeyId);
        if (record === undefined) return;
        try {
          if (record.epoch >= epoch) return;
          await putLeftKey(tx, record, { toEpoch: epoch, at: services.clock.now() });
          await deleteServerKey(tx, serverKeyId);
        } finally {
          record.share.erase();
        }
      });
    },

    takeBack: async (left) => {
      const withheld = new Set<number>();
      for (const epoch of new Set(left.map(({ toEpoch }) => toEpoch)))
        if ((await withheldFrom(epoch, await seen(epoch))) !== undefined) withheld.add(epoch);
      const back: LeftKey[] = [];
      for (const one of left) if (withheld.has(one.toEpoch) && (await putBack(one))) back.push(one);
      return back;
    },

    offer: async (ask) => {
      const row = await rowOf(movedRowName(ask.serverKeyId, ask.toEpoch));
      if (row?.stage === "generated" && row.proposal.moved !== undefined) {
        const { proposal, sid, key, confirmations } = row;
        return { moved: { proposal, sid, confirmations, commitmentsHash: key.commitmentsHash, verifyingRoot: key.verifyingRoot } };
      }
      const evidence = read(ask.about);
      if (evidence === undefined || evidence.epoch !== ask.epoch) throw wrong("It shows no key.");
      if (!(await isProved(hexToBytes(ask.serverKeyId, 32), evidence, seen)))
        throw wrong("Not every member of its epoch confirmed the key.");
      onOffered(ask, evidence);
      return {};
    },
  };
};

const read = (about: Uint8Array): KeyEvidence | undefined => {
  try {
    return parseEvidence(about);
  } catch {
    return undefined;
  }
};

const wrong = (sentence: string): KeyquorumError => new KeyquorumError("INVALID_REQUEST", sentence);
const unknownKey = (): KeyquorumError => new KeyquorumError("UNKNOWN_KEY", "This keeper has no such key in that epoch.");
