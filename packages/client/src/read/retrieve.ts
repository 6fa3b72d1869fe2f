import { KeyquorumError, parseDocumentId } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import { patienceOf, withTimeLeft } from "../chain/finalityLag.ts";
import { openDocument } from "../documents/openDocument.ts";
import { prepare } from "../documents/prepare.ts";
import { readHolders } from "../keys/holders.ts";
import { milliseconds, numbersOf } from "../numbers.ts";
import type { OffChainOptions } from "../options.ts";
import { abortable, limitedSignal } from "../time/abortable.ts";
import type { DocumentSource, RetrievedDocument } from "../types.ts";
import { requestOffChain as askKeepers } from "./requestOffChain.ts";
import { sessionRequestSigner, walletRequestSigner } from "./requestSigner.ts";

/**
 * Reads a document by HTTP, without gas: asks the keepers, verifies and combines their answers, decrypts. With a session, the wallet is not asked.
 * Throws RetrievalError ACCESS_DENIED (final), PERMISSION_NOT_FINAL or UNAVAILABLE (try again) with what each keeper said; NO_SIGNER;
 * what a wallet does that does not sign (ACTION_REJECTED, WALLET_TIMEOUT and others);
 * SESSION_EXPIRED and SESSION_OUT_OF_SCOPE before anybody is asked; and what finding and opening the ciphertext throws.
 */
export const requestOffChain = action(
  "requestOffChain",
  async (client: Client, source: DocumentSource, options: OffChainOptions = {}): Promise<RetrievedDocument> => {
    const { timeoutMs: givenMs, signal, session, ...given } = options;
    const { clock } = client;
    if (givenMs !== undefined) milliseconds("timeoutMs", givenMs);
    const policy = numbersOf("policy", client.policy, given.policy);
    checkSession(session, source);
    const stopAt = givenMs === undefined ? undefined : clock.now() + givenMs;
    const { found, signer, timeoutMs, ...prepared } = await prepareAll(client, source, options);
    session?.check(prepared.header);
    const lookAgain = (limited: AbortSignal) => readHolders(client, prepared.key.keyId, limited);
    const started = clock.now();
    const asked = { ...given, ...prepared, signer, policy, lookAgain, timeoutMs, stopAt, signal };
    const { contentSecret, report } = await askKeepers(client, asked).catch(async (error: unknown) => {
      throw await withTimeLeft(client, error, { milliseconds: clock.now() - started });
    });
    given.onEvent?.({ kind: "decrypting", document: prepared.header.document });
    return { ...(await openDocument({ found, contentSecret, cipher: client.cipher, signal })), report, contentSecret };
  },
);

/** A session that is over, or not for this document, is refused before anything is looked up. */
const checkSession = (session: OffChainOptions["session"], source: DocumentSource): void => {
  const document = typeof source === "string" ? source : "document" in source ? source.document : undefined;
  if (document !== undefined) session?.check({ document: parseDocumentId(document) });
};

/** What is known before the keepers are asked, and who signs. Takes no longer than the caller is willing to wait, or a transaction may. */
const prepareAll = async (client: Client, source: DocumentSource, { timeoutMs: givenMs, signal, session }: OffChainOptions) => {
  const { clock, timeouts } = client;
  const early = limitedSignal({
    ...{ signal, clock, timeoutMs: givenMs ?? timeouts.transactMs },
    onTimeout: () => new KeyquorumError("UNAVAILABLE", "The time limit passed before the keepers were asked."),
  });
  try {
    const signer =
      session === undefined
        ? await walletRequestSigner((await abortable(client.signing(signal), early.signal)).signer, early.signal)
        : sessionRequestSigner(session);
    const patience = givenMs ?? timeouts.retrievalMs ?? patienceOf(client, early.signal);
    const [prepared, timeoutMs] = await Promise.all([prepare(client, source, early.signal), patience]);
    return { signer, timeoutMs, ...prepared };
  } finally {
    early.dispose();
  }
};
