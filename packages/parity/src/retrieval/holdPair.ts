import { type Address, KeyquorumError } from "@keyquorum/wire";
import type { ServerKeyRecord, StoredDocumentKey } from "../records/serverKeyRecord.ts";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import { requireStorageByAuthor } from "../wallets/authorProof.ts";
import { leaving, unknownKey } from "./holderErrors.ts";
import { isCertificate, isSamePair, type OwnMembership } from "./membership.ts";
import type { StoreAsk } from "./messages.ts";

/**
 * What is stored afterwards: this pair, with a certificate where one was shown or was there. Signatures are verified before the transaction begins.
 * Throws REQUEST_CONFLICT, INVALID_SIGNATURE.
 */
export const holdPair = async (
  records: ServerKeyRecords,
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
export const storedByAuthor =
  (services: Parameters<typeof requireStorageByAuthor>[0], { serverKeyId, pair, authorSignature }: StoreAsk) =>
  async (author: Address): Promise<boolean> => {
    try {
      await requireStorageByAuthor(services, { serverKeyId, author, authorSignature, ...pair });
      return true;
    } catch (error) {
      if (error instanceof KeyquorumError && error.code === "INVALID_SIGNATURE") return false;
      throw error;
    }
  };
