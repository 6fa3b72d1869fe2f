import { KeyquorumError, parseAddress } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import { openDocument } from "../documents/openDocument.ts";
import { prepare } from "../documents/prepare.ts";
import { meetAll } from "../keys/holders.ts";
import { milliseconds } from "../numbers.ts";
import type { OnChainOptions } from "../options.ts";
import type { DocumentSource, RetrievedDocument, TransactionSummary } from "../types.ts";
import type { OnChainQuestion } from "./postShareRequest.ts";
import { requestContractOf } from "./requestContract.ts";
import { requestOnChain as askOnChain } from "./requestOnChain.ts";

/**
 * Reads a published document by a transaction that pays q times the price; the keepers answer on chain. Where it ends without an outcome (no answer
 * of the chain, too little time, `signal`), the key that opens the answers stays in this client's memory, and the same call continues: nothing is paid twice.
 * Throws as `requestOffChain`, and TRANSACTION_REFUSED.
 */
export const requestOnChain = action(
  "requestOnChain",
  async (
    client: Client,
    source: DocumentSource,
    options: OnChainOptions = {},
  ): Promise<RetrievedDocument & { readonly transaction: TransactionSummary }> => {
    const { timeoutMs = client.timeouts.onChainMs, mode = "verified", signal, ...given } = options;
    milliseconds("timeoutMs", timeoutMs);
    const agreement = agreementOf(options);
    const contract = requestContractOf(client, mode);
    const { contracts, account } = await client.signing(signal);
    const { found, ...prepared } = await prepare(client, source, signal);
    const keepers = await meetAll(prepared.keepers, signal); // any of them may answer
    const requester = agreement?.address ?? account;
    const asked = { ...given, ...prepared, keepers, contract, requester, agreement, timeoutMs, signal };
    const { clock, random, timeouts, kept, cipher } = client;
    const context = { chain: client, contracts, clock, random, pollMs: timeouts.pollMs, inFlight: kept.inFlight };
    const { contentSecret, report, transaction } = await askOnChain(context, asked);
    given.onEvent?.({ kind: "decrypting", document: prepared.header.document });
    return { ...(await openDocument({ found, contentSecret, cipher, signal })), report, contentSecret, transaction };
  },
);

/** Throws INVALID_VALUE for an agreement that no ServiceAgreement takes. */
const agreementOf = ({ agreement: terms, mode = "verified", contextHash }: OnChainOptions): OnChainQuestion["agreement"] => {
  if (terms === undefined) return undefined;
  const agreement = { address: parseAddress(terms.address), price: terms.price };
  if (mode !== "verified" || contextHash !== undefined)
    throw new KeyquorumError("INVALID_VALUE", "An agreement asks in the verified mode and without context.");
  if (typeof agreement.price !== "bigint" || agreement.price < 0n || agreement.price >> 256n !== 0n)
    throw new KeyquorumError("INVALID_VALUE", "agreement.price is not an amount of wei: a bigint.");
  return agreement;
};
