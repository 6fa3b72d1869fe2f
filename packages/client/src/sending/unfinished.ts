import type { TransactionResponse } from "ethers";
import type { Call } from "./accountScan.ts";
import type { Patience } from "./patience.ts";

/** A transaction that was sent, or may have been, and of which nobody knows yet what became of it. */
export type UnfinishedTransaction = {
  /** The block before which it was not sent. */
  since?: number;
  /** A node had it: what took its nonce since is to be found. */
  wasTaken?: boolean;
  /** The first attempt: it may still wait for the wallet's user. */
  sending?: Promise<TransactionResponse>;
  /** Goes on where an attempt ended without an outcome: sends the same bytes again, or looks at the account first. */
  again?: ((patience: Patience) => Promise<TransactionResponse>) | undefined;
};

/** By call. The same call again goes on with the one that is unfinished, so that it is not paid for twice. */
export type UnfinishedTransactions = Map<string, UnfinishedTransaction>;

/** The name of a call: the same account, contract, data and value. */
export const nameOfCall = ({ from, to, data, value }: Call): string => `${from} ${to} ${value} ${data}`.toLowerCase();
