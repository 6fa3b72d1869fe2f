import { eventTopic, nameOfState, parseContractLogOf, SIGNING_STATUSES } from "@keyquorum/bindings";
import { type Hash32, hexToBytes, KeyquorumError, kindNumber, parseHash32, type Statement, statementDigest } from "@keyquorum/wire";
import type { Client } from "../bareClient.ts";
import { summaryOf } from "../chain/chainCalls.ts";
import { sleep } from "../time/clock.ts";
import type { TransactionSummary } from "../types.ts";
import { type DerivedSigner, isSignatureOf } from "./derivedSigner.ts";
import type { SigningListener } from "./signingEvents.ts";

/** Has a key sign by a transaction, and waits for the signature that keepers post. Throws TRANSACTION_REFUSED (the rules say no), CHAIN_UNAVAILABLE, UNAVAILABLE. */
export const signOnChain = async (
  client: Client,
  {
    signer,
    statement,
    timeoutMs,
    onEvent,
    signal,
  }: {
    readonly signer: DerivedSigner;
    readonly statement: Statement;
    readonly timeoutMs: number;
    readonly onEvent?: SigningListener | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<{ readonly requestId: Hash32; readonly signature: Uint8Array; readonly transaction: TransactionSummary }> => {
  const { calls, clock, deployment, timeouts } = client;
  const { contracts } = await client.signing(signal);
  const { keyId, derivation, kind, payload } = statement;
  const words = { keyId, derivation, kind: kindNumber(kind), payload };
  const receipt = await calls.transact("The signing request", () => contracts.signingRequests.request(words), signal);
  const [requested] = receipt.logs.flatMap((log) => parseContractLogOf(deployment, log, "SigningRequested", "signingRequests") ?? []);
  if (requested === undefined)
    throw new KeyquorumError("CHAIN_UNAVAILABLE", "The transaction was mined, but the request is not in its receipt.", {
      details: { transaction: receipt.hash },
    });
  const requestId = parseHash32(requested.args.requestId);
  const transaction = summaryOf(receipt);
  onEvent?.({ kind: "requested", requestId, deadline: requested.args.deadline, transaction });
  const stopAt = clock.now() + timeoutMs;
  for (;;) {
    const signature = await findSignature(client, requestId, receipt.blockNumber, signal);
    if (signature !== undefined) {
      if (!isSignatureOf(signer, statementDigest(statement), signature))
        throw new KeyquorumError(
          "CHAIN_UNAVAILABLE",
          "The signature that the node shows is not the key's: the node lies, or is of another chain.",
          {
            details: { requestId },
          },
        );
      onEvent?.({ kind: "signed", requestId });
      return { requestId, signature, transaction };
    }
    const status = nameOfState(
      SIGNING_STATUSES,
      await calls.read("Reading the signing request", () => client.contracts.signingRequests.statusOf(requestId), signal),
    );
    if (status === "Expired" || clock.now() >= stopAt)
      throw new KeyquorumError(
        "UNAVAILABLE",
        status === "Expired" ? "No signature was posted in time; one may exist." : "No signature was posted within the time limit.",
        { details: { requestId } },
      );
    await sleep(clock, timeouts.pollMs, signal);
  }
};

/** The signature that was posted of a request; undefined while there is none. */
export const findSignature = async (
  { calls, contracts, deployment, provider }: Client,
  requestId: Hash32,
  fromBlock: number,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> => {
  const address = await contracts.signingRequests.getAddress();
  const query = { address, topics: [eventTopic("Signed"), requestId], fromBlock, toBlock: "latest" as const };
  const logs = await calls.read("Reading the signature", () => provider.getLogs(query), signal);
  const [signed] = logs.flatMap((log) => parseContractLogOf(deployment, log, "Signed", "signingRequests") ?? []);
  return signed === undefined ? undefined : hexToBytes(signed.args.signature);
};
