import { createPeerLimits, type ExtensionServices, type PeerAllowance, type PeerSender } from "@keyquorum/keeper";
import { assertHolders } from "@keyquorum/protocol";
import { bytesToHex, type Hash32, KeyquorumError, parseHash32 } from "@keyquorum/wire";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import type { SlotSignature } from "../records/slotSignature.ts";
import { requireFunds } from "../services/funds.ts";
import { askerAbsent, badHolders, unknownKey } from "./holderErrors.ts";
import { holdPair, storedByAuthor } from "./holdPair.ts";
import { makeContribution } from "./makeContribution.ts";
import { domainOf, membersOf, type OwnMembership, ownMembership } from "./membership.ts";
import type { ContributeAsk, FindAsk, Found, HeldContribution, StoreAsk } from "./messages.ts";
import { type Acl, decideFreshly } from "./permission.ts";
import { type Reader, readerOf, requireReader } from "./reader.ts";
import { createSharedReleases } from "./sharedReleases.ts";
import {
  askContributionStatement,
  askFindStatement,
  askStoreStatement,
  confirmationStatement,
  type DocumentKeyStatement,
  digestOf,
  foundStatement,
} from "./statements.ts";

export type HolderOptions = {
  readonly services: Pick<
    ExtensionServices,
    | "chain"
    | "members"
    | "decidePermission"
    | "verifySignature"
    | "recordRelease"
    | "random"
    | "clock"
    | "log"
    | "assertServing"
    | "table"
    | "transactions"
  >;
  readonly records: ServerKeyRecords;
  readonly acl: Acl;
};

/** What this keeper answers about the document keys of which it holds a part. All throw KeyquorumError with the code of the refusal. */
export type Holder = {
  /** Confirms a pair once it is durable. REQUEST_CONFLICT: it confirmed another one. */
  readonly store: (ask: StoreAsk) => Promise<SlotSignature>;
  readonly find: (ask: FindAsk) => Promise<Found>;
  /** Decides for itself whether the reader may read, and writes the release down, before it gives its part. */
  readonly contribute: (ask: ContributeAsk) => Promise<HeldContribution>;
};

const ALLOWANCE = { perHour: 20_000, atOnce: 32 };

export const createHolder = ({ services, records, acl }: HolderOptions): Holder => {
  const domain = domainOf(services);
  const limits = createPeerLimits(services.clock);
  const releases = createSharedReleases(services.clock);

  /** Signature first, then the limit of whoever signed, then the work. No chain is asked for a stranger, once the epoch's members are known. */
  const answered = async <Answer>(
    kind: string,
    ask: StoreAsk | FindAsk | ContributeAsk,
    said: DocumentKeyStatement,
    answer: (own: OwnMembership, digest: Hash32) => Promise<Answer>,
    allowance: PeerAllowance = ALLOWANCE,
  ): Promise<Answer> => {
    services.assertServing();
    const sender = await senderOf(ask, said);
    return limits.run({ kind: `document-key ${kind}`, sender, allowance }, async () => {
      const own = await ownMembership(services, ask.epoch, services.chain.seen());
      if (own.isAbsent(ask.slot)) throw askerAbsent();
      return answer(own, sender.digest);
    });
  };

  const senderOf = async (ask: StoreAsk | FindAsk | ContributeAsk, said: DocumentKeyStatement): Promise<PeerSender> => {
    const epoch = await records.use(ask.serverKeyId, (record) => record.epoch, ask.epoch);
    if (epoch !== ask.epoch) throw unknownKey();
    const { members, isSignedBy } = await membersOf(services, epoch);
    const member = members.find(({ slot }) => slot === ask.slot);
    if (member === undefined || !isSignedBy(ask.slot, said, ask.signature))
      throw new KeyquorumError(
        "INVALID_SIGNATURE",
        "The signature is not of the identity key that the epoch has for the keeper that asks.",
      );
    return { identityKey: member.identityKey, digest: digestOf(domain, said) };
  };

  /**
   * Permission and record are the last things before a byte leaves; a decision that grew old meanwhile is taken again. Answers with when it began, in
   * milliseconds.
   */
  const release = async (ask: ContributeAsk, requestId: Hash32, reader: Reader): Promise<number> => {
    let began = services.clock.now();
    await decideFreshly(services.clock, async () => {
      began = services.clock.now();
      const heads = await requireReader(services, acl, ask.serverKeyId, reader);
      const own = await ownMembership(services, ask.epoch, heads);
      if (own.isAbsent(ask.slot)) throw askerAbsent();
      const document = parseHash32(bytesToHex(ask.serverKeyId));
      await services.recordRelease({ kind: "shadow", requestId, document, requester: reader.address, heads });
    });
    return began;
  };

  return {
    store: (ask) =>
      answered("store", ask, askStoreStatement(ask), async (own) => {
        await holdPair(records, own, ask, storedByAuthor(services, ask));
        return confirmed(own, ask);
      }),
    find: (ask) =>
      answered("find", ask, askFindStatement(ask), async (own, digest) => {
        const held = await records.use(ask.serverKeyId, ({ documentKey }) => documentKey ?? null, ask.epoch);
        const speaker = { ...ask, slot: own.slot };
        const signature = own.sign(foundStatement(speaker, digest, held ?? undefined));
        if (held === undefined || held === null) return { slot: own.slot, signature };
        const confirmation = confirmed(own, { ...ask, pair: held }).signature;
        return { slot: own.slot, signature, held: { pair: held, confirmation, certificate: held.certificate } };
      }),
    contribute: async (ask) => {
      const said = askContributionStatement(ask);
      const contribution = async (own: OwnMembership, digest: Hash32) => {
        const threshold = await records.use(ask.serverKeyId, (record) => record.threshold, ask.epoch);
        if (threshold === undefined) throw unknownKey();
        assertAskedHolders(ask, threshold, own);
        if (ask.request !== undefined) await requireFunds(services);
        const reader = readerOf(services.clock, ask);
        const { certificate } = await holdPair(records, own, ask, async () => false);
        if (certificate.length === 0) throw new KeyquorumError("INVALID_REQUEST", "The pair has no certificate.");
        const made = await makeContribution({ services, records }, own, digest, ask, reader);
        await releases(digest, () => release(ask, digest, reader));
        return { made, reader };
      };
      const { made, reader } = await answered("contribute", ask, said, contribution, { ...ALLOWANCE, once: true });
      const digest = digestOf(domain, said);
      await releases(digest, () => release(ask, digest, reader)); // of a repeated answer, too, the decision is new when it leaves
      return made;
    },
  };
};

const confirmed = ({ slot, sign }: OwnMembership, { serverKeyId, epoch, pair }: Pick<StoreAsk, "serverKeyId" | "epoch" | "pair">) => ({
  ...{ slot, signature: sign(confirmationStatement({ serverKeyId, epoch, slot }, pair)) },
});

const assertAskedHolders = ({ holders }: ContributeAsk, threshold: number, { slot, isAbsent, members }: OwnMembership): void => {
  try {
    assertHolders(holders, threshold);
  } catch (cause) {
    throw badHolders(cause);
  }
  const areMembers = holders.every((holder) => members.some((member) => member.slot === holder) && !isAbsent(holder));
  if (!areMembers || !holders.includes(slot)) throw badHolders();
};
