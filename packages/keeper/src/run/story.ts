import type { SenderRecord, StillWanted } from "@keyquorum/chain";
import type { HttpRoute } from "@keyquorum/http";
import type { ChainView } from "../following/followChain.ts";
import type { Notice } from "../report/readiness.ts";
import type { Duties } from "./duty.ts";
import type { Work } from "./workRunner.ts";

/** What was signed under an intent's kind and subject, as it is in the outbox. Public. */
export type SignedIntent = Pick<SenderRecord, "id" | "to" | "data">;

/** Whether a transaction of this kind that was signed earlier may be sent now: asked before every send but the first. */
export type MayResend = (subject: string, signed: SignedIntent) => Promise<StillWanted>;

/**
 * One capability of a keeper, whole: what starts it, what it works on, what it answers, and how it ends. A keeper is a list of stories over one `Core`.
 * A kind of work, a kind of transaction and a route belong to one story each.
 */
export type Story = {
  /** For logs. */
  readonly name: string;
  /** Contract event -> what it starts, in the transaction that mirrors it. Only events that start something. */
  readonly on?: Partial<Duties>;
  /** Kind of work -> its handler. Of the kinds of a lane those of earlier stories get their turn first. */
  readonly work?: Readonly<Record<string, Work>>;
  readonly routes?: readonly HttpRoute[];
  /** What the work of a head relies on: done at every look at the chain, before the work is started. */
  readonly beforeWork?: (seen: ChainView) => Promise<void>;
  /** Done at every look at the chain, after the work of that head was started. What it throws, the next look repeats. */
  readonly eachRound?: (seen: ChainView) => Promise<void>;
  /** As `eachRound`, after all of these, and not while finality is broken: the only place where anything is erased. */
  readonly upkeep?: (seen: ChainView) => Promise<void>;
  /**
   * Epochs in which this keeper still has something to sign that the keeper itself knows nothing of: their identity keys are not erased. Asked every few
   * seconds, but for a keeper with one identity key. Undefined: nobody can say now, so nothing is erased.
   */
  readonly neededEpochs?: () => Promise<readonly number[] | undefined>;
  /** Kind of transaction (`Intent.kind`) -> whether one that was signed earlier may be sent again. A kind that no story names is withdrawn. */
  readonly mayResend?: Readonly<Record<string, MayResend>>;
  /** Its part of GET /status. JSON, public. */
  readonly status?: () => object | Promise<object>;
  /** What whoever watches this keeper should know although it serves, for GET /readyz. */
  readonly notices?: () => readonly Notice[];
  /** Called once, when the keeper stops: after the work loop ended, in the reverse order of the stories. */
  readonly close?: () => void | Promise<void>;
};
