import { type Contracts, parseContractLogOf } from "@keyquorum/bindings";
import { type Cid, cidToBytes } from "@keyquorum/blobs";
import { tdh2Hints, toXY } from "@keyquorum/threshold";
import { type Address, KeyquorumError } from "@keyquorum/wire";
import type { TransactionReceipt } from "ethers";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import type { Chain } from "../chain/chain.ts";
import { summaryOf } from "../chain/chainCalls.ts";
import { findVersion, readableCid, readState } from "../documents/published.ts";
import { checkDeployment } from "../documents/source.ts";
import type { PublishOptions } from "../options.ts";
import type { EncryptedDocument, PublishedDocument } from "../types.ts";
import { storeOnce } from "./storeOnce.ts";

/**
 * Stores the ciphertext and publishes the document, or a further version of it. May be called again after a failure: what is published already, under
 * this very header, is done.
 * Throws NO_SIGNER, INVALID_VALUE (the signer is not the owner), WRONG_CHAIN, TRANSACTION_REFUSED, TRANSACTION_PENDING, CHAIN_UNAVAILABLE, and what
 * `store` throws.
 */
export const publish = action(
  "publish",
  async (client: Client, encrypted: EncryptedDocument, options: PublishOptions = {}): Promise<PublishedDocument> => {
    const { signal } = options;
    const { account, contracts } = await client.signing(signal);
    checkPublisher(encrypted, account);
    checkDeployment(client, encrypted.header);
    const cid = await storeOnce(client, encrypted, options);
    return publishStored({ chain: client, contracts }, { encrypted, cid, publisher: account, signal });
  },
);

/**
 * Publishes a stored ciphertext: a new document, or a further version of one that is published. The registry checks the header's proof.
 * What is published already, under this very header, is done: after an answer that was lost, the same call says so.
 * PROTOCOL section 4. Throws INVALID_VALUE (the signer is not the owner), TRANSACTION_REFUSED, TRANSACTION_PENDING, CHAIN_UNAVAILABLE.
 */
const publishStored = async (
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
const checkPublisher = ({ owner }: EncryptedDocument, publisher: Address): void => {
  if (owner === publisher) return;
  throw new KeyquorumError("INVALID_VALUE", `The document was encrypted for its owner ${owner}, but the signer is ${publisher}.`, {
    details: { owner, publisher },
  });
};
