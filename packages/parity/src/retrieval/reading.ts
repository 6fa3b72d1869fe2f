import { combineContributions, type MaskedContribution } from "@keyquorum/protocol";
import type { Point } from "@keyquorum/threshold";
import { hexToBytes, KeyquorumError } from "@keyquorum/wire";
import { KeyServerError } from "../formats/keyServerError.ts";
import { recoverRequester } from "../formats/rawSignature.ts";
import type { KeyServer } from "../keyServer/keyServer.ts";
import { type CertifiedIn, type ServerKeyPublic, type StoredDocumentKey, verifyingSharesOf } from "../records/serverKeyRecord.ts";
import { askMembers, type MemberFault } from "./askMembers.ts";
import { findCertifiedPair } from "./certifiedPair.ts";
import type { CoordinatorOptions } from "./coordinator.ts";
import { domainOf, type OwnMembership, ownMembership } from "./membership.ts";
import type { ContributeAsk, HeldContribution } from "./messages.ts";
import { DOCUMENT_KEY_MESSAGES } from "./peerMessages.ts";
import { decideFreshly, isFresh } from "./permission.ts";
import { type Reader, readerOf, requireReader } from "./reader.ts";
import { askContributionStatement, contributionStatement, digestOf, proofStatement } from "./statements.ts";

/** A holder that is silent for so long is dropped, and another asked. */
const ASK_MILLISECONDS = 3_000;
/** No further set of holders is asked after this. */
const BUDGET_MILLISECONDS = 10_000;
/** Members that were silent are asked last, for so long. */
const AVOID_MILLISECONDS = 60_000;

type Reading = {
  readonly key: ServerKeyPublic;
  readonly stored: StoredDocumentKey;
  readonly own: OwnMembership;
  readonly reader: Reader;
  /** Slots that the reader wants no part of. */
  readonly without: readonly number[];
  /** Decides about the reader anew. Throws what the reading throws. */
  readonly decideAgain: () => Promise<void>;
};

/** What a reading was asked by, and what every holder of it gave: all that a reader needs to check it, but for the server key's own proof. */
export type HeldReading = {
  readonly key: ServerKeyPublic;
  readonly asked: ContributeAsk;
  /** Whose certificate the pair has, where the key was moved since it was stored. */
  readonly certifiedIn?: CertifiedIn;
  readonly decryptedSecret: Point;
  /** By ascending slot. */
  readonly contributions: readonly HeldContribution[];
};

export type ReadingAsk = Pick<ContributeAsk, "serverKeyId" | "readerSignature" | "wallet" | "request"> & {
  readonly without?: readonly number[];
};

