import type { Address } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import type { CallOptions } from "../options.ts";
import { transactAs } from "../sending/transactAs.ts";
import type { TransactionSummary } from "../types.ts";
import { withinWalletTime } from "../wallets/walletTime.ts";
import { importSession as parseSession, type Session, type SessionOptions, openSession as signSession } from "./sessions.ts";

/**
 * Asks the wallet once, and from then on a key in memory signs requests in its name: for up to 32 documents or one owner's, for 24 hours at most.
 * Throws INVALID_VALUE, NO_SIGNER, ACTION_REJECTED and other words of wallets, CHAIN_UNAVAILABLE.
 */
export const openSession = action("openSession", async (client: Client, options: SessionOptions): Promise<Session> => {
  const { clock, random, domain, calls, contracts, timeouts } = client;
  const { signal } = options;
  const { signer } = await client.signing(signal);
  const generationOf = (requester: Address): Promise<bigint> =>
    calls.read("Reading the sessions", () => contracts.readerSessions.generationOf(requester), signal);
  return withinWalletTime({ clock, limitMs: timeouts.transactMs, signal }, (limited) =>
    signSession({ signer, domain, clock, random, generationOf }, { ...options, signal: limited }),
  );
});

/** Ends all sessions of the signer's account, by a transaction. Throws NO_SIGNER, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. */
export const endSessions = action(
  "endSessions",
  (client: Client, { signal }: CallOptions = {}): Promise<TransactionSummary> =>
    transactAs(client, "Ending the sessions", ({ readerSessions }) => readerSessions.endSessions(), signal),
);

/** Returns a session that `exportSecret` wrote down. Throws INVALID_VALUE, SESSION_EXPIRED. */
export const importSession = action(
  "importSession",
  async (client: Pick<Client, "clock">, secretFile: unknown): Promise<Session> => parseSession(secretFile, client),
);
