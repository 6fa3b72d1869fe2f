import type { OwnStores } from "@keyquorum/keeper";
import { bytesToHex } from "@keyquorum/wire";
import { KeyServerError } from "../formats/keyServerError.ts";
import type { KeyServer } from "../keyServer/keyServer.ts";
import type { ServerKeyPublic, StoredDocumentKey } from "../records/serverKeyRecord.ts";
import type { SlotSignature } from "../records/slotSignature.ts";
import { askMembers, type MemberAnswer, type MemberFault } from "./askMembers.ts";
import { type CertifiedPair, findCertifiedPair } from "./certifiedPair.ts";
import type { CoordinatorOptions } from "./coordinator.ts";
import { isConfirmation, isSamePair, type OwnMembership, ownMembership, quorumOf } from "./membership.ts";
import type { StoreAsk } from "./messages.ts";
import { DOCUMENT_KEY_MESSAGES } from "./peerMessages.ts";
import { isNoWalletsDoing } from "./reading.ts";
import { askStoreStatement } from "./statements.ts";

/** By the author's key itself, as old clients sign. A wallet's word is longer. */
const RAW_SIGNATURE_BYTES = 65;
/** A member that is silent for so long is one that has not confirmed. */
const ASK_MILLISECONDS = 5_000;

/** Stores a document key: `KeyServer.storeDocumentKey`. */
export const createStoring =
  (options: CoordinatorOptions): KeyServer["storeDocumentKey"] =>
  async ({ serverKeyId, author, signature, commonPoint, encryptedPoint }) => {
    const { services, records } = options;
    services.assertServing();
    const found = await records.use(serverKeyId, ({ share: _, ...key }) => key);
    if (found === undefined) throw new KeyServerError("ServerKeyIsNotFound");
    const { documentKey: held, ...key } = found;
    if (key.author !== author) throw new KeyServerError("AccessDenied");
    if (held !== undefined && held.certificate.length > 0) throw new KeyServerError("DocumentKeyAlreadyStored");
    const own = await ownMembership(services, key.epoch);
    const pair = { commonPoint, encryptedPoint };
    if (held !== undefined && !isSamePair(held, pair)) {
      const before: CertifiedPair = await findCertifiedPair(options, key, own, ASK_MILLISECONDS);
      if (before.kind === "certified") throw new KeyServerError("DocumentKeyAlreadyStored");
    }
    const ask = { pair, authorSignature: signature, certificate: [] };
    const { confirmations, faults } = await confirmPair(options, key, own, ask, quorumOf(key));
    const isRaw = signature.length === RAW_SIGNATURE_BYTES;
    options.named.name(serverKeyId, isRaw ? faults : faults.filter(isNoWalletsDoing));
    if (confirmations.length >= quorumOf(key)) {
      // Durable here before it is said: whoever is asked next finds the pair and its certificate.
      await records.storeDocumentKey(serverKeyId, () => ({ ...pair, certificate: confirmations }), addBringUp(serverKeyId));
      // And durable at t others: if this one is gone for good, whoever is left may be too few to make the certificate again.
      const withIt = { pair, authorSignature: new Uint8Array(0), certificate: confirmations };
      const shown = await confirmPair(options, key, own, withIt, key.threshold + 1);
      if (shown.confirmations.length <= key.threshold) throw new KeyServerError("ConsensusTemporaryUnreachable");
      services.log.info("Stored a document key", { serverKeyId: bytesToHex(serverKeyId), confirmations: confirmations.length });
      return;
    }
    const isTaken = faults.some(({ reason }) => reason === "REQUEST_CONFLICT");
    throw new KeyServerError(isTaken ? "DocumentKeyAlreadyStored" : "ConsensusTemporaryUnreachable");
  };

/** Asks every member that is not absent to hold a pair, and waits for `needed` of them. */
const confirmPair = async (
  { services, holder }: CoordinatorOptions,
  key: ServerKeyPublic,
  own: OwnMembership,
  about: Pick<StoreAsk, "pair" | "authorSignature" | "certificate">,
  needed: number,
): Promise<{ readonly confirmations: readonly SlotSignature[]; readonly faults: readonly MemberFault[] }> => {
  const { serverKeyId, epoch } = key;
  const unsigned = { serverKeyId, epoch, slot: own.slot, ...about };
  const ask = { ...unsigned, signature: own.sign(askStoreStatement(unsigned)) };
  const present = own.members.filter(({ slot }) => !own.isAbsent(slot));
  const question = {
    message: DOCUMENT_KEY_MESSAGES.store,
    ask,
    own: { slot: own.slot, answer: holder.store },
    milliseconds: ASK_MILLISECONDS,
  };
  const isRight = ({ slot, answer }: { readonly slot: number; readonly answer: SlotSignature }): boolean =>
    answer.slot === slot && isConfirmation(own, key, about.pair, answer);
  const confirmationsOf = (answers: readonly MemberAnswer<SlotSignature>[]): readonly SlotSignature[] =>
    answers.flatMap((one) => (one.kind === "answered" && isRight(one) ? [one.answer] : []));
  const enough = (answers: readonly MemberAnswer<SlotSignature>[]): boolean => confirmationsOf(answers).length >= needed;
  const answers = await askMembers(services, question, present, { heads: own.heads, enough });
  const confirmations = confirmationsOf(answers);
  const faults = present.flatMap(({ slot }): readonly MemberFault[] => {
    if (confirmations.some((one) => one.slot === slot)) return [];
    const given = answers.find((one) => one.slot === slot);
    return [{ slot, reason: given === undefined ? "UNAVAILABLE" : given.kind === "failed" ? given.reason : "LIED" }];
  });
  return { confirmations, faults };
};

/** Of the story's work: the members that did not confirm are brought up when they are back. */
export const BRING_UP_KIND = "document-key";
export type BringUp = { readonly serverKeyId: string };

const addBringUp = (serverKeyId: Uint8Array) => (tx: OwnStores) => {
  const payload: BringUp = { serverKeyId: bytesToHex(serverKeyId) };
  return tx.addWork({ kind: BRING_UP_KIND, subject: payload.serverKeyId, payload });
};

/** Shows every member pair and certificate. Answers with those that did not confirm; undefined: there is nothing to show. */
export const bringUp = async (options: CoordinatorOptions, serverKeyId: Uint8Array): Promise<readonly MemberFault[] | undefined> => {
  const found = await options.records.use(serverKeyId, ({ share: _, ...key }) => key);
  const stored: StoredDocumentKey | undefined = found?.documentKey;
  if (found === undefined || stored === undefined || stored.certificate.length === 0) return undefined;
  const own = await ownMembership(options.services, found.epoch);
  const about = { pair: stored, authorSignature: new Uint8Array(0), certificate: stored.certificate };
  return (await confirmPair(options, found, own, about, quorumOf(found))).faults;
};