/** Reads a document key under masks. Throws KeyServerError as `KeyServer.shadows`, with what it means as its cause. PROTOCOL section 8.3. */
export const createReading = (options: CoordinatorOptions): ((ask: ReadingAsk) => Promise<HeldReading>) => {
  const { services, records, acl, named } = options;
  const silentAt = new Map<number, number>();

  const noteSilence = (faults: readonly MemberFault[]): void => {
    for (const { slot, reason } of faults) if (reason === "UNAVAILABLE") silentAt.set(slot, services.clock.now());
  };
  const wasSilent = (slot: number): boolean => {
    const since = services.clock.now() - (silentAt.get(slot) ?? Number.NEGATIVE_INFINITY);
    return since >= 0 && since < AVOID_MILLISECONDS;
  };

  /** One set of holders: the answer, or who is to be left out. */
  const askSet = async ({ key, stored, own, reader: { readerSignature, wallet, request } }: Reading, holders: readonly number[]) => {
    const { serverKeyId, epoch, threshold } = key;
    const unsigned = {
      ...{ serverKeyId, epoch, slot: own.slot, holders, pair: stored, certificate: stored.certificate, readerSignature },
      ...(wallet === undefined ? {} : { wallet }),
      ...(request === undefined ? {} : { request }),
      nonce: options.random32("contribute", serverKeyId),
    };
    const said = askContributionStatement(unsigned);
    const domain = domainOf(services);
    const digest = digestOf(domain, said);
    const ask = { ...unsigned, signature: own.sign(said) };
    const answers = await askMembers(
      services,
      {
        ...{ message: contributionMessageOf({ wallet, request }), ask },
        ...{ own: { slot: own.slot, answer: options.holder.contribute }, milliseconds: ASK_MILLISECONDS },
      },
      holders.map((slot) => ({ slot })),
      { heads: own.heads },
    );
    const isSigned = (asked: number, given: HeldContribution): boolean =>
      given.slot === asked &&
      own.isSignedBy(asked, contributionStatement({ serverKeyId, epoch, slot: asked }, digest, given), given.signature);
    const faults: MemberFault[] = [];
    const given = new Map<number, HeldContribution>();
    for (const one of answers) {
      if (one.kind === "failed") faults.push(one);
      else if (!isSigned(one.slot, one.answer)) faults.push({ slot: one.slot, reason: "LIED" });
      else given.set(one.slot, one.answer);
    }
    if (faults.length > 0) return { kind: "faults", faults } as const;
    const outcome = combineContributions({
      ...{ threshold, holders, ...stored, verifyingShares: verifyingSharesOf(key) },
      contributions: given satisfies ReadonlyMap<number, MaskedContribution>,
      contextOf: (slot) => hexToBytes(digestOf(domain, proofStatement({ serverKeyId, epoch, slot }, digest)), 32),
    });
    return outcome.kind === "combined" ? { ...outcome, given, asked: ask } : outcome;
  };

  const read = async (reading: Reading): Promise<HeldReading> => {
    const { key, own, without } = reading;
    const ends = services.clock.now() + BUDGET_MILLISECONDS;
    const faults: MemberFault[] = [];
    const present = own.members
      .map(({ slot }) => slot)
      .filter((slot) => key.members.includes(slot) && !own.isAbsent(slot) && !without.includes(slot));
    while (services.clock.now() <= ends) {
      const left = present.filter((slot) => !faults.some((fault) => fault.slot === slot));
      // Itself first: it needs no network. Then by slot, but for those that were silent a while ago.
      const order = left.toSorted((a, b) => rank(a) - rank(b) || a - b);
      if (order.length <= key.threshold) break;
      const holders = order.slice(0, key.threshold + 1).toSorted((a, b) => a - b);
      const began = services.clock.now();
      const outcome = await askSet(reading, holders);
      if (outcome.kind === "combined") {
        // This keeper's own part waited for the others': it leaves by a decision of now, too (D76).
        if (!isFresh(services.clock, began)) await reading.decideAgain();
        const { decryptedSecret, asked, given } = outcome;
        const { certifiedIn } = reading.stored;
        const contributions = holders.flatMap((slot) => given.get(slot) ?? []);
        return { key, asked, ...(certifiedIn === undefined ? {} : { certifiedIn }), decryptedSecret, contributions };
      }
      if (outcome.kind === "degenerate") continue;
      const { wallet, request } = reading.reader;
      const isRaw = wallet === undefined && request === undefined;
      named.name(key.serverKeyId, isRaw ? outcome.faults : outcome.faults.filter(isNoWalletsDoing));
      noteSilence(outcome.faults);
      faults.push(...outcome.faults);
    }
    const denied = faults.filter(({ reason }) => reason === "ACCESS_DENIED").length;
    if (denied > 0 && 2 * denied >= faults.length) throw new KeyServerError("ConsensusUnreachable");
    const undecided = faults.find(({ reason }) => reason === "PERMISSION_NOT_FINAL" || reason === "SIGNATURE_NOT_FINAL")?.reason;
    throw new KeyServerError("ConsensusTemporaryUnreachable", "", {
      ...(undecided === undefined
        ? {}
        : { cause: new KeyquorumError(undecided === "PERMISSION_NOT_FINAL" ? undecided : "SIGNATURE_NOT_FINAL") }),
    });

    function rank(slot: number): number {
      if (slot === own.slot) return 0;
      return wasSilent(slot) ? 2 : 1;
    }
  };

  return async (ask) => {
    services.assertServing();
    const [newest, ...left] = await records.epochsOf(ask.serverKeyId);
    if (newest === undefined) throw new KeyServerError("ServerKeyIsNotFound");
    // A key that was just moved may not be there for all of its new members: those that it left still read it.
    let failure: unknown;
    for (const epoch of [newest, ...left]) {
      try {
        return await readIn(epoch, ask);
      } catch (error) {
        failure ??= error;
        if (!isTryable(error)) break;
      }
    }
    throw failure;
  };

  async function readIn(epoch: number, ask: ReadingAsk): Promise<HeldReading> {
    const { serverKeyId } = ask;
    const found = await records.use(serverKeyId, ({ share: _, ...rest }) => rest, epoch);
    if (found === undefined) throw new KeyServerError("ServerKeyIsNotFound");
    const { documentKey: held, ...key } = found;
    const reader = readerOf(services.clock, ask);
    const decide = () => requireReader(services, acl, serverKeyId, reader).catch(asRefusal);
    const heads = await decide();
    const own = await ownMembership(services, key.epoch, heads);
    const stored = await certified(key, own, held);
    const decideAgain = () => decideFreshly(services.clock, async () => void (await ownMembership(services, key.epoch, await decide()))); // NOT_MEMBER: it was removed meanwhile
    return read({ key, stored, own, reader, without: ask.without ?? [], decideAgain });
  }

  async function certified(key: ServerKeyPublic, own: OwnMembership, held: StoredDocumentKey | undefined): Promise<StoredDocumentKey> {
    if (held !== undefined && held.certificate.length > 0) return held;
    const pair = await findCertifiedPair(options, key, own, ASK_MILLISECONDS);
    if (pair.kind === "certified") return pair.stored;
    throw new KeyServerError(pair.kind === "none" ? "DocumentKeyIsNotFound" : "ConsensusTemporaryUnreachable");
  }
};

