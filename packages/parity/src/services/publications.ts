import { createPeerLimits, type ExtensionServices, type PeerAnswerer, peerAnswerer } from "@keyquorum/keeper";
import { assertHolders, combineContributions } from "@keyquorum/protocol";
import { accountOf, bytesToHex, type Hash32, hexToBytes, KeyquorumError } from "@keyquorum/wire";
import { encodePoint64 } from "../formats/point64.ts";
import { verifyingSharesOf } from "../records/serverKeyRecord.ts";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import type { SlotSignature } from "../records/slotSignature.ts";
import { domainOf, isSamePair, type OwnMembership, ownMembership } from "../retrieval/membership.ts";
import type { HeldReading } from "../retrieval/reading.ts";
import {
  askContributionStatement,
  askPublicationStatement,
  contributionStatement,
  digestOf,
  proofStatement,
  publicationStatement,
} from "../retrieval/statements.ts";
import { requireFunds } from "./funds.ts";
import { keyServerIndex } from "./keyServerIndex.ts";
import { encodePublishAsk, PUBLISH, type PublishAsk } from "./publishMessage.ts";
import { findRequest, isConfirmed } from "./requestRows.ts";
import { instanceOf, type RequestOf, requestName } from "./serviceRequest.ts";
import { findPart, putPart, type StagedPart } from "./stagedPart.ts";

type Services = Pick<ExtensionServices, "chain" | "members" | "clock" | "table" | "transaction" | "transactions" | "assertServing">;

/** Who has staged a part keeps to it for so long: until then it takes part in no other set for the same request. */
export const KEEP_MILLISECONDS = 600_000;
/** Contracts take parts of four sets of a key server: the others are for sets of which every holder is known to post. */
const MOST_DOUBTFUL_SETS = 2;
const brokenWord = (): KeyquorumError =>
  new KeyquorumError("REQUEST_CONFLICT", "A holder of that set has not posted what it signed that it would.");
const ALLOWANCE = { perHour: 2_000, atOnce: 8 };

/** What this keeper does as a holder of a reading on chain. */
export type Publications = {
  /** Checks a whole reading by itself, and stages this keeper's part of it. Throws KeyquorumError with the code of the refusal. */
  readonly take: (ask: PublishAsk) => Promise<SlotSignature>;
  readonly answerers: readonly PeerAnswerer[];
  /** What it posts for a request. Undefined: nothing yet. */
  readonly partOf: (request: RequestOf<"personal">) => Promise<StagedPart | undefined>;
};

