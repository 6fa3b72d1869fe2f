import { interfaceOf } from "@keyquorum/bindings";
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

/** By call. The same call again continues with the one that is unfinished, so that it is not paid for twice. */
export type UnfinishedTransactions = Map<string, UnfinishedTransaction>;

/** The name of a call: the same account, contract, data and value. */
export const nameOfCall = ({ from, to, data, value }: Call): string => `${from} ${to} ${value} ${data}`.toLowerCase();

/**
 * Drops the earlier calls that this one may undo, or the other way round: a revocation that comes again after a grant is a new one, and its success is not
 * the first one's. Requests are kept: none undoes another.
 */
export const dropUndone = (unfinished: UnfinishedTransactions, name: string): void => {
  for (const other of unfinished.keys()) if (other !== name && mayUndo(other, name)) unfinished.delete(other);
};

/** Two calls that set permissions or versions, of one contract and about one document: but for those about two accounts. */
const mayUndo = (one: string, other: string): boolean => {
  const [a, b] = [partsOf(one), partsOf(other)];
  if (a.target !== b.target || a.document.length !== 64 || a.document !== b.document || !isSetting(a.selector)) return false;
  const isOfAccounts = isAddress(a.second) && isAddress(b.second) && a.selector !== MOVE_PERMISSIONS;
  return !isOfAccounts || a.second === b.second;
};

const partsOf = (name: string) => {
  const [from, to, , data = ""] = name.split(" ");
  return {
    target: `${from} ${to}`,
    selector: data.slice(0, 10),
    document: data.slice(10, 74),
    second: data.slice(74, 138),
  };
};

/** Whether a function is of a contract that keeps what its last caller said. */
const isSetting = (selector: string): boolean =>
  (["accessGrants", "documentRegistry"] as const).some((contract) => interfaceOf(contract).getFunction(selector as never) !== null);

/** A word that is an address and no small number. */
const isAddress = (word: string): boolean => /^0{24}[0-9a-f]{40}$/.test(word) && !/^0{40}/.test(word);

/** Its address is not whom it is about: the newest one alone counts. */
const MOVE_PERMISSIONS = interfaceOf("documentRegistry").getFunction("movePermissions").selector;
