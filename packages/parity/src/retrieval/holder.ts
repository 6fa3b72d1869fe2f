import {
  createPeerLimits,
  describeError,
  type ExtensionServices,
  type PeerAllowance,
  type PeerAnswerer,
  type PeerSender,
  peerAnswerer,
} from "@keyquorum/keeper";
import { assertHolders, createMaskedContribution } from "@keyquorum/protocol";
import { SecretScalar } from "@keyquorum/threshold";
import { type Address, bytesToHex, type Hash32, hexToBytes, KeyquorumError, parseHash32 } from "@keyquorum/wire";
import { encryptEcies } from "../formats/ecies.ts";
import { visibleShadow } from "../formats/signRule.ts";
import type { ServerKeyRecord, StoredDocumentKey } from "../records/serverKeyRecord.ts";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import type { SlotSignature } from "../records/slotSignature.ts";
import { requireStorageByAuthor } from "../wallets/authorProof.ts";
import { domainOf, isCertificate, isSamePair, membersOf, type OwnMembership, ownMembership } from "./membership.ts";
import type { ContributeAsk, FindAsk, Found, HeldContribution, StoreAsk } from "./messages.ts";
import { DOCUMENT_KEY_MESSAGES } from "./peerMessages.ts";
import { type Acl, decideFreshly } from "./permission.ts";
import { type Reader, readerOf, requireReader } from "./reader.ts";
import { createSharedReleases } from "./sharedReleases.ts";
import {
  askContributionStatement,
  askFindStatement,
  askStoreStatement,
  confirmationStatement,
  contributionStatement,
  type DocumentKeyStatement,
  digestOf,
  foundStatement,
  proofStatement,
} from "./statements.ts";