/**
 * A contract account may answer each keeper differently, or in a block of its own, and clocks differ where a deadline ends: no member is named for what it
 * says of an account's word.
 */
export const isNoWalletsDoing = ({ reason }: MemberFault): boolean => !WALLET_DECISIONS.includes(reason);
const WALLET_DECISIONS: readonly string[] = [
  "INVALID_SIGNATURE",
  "SIGNATURE_NOT_FINAL",
  "WALLET_NOT_DEPLOYED",
  "DEADLINE_PASSED",
  "DEADLINE_TOO_FAR",
];

/** Whether members of another epoch may do better: too few here answer, or this keeper is none of them. A denial is one everywhere. */
const isTryable = (error: unknown): boolean =>
  (error instanceof KeyServerError &&
    ["ConsensusTemporaryUnreachable", "ServerKeyIsNotFound", "DocumentKeyIsNotFound"].includes(error.kind)) ||
  (error instanceof KeyquorumError && error.code === "NOT_MEMBER");

/** Denials as clients of the original know them. What says nothing about the permission stays what it is. */
const asRefusal = (error: unknown): never => {
  if (error instanceof KeyquorumError && error.code === "ACCESS_DENIED")
    throw new KeyServerError("ConsensusUnreachable", "", { cause: error });
  if (error instanceof KeyquorumError && error.code === "PERMISSION_NOT_FINAL")
    throw new KeyServerError("ConsensusTemporaryUnreachable", "", { cause: error });
  throw error;
};

const contributionMessageOf = ({
  wallet,
  request,
}: {
  readonly wallet: Reader["wallet"] | undefined;
  readonly request: Reader["request"] | undefined;
}) => {
  if (request !== undefined) return DOCUMENT_KEY_MESSAGES.contributeToRequest;
  return wallet === undefined ? DOCUMENT_KEY_MESSAGES.contribute : DOCUMENT_KEY_MESSAGES.contributeToWallet;
};

/** `KeyServer.shadows`: a reading as Parity's clients ask for it. */
export const shadowsOf =
  (reading: ReturnType<typeof createReading>): KeyServer["shadows"] =>
  async ({ serverKeyId, signature }) => {
    if (recoverRequester(serverKeyId, signature) === undefined)
      throw new KeyServerError("InsufficientRequesterData", "bad signature: nobody signed this id so");
    const { key, asked, decryptedSecret, contributions } = await reading({ serverKeyId, readerSignature: Uint8Array.from(signature) });
    return {
      ...{ decryptedSecret, commonPoint: asked.pair.commonPoint, threshold: key.threshold },
      shadows: contributions.map(({ slot, shadow, commitment }) => ({ slot, encrypted: shadow, commitment })),
    };
  };
