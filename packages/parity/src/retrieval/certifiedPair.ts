import { bytesToHex } from "@keyquorum/wire";
import type { DocumentKeyPair, ServerKeyPublic, StoredDocumentKey } from "../records/serverKeyRecord.ts";
import type { SlotSignature } from "../records/slotSignature.ts";
import { askMembers, type MemberAnswer } from "./askMembers.ts";
import type { CoordinatorOptions } from "./coordinator.ts";
import { domainOf, isCertificate, isConfirmation, type OwnMembership, quorumOf } from "./membership.ts";
import type { Found } from "./messages.ts";
import { DOCUMENT_KEY_MESSAGES } from "./peerMessages.ts";
import { askFindStatement, digestOf, foundStatement, pairHashOf } from "./statements.ts";

export type CertifiedPair =
  | { readonly kind: "certified"; readonly stored: StoredDocumentKey }
  /** No pair can have a certificate: too many members hold none, even where t of them lie. */
  | { readonly kind: "none" }
  /** One may have: too few members answer, or not enough hold the same one. */
  | { readonly kind: "unknown" };

/**
 * The pair that has a certificate, as the members together know it: where this keeper was away when it was stored, or it was stored through another one
 * that ended too early to show the certificate around. What is found is durable here before it is answered with.
 */
export const findCertifiedPair = async (
  { services, records, holder, named, random32 }: CoordinatorOptions,
  key: ServerKeyPublic,
  own: OwnMembership,
  milliseconds: number,
): Promise<CertifiedPair> => {
  const { serverKeyId, epoch } = key;
  const unsigned = { serverKeyId, epoch, slot: own.slot, nonce: random32("find", serverKeyId) };
  const said = askFindStatement(unsigned);
  const ask = { ...unsigned, signature: own.sign(said) };
  const digest = digestOf(domainOf(services), said);
  const present = own.members.filter(({ slot }) => !own.isAbsent(slot));
  const question = { message: DOCUMENT_KEY_MESSAGES.find, ask, own: { slot: own.slot, answer: holder.find }, milliseconds };
  const answers = await askMembers(services, question, present, { heads: own.heads });

  const isRight = ({ slot, signature, held }: Found, asked: number): boolean =>
    slot === asked &&
    own.isSignedBy(slot, foundStatement({ serverKeyId, epoch, slot }, digest, held?.pair), signature) &&
    (held === undefined || isConfirmation(own, key, held.pair, { slot, signature: held.confirmation }));
  const faults = answers.flatMap((one) =>
    one.kind === "failed" ? [one] : isRight(one.answer, one.slot) ? [] : [{ slot: one.slot, reason: "LIED" }],
  );
  named.name(serverKeyId, faults);
  const found = answers.filter(
    (one): one is Extract<MemberAnswer<Found>, { readonly kind: "answered" }> => !faults.some(({ slot }) => slot === one.slot),
  );

  const pairs = new Map<
    string,
    { readonly pair: DocumentKeyPair; readonly confirmations: SlotSignature[]; certificate: readonly SlotSignature[] }
  >();
  for (const { slot, answer } of found) {
    if (answer.held === undefined) continue;
    const { pair, confirmation, certificate } = answer.held;
    const name = bytesToHex(pairHashOf(pair));
    const seen = pairs.get(name) ?? { pair, confirmations: [], certificate: [] };
    seen.confirmations.push({ slot, signature: confirmation });
    if (seen.certificate.length === 0 && isCertificate(own, key, pair, certificate)) seen.certificate = certificate;
    pairs.set(name, seen);
  }
  const needed = quorumOf(key);
  for (const { pair, confirmations, certificate } of pairs.values()) {
    const enough = certificate.length > 0 ? certificate : confirmations.length >= needed ? confirmations : [];
    if (enough.length === 0) continue;
    const stored = await records.storeDocumentKey(serverKeyId, () => ({ ...pair, certificate: enough }));
    if (stored !== undefined) return { kind: "certified", stored };
  }
  const without = found.filter(({ answer }) => answer.held === undefined).length;
  // Of those who say that they hold none, t may lie, and hide a pair that has its confirmations.
  return { kind: key.members.length - without < needed - key.threshold ? "none" : "unknown" };
};