export type HolderOptions = {
  readonly services: Pick<
    ExtensionServices,
    "chain" | "members" | "decidePermission" | "verifySignature" | "recordRelease" | "random" | "clock" | "log" | "assertServing" | "table"
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
   * What is stored afterwards: this pair, with a certificate where one was shown or was there. Signatures are verified before the transaction begins.
   * Throws REQUEST_CONFLICT, INVALID_SIGNATURE.
   */
  const hold = async (
    own: OwnMembership,
    { serverKeyId, epoch, pair, certificate }: Pick<StoreAsk, "serverKeyId" | "epoch" | "pair" | "certificate">,
    isAuthors: (author: Address) => Promise<boolean>,
  ): Promise<StoredDocumentKey> => {
    const isHeld = (held: StoredDocumentKey | undefined): held is StoredDocumentKey =>
      held !== undefined && isSamePair(held, pair) && (held.certificate.length > 0 || certificate.length === 0);
    const look = (record: ServerKeyRecord) => ({
      held: isHeld(record.documentKey) ? record.documentKey : undefined,
      isCertified: !isHeld(record.documentKey) && certificate.length > 0 && isCertificate(own, record, pair, certificate),
      author: record.documentKey === undefined && certificate.length === 0 ? record.author : undefined,
    });
    const before = await records.use(serverKeyId, look, epoch);
    if (before === undefined) throw unknownKey();
    if (before.held !== undefined) return before.held;
    if (certificate.length > 0 && !before.isCertified) throw new KeyquorumError("INVALID_REQUEST", "The certificate is for another pair.");
    const isByAuthor = before.author !== undefined && (await isAuthors(before.author));
    const stored = await records.storeDocumentKey(serverKeyId, ({ documentKey: held, epoch: present, isLeaving }) => {
      if (present !== epoch) throw leaving();
      if (isHeld(held)) return undefined;
      if (isLeaving === true) throw leaving();
      if (before.isCertified) return { ...pair, certificate };
      if (held !== undefined) return undefined;
      if (!isByAuthor) throw new KeyquorumError("INVALID_SIGNATURE", "The pair does not come from the author of this server key.");
      return { ...pair, certificate: [] };
    });
    if (stored === undefined) throw unknownKey();
    if (!isSamePair(stored, pair)) throw new KeyquorumError("REQUEST_CONFLICT", "Another document key is stored under this server key.");
    return stored;
  };

  /** False: the author stores no such pair. Throws where nobody can say, or not yet. */
  const isAuthors =
    ({ serverKeyId, pair, authorSignature }: StoreAsk) =>
    async (author: Address): Promise<boolean> => {
      try {
        await requireStorageByAuthor(services, { serverKeyId, author, authorSignature, ...pair });
        return true;
      } catch (error) {
        if (error instanceof KeyquorumError && error.code === "INVALID_SIGNATURE") return false;
        throw error;
      }
    };

  const confirmed = ({ slot, sign }: OwnMembership, { serverKeyId, epoch, pair }: Pick<StoreAsk, "serverKeyId" | "epoch" | "pair">) => ({
    ...{ slot, signature: sign(confirmationStatement({ serverKeyId, epoch, slot }, pair)) },
  });

  /** The part itself: nothing of it has left yet. */
  const makeContribution = async (own: OwnMembership, digest: Hash32, ask: ContributeAsk, reader: Reader): Promise<HeldContribution> => {
    const { slot } = own;
    const { serverKeyId, epoch, holders } = ask;
    const speaker = { serverKeyId, epoch, slot };
    const contribution = async ({ threshold, share, documentKey }: ServerKeyRecord): Promise<Omit<HeldContribution, "signature">> => {
      if (documentKey === undefined || !holders.includes(slot)) throw badHolders();
      const session = hexToBytes(digest, 32);
      const random = services.random({ session, secret: share });
      const context = hexToBytes(digestOf(domain, proofStatement(speaker, digest)), 32);
      const { commonPoint } = documentKey;
      const { contribution: given, mask } = createMaskedContribution({ threshold, holders, commonPoint }, { slot, share, context }, random);
      const shadow = SecretScalar.from(visibleShadow(mask.reveal(), threshold)).toBytes();
      mask.erase();
      try {
        return { ...given, shadow: await encryptEcies(reader.publicKey, shadow, services.random({ session, secret: share })) };
      } finally {
        shadow.fill(0);
      }
    };
    const made = await records.use(serverKeyId, contribution, epoch);
    if (made === undefined) throw unknownKey();
    return { ...made, signature: own.sign(contributionStatement(speaker, digest, made)) };
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
        await hold(own, ask, isAuthors(ask));
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
        const reader = readerOf(services.clock, ask);
        const { certificate } = await hold(own, ask, async () => false);
        if (certificate.length === 0) throw new KeyquorumError("INVALID_REQUEST", "The pair has no certificate.");
        const made = await makeContribution(own, digest, ask, reader);
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

const askerAbsent = (): KeyquorumError =>
  new KeyquorumError("NOT_MEMBER", "The keeper that asks was removed, or its account or identity key revoked as stolen.");

const assertAskedHolders = ({ holders }: ContributeAsk, threshold: number, { slot, isAbsent, members }: OwnMembership): void => {
  try {
    assertHolders(holders, threshold);
  } catch (cause) {
    throw badHolders(cause);
  }
  const areMembers = holders.every((holder) => members.some((member) => member.slot === holder) && !isAbsent(holder));
  if (!areMembers || !holders.includes(slot)) throw badHolders();
};

const badHolders = (cause?: unknown): KeyquorumError =>
  new KeyquorumError(
    "INVALID_REQUEST",
    "The holders must be t+1 members by ascending slot, none removed or robbed of its keys, this keeper among them.",
    {
      ...{ details: { field: "holders" }, cause },
    },
  );

/** The key is on its way to another epoch, or there: it is stored there. */
const leaving = (): KeyquorumError =>
  new KeyquorumError("UNAVAILABLE", "The server key is being moved to another epoch: its document key is stored there.");

const unknownKey = (): KeyquorumError => new KeyquorumError("UNKNOWN_KEY", "This keeper has no server key of this id in that epoch.");

/** What other keepers may ask this one. What nobody expected is told to the log, and to who asks that it may ask again. */
export const holderAnswerers = (holder: Holder, { log }: Pick<HolderOptions["services"], "log">): readonly PeerAnswerer[] => {
  const told =
    <Ask, Answer>(what: string, answer: (ask: Ask) => Promise<Answer>) =>
    (ask: Ask): Promise<Answer> =>
      answer(ask).catch((error: unknown) => {
        if (error instanceof KeyquorumError) throw error;
        log.warn(`${what} failed`, describeError(error));
        throw new KeyquorumError("UNAVAILABLE", undefined, { cause: error });
      });
  const { store, find, contribute, contributeToWallet, contributeToRequest } = DOCUMENT_KEY_MESSAGES;
  return [
    peerAnswerer(store, told("Confirming a document key", holder.store)),
    peerAnswerer(find, told("Looking up a document key", holder.find)),
    peerAnswerer(contribute, told("Contributing to a retrieval", holder.contribute)),
    peerAnswerer(contributeToWallet, told("Contributing to a wallet's retrieval", holder.contribute)),
    peerAnswerer(contributeToRequest, told("Contributing to a retrieval on chain", holder.contribute)),
  ];
};
