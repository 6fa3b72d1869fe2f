import { type Contracts, parseContractLogOf } from "@keyquorum/bindings";
import { type BlobStore, type Cid, cidToBytes } from "@keyquorum/blobs";
import { tdh2Hints, toXY } from "@keyquorum/threshold";
import { type Address, KeyquorumError } from "@keyquorum/wire";
import type { TransactionReceipt } from "ethers";
import type { Chain } from "../chain/chain.ts";
import { summaryOf } from "../chain/chainCalls.ts";
import { findVersion, readableCid, readState } from "../documents/published.ts";
import type { OnBytes } from "../options.ts";
import type { EncryptedDocument, PublishedDocument } from "../types.ts";

/**
 * Publishes a stored ciphertext: a new document, or a further version of one that is published. The registry checks the header's proof.
 * What is published already, under this very header, is done: after an answer that was lost, the same call says so.
 * PROTOCOL section 4. Throws INVALID_VALUE (the signer is not the owner), TRANSACTION_REFUSED, TRANSACTION_PENDING, CHAIN_UNAVAILABLE.
 */
export const publishStored = async (
  { chain, contracts }: { readonly chain: Chain; readonly contracts: Contracts },
  options: {
    readonly encrypted: EncryptedDocument;
    readonly cid: Cid;
    readonly publisher: Address;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<PublishedDocument> => {
  const { encrypted, cid, publisher, signal } = options;
  const { document, owner, keyId, headerHash, salt, initialPermissions } = encrypted;
  checkPublisher(encrypted, publisher);
  const { u, uBar, e, f } = encrypted.header.ciphertext;
  const hints = tdh2Hints(encrypted.header.ciphertext);
  const ciphertext = { u: toXY(u), uBar: toXY(uBar), e, f };
  const words = { fGBar: toXY(hints.fGBar), eUBar: toXY(hints.eUBar), inverse: hints.inverse };
  const [known, before] = await Promise.all([
    chain.calls.read("Reading the document", () => chain.contracts.documentRegistry.documentOf(document), signal),
    publishedBefore(chain, encrypted, signal),
  ]);
  if (before !== undefined) return before;
  const isNew = BigInt(known.owner) === 0n;
  const { documentRegistry } = contracts;
  const send = () =>
    isNew
      ? documentRegistry.publish(salt, keyId, initialPermissions, ciphertext, words, cidToBytes(cid))
      : documentRegistry.publishVersion(document, ciphertext, words, cidToBytes(cid));
  let receipt: TransactionReceipt;
  try {
    receipt = await chain.calls.transact("Publishing", send, signal);
  } catch (error) {
    const since = isPublishedAlready(error) ? await publishedBefore(chain, encrypted, signal) : undefined;
    if (since !== undefined) return since;
    throw error;
  }
  for (const log of receipt.logs) {
    const event = parseContractLogOf(chain.deployment, log, "DocumentPublished");
    if (event?.args.headerHash !== headerHash) continue;
    return { document, keyId, owner, headerHash, version: Number(event.args.version), cid, transaction: summaryOf(receipt) };
  }
  throw new KeyquorumError("CHAIN_UNAVAILABLE", "The transaction was mined, but the document is not in its receipt.", {
    details: { transaction: receipt.hash },
  });
};

const isPublishedAlready = (error: unknown): boolean =>
  error instanceof KeyquorumError &&
  ["DocumentRegistryAlreadyPublished", "DocumentRegistryVersionExists"].includes(String(error.details.error));

/** The version that this header was published as; undefined when it was not, or was withdrawn since. */
const publishedBefore = async (
  chain: Chain,
  encrypted: EncryptedDocument,
  signal: AbortSignal | undefined,
): Promise<PublishedDocument | undefined> => {
  const { document, owner, keyId, headerHash } = encrypted;
  const { version, withdrawn } = await readState(chain, encrypted, signal);
  if (version === 0 || withdrawn) return undefined;
  const found = await findVersion(chain, { document, headerHash, signal });
  const cid = found === undefined ? undefined : readableCid(found.cid);
  if (found === undefined || cid === undefined) return undefined;
  const receipt = await chain.calls.read(
    "Reading a transaction",
    () => chain.provider.getTransactionReceipt(found.transactionHash),
    signal,
  );
  return receipt === null ? undefined : { document, keyId, owner, headerHash, version, cid, transaction: summaryOf(receipt) };
};

/** Only the owner can publish: say so before anything is stored or paid for. */
export const checkPublisher = ({ owner }: EncryptedDocument, publisher: Address): void => {
  if (owner === publisher) return;
  throw new KeyquorumError("INVALID_VALUE", `The document was encrypted for its owner ${owner}, and the signer is ${publisher}.`, {
    details: { owner, publisher },
  });
};

/** What a client has stored already, or is storing. */
export type StoredEnvelopes = WeakMap<EncryptedDocument, Promise<Cid>>;

/**
 * Stores an envelope once, however often it is tried: most can be read only once. What was loaded from the store is there already.
 * Throws BLOB_STORE_FULL, BLOB_STORE_FAILED, BLOB_REMOTE_FAILED, INVALID_METADATA (the content is not as long as it was said to be).
 */
export const storeOnce = (
  { blobs, stored }: { readonly blobs: BlobStore; readonly stored: StoredEnvelopes },
  encrypted: EncryptedDocument,
  options: StoringOptions,
): Promise<Cid> => {
  const known = stored.get(encrypted);
  if (known !== undefined) return known;
  const adding = store(blobs, encrypted, options);
  stored.set(encrypted, adding);
  adding.catch(() => stored.delete(encrypted)); // what can be read again may be tried again
  return adding;
};

const store = async (blobs: BlobStore, encrypted: EncryptedDocument, { signal, onProgress }: StoringOptions): Promise<Cid> => {
  const { cid, envelope, envelopeBytes } = encrypted;
  if (cid !== undefined && (await blobs.has(cid, { signal }))) return cid;
  return blobs.add(envelope, { signal, onProgress: (bytes) => onProgress?.(bytes, envelopeBytes) });
};

export type StoringOptions = { readonly signal?: AbortSignal | undefined; readonly onProgress?: OnBytes | undefined };