/** @param avoided slots that have not kept their word: they drive no set that this keeper takes part in, and are in two of its sets for a request at most */
export const createPublications = (services: Services, records: ServerKeyRecords, avoided: () => readonly number[]): Publications => {
  const domain = domainOf(services);
  const limits = createPeerLimits(services.clock);

  /** Who asked, and its signature over the whole. */
  const digestsOf = (own: OwnMembership, { asked, contributions, signature }: PublishAsk) => {
    const { signature: _, ...unsigned } = asked;
    const said = askContributionStatement(unsigned);
    const digest = digestOf(domain, said);
    const whole = askPublicationStatement(asked, digest, contributions);
    if (!own.isSignedBy(asked.slot, said, asked.signature) || !own.isSignedBy(asked.slot, whole, signature))
      throw new KeyquorumError(
        "INVALID_SIGNATURE",
        "The signatures are not of the identity key that the epoch has for the keeper that asked.",
      );
    return { digest, whole: digestOf(domain, whole) };
  };

  /** Every holder's part is signed and proved, and they add up: what everybody of them posts. */
  const decryptedSecretOf = async (own: OwnMembership, { asked, contributions }: PublishAsk, digest: Hash32): Promise<Uint8Array> => {
    const { serverKeyId, epoch, holders, pair } = asked;
    const key = await records.use(serverKeyId, ({ share: _, ...rest }) => rest, epoch);
    if (key?.documentKey === undefined || !isSamePair(key.documentKey, pair))
      throw new KeyquorumError("UNKNOWN_KEY", "This keeper holds no such pair of that server key in that epoch.");
    try {
      assertHolders(holders, key.threshold);
    } catch (cause) {
      throw new KeyquorumError("INVALID_REQUEST", "The holders must be t+1 members by ascending slot.", { cause });
    }
    const isRight = contributions.every(
      (given, i) =>
        given.slot === holders[i] &&
        own.isSignedBy(given.slot, contributionStatement({ serverKeyId, epoch, slot: given.slot }, digest, given), given.signature),
    );
    const outcome = combineContributions({
      ...{ threshold: key.threshold, holders, ...pair, verifyingShares: verifyingSharesOf(key) },
      contributions: new Map(contributions.map((given) => [given.slot, given])),
      contextOf: (slot) => hexToBytes(digestOf(domain, proofStatement({ serverKeyId, epoch, slot }, digest)), 32),
    });
    if (!isRight || contributions.length !== holders.length || outcome.kind !== "combined")
      throw new KeyquorumError("INVALID_REQUEST", "The parts are not those of all holders, signed and proved.");
    return encodePoint64(outcome.decryptedSecret);
  };

  const participantsOf = async (own: OwnMembership, { asked: { request, holders } }: PublishAsk): Promise<bigint> => {
    const places = await Promise.all(
      own.members
        .filter(({ slot }) => holders.includes(slot))
        .map(async ({ operator }) => request && keyServerIndex(services, request.contract, operator, own.heads.head)),
    );
    return places.reduce<bigint>((mask, place) => {
      if (place === undefined) throw new KeyquorumError("INVALID_REQUEST", "A holder is no key server of that contract.");
      return mask | (1n << BigInt(place));
    }, 0n);
  };

  const stage = async (own: OwnMembership, ask: PublishAsk, digest: Hash32): Promise<void> => {
    const { request: reader, serverKeyId } = ask.asked;
    const mine = ask.contributions.find(({ slot }) => slot === own.slot);
    if (reader === undefined || mine === undefined) throw new KeyquorumError("INVALID_REQUEST", "This keeper is none of the holders.");
    const requester = accountOf(reader.requesterKey);
    const name = requestName({ contract: reader.contract, kind: "personal", serverKeyId: bytesToHex(serverKeyId) as Hash32, requester }); // true: 32 bytes
    const request = await findRequest(services, name);
    const wanted = bytesToHex(encodePoint64(reader.requesterKey));
    if (request?.kind !== "personal" || !isConfirmed(request, own.heads) || request.requesterPublic !== wanted)
      throw new KeyquorumError("SIGNATURE_NOT_FINAL", "This keeper knows of no such request of that contract that is confirmed.");
    const [decryptedSecret, participants] = await Promise.all([decryptedSecretOf(own, ask, digest), participantsOf(own, ask)]);
    const part: Omit<StagedPart, "sets"> = {
      ...{ instance: instanceOf(request), digest, at: services.clock.now(), participants, decryptedSecret, shadow: mine.shadow },
      shown: encodePublishAsk(ask),
    };
    const isDoubtful = ask.asked.holders.some((slot) => avoided().includes(slot));
    await services.transaction(async (tx) => {
      const staged = await findPart(tx, name, part.instance);
      if (staged?.digest === digest) return;
      if (staged !== undefined && isKept(services.clock, staged))
        throw new KeyquorumError("REQUEST_CONFLICT", "This keeper takes part in another set of holders for this request.");
      const sets = staged?.sets ?? 0;
      if (isDoubtful && sets >= MOST_DOUBTFUL_SETS) throw brokenWord();
      await putPart(tx, name, { ...part, sets: sets + 1 });
    });
  };

  const take = async (ask: PublishAsk): Promise<SlotSignature> => {
    services.assertServing();
    const { serverKeyId, epoch, slot: asker } = ask.asked;
    if ((await records.use(serverKeyId, (record) => record.epoch, epoch)) !== epoch)
      throw new KeyquorumError("UNKNOWN_KEY", "This keeper has no server key of this id in that epoch.");
    const own = await ownMembership(services, epoch);
    const { digest, whole } = digestsOf(own, ask);
    const identityKey = own.members.find(({ slot }) => slot === asker)?.identityKey;
    if (identityKey === undefined || own.isAbsent(asker))
      throw new KeyquorumError("NOT_MEMBER", "The keeper that asked takes no part any more.");
    await requireFunds(services);
    if (asker !== own.slot && avoided().includes(asker)) throw brokenWord();
    return limits.run({ kind: "document-key publish", sender: { identityKey, digest: whole }, allowance: ALLOWANCE }, async () => {
      await stage(own, ask, digest);
      return { slot: own.slot, signature: own.sign(publicationStatement({ serverKeyId, epoch, slot: own.slot }, whole)) };
    });
  };

  return {
    take,
    answerers: [peerAnswerer(PUBLISH, take)],
    partOf: (request) => findPart(services, requestName(request), instanceOf(request)),
  };
};

/** Whether a part still keeps its holder from another one. */
export const isKept = ({ now }: Pick<ExtensionServices["clock"], "now">, { at }: Pick<StagedPart, "at">): boolean => {
  const age = now() - at;
  return age >= 0 && age < KEEP_MILLISECONDS;
};

/** A reading that this keeper drove, as it shows it to the holders. */
export const publishAskOf = (
  services: Pick<Services, "chain">,
  own: Pick<OwnMembership, "sign">,
  { asked, contributions }: Pick<HeldReading, "asked" | "contributions">,
): PublishAsk => {
  const { signature: _, ...unsigned } = asked;
  const digest = digestOf(domainOf(services), askContributionStatement(unsigned));
  return { asked, contributions, signature: own.sign(askPublicationStatement(asked, digest, contributions)) };
};
