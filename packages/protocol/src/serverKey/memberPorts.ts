import type { HedgedRandom, NonceUse, SecretScalar } from "@keyquorum/threshold";
import type { MemberSecrets } from "./judge.ts";
import type { AbortAsk, ServerKeyAnswers, ServerKeyProposal, ServerKeySession } from "./messages.ts";
import type { RowName } from "./moved.ts";
import type { AcceptedRow, ConfirmedRow, ServerKeyRow, ServerKeyRows } from "./rows.ts";
import type { ServerKeyContext } from "./session.ts";

/** What a member needs of its keeper. */
export type MemberPorts = {
  readonly rows: ServerKeyRows;
  readonly secrets: MemberSecrets;
  /** Throws where this keeper is no member of that epoch, or cannot know. */
  readonly contextOf: (proposal: ServerKeyProposal) => Promise<ServerKeyContext>;
  /** Whether this keeper takes part: its own rules, the author's signature, and what `assertCurrent` asks. Throws its refusal. */
  readonly admit: (proposal: ServerKeyProposal) => Promise<void>;
  /** Asked before a session begins, and before a dealing leaves: throws unless the epoch is the newest and none of its listed members is removed (D56). */
  readonly assertCurrent: (proposal: ServerKeyProposal) => Promise<void>;
  /** Asked before a verdict and a confirmation: whether a listed member is removed. The session is given up then; that another epoch opened ends none. */
  readonly isHitByRemoval: (proposal: ServerKeyProposal) => Promise<boolean>;
  /** This member's part of an imported key, which its dealing deals: the caller erases it. Throws where it does not hold the old shares' dealings. */
  readonly importedPart?: (proposal: ServerKeyProposal) => Promise<SecretScalar>;
  readonly randomOf: (use: Omit<NonceUse, "purpose">) => HedgedRandom;
  /** Milliseconds. */
  readonly now: () => number;
};

/** A member, as its keeper has it: what others ask of it, and what it gives up or ends by itself. */
export type ServerKeyMember = ServerKeyAnswers & {
  readonly rowOf: (name: RowName) => Promise<ServerKeyRow | undefined>;
  /** Forgets sessions that rest and bind nobody, and what it accepted only where one of the members is removed: it never confirms that. */
  readonly sweep: () => Promise<void>;
  /** Sessions that this member must end with others. */
  readonly bound: () => Promise<readonly (AcceptedRow | ConfirmedRow)[]>;
  /**
   * Gives a session up before a verdict. What it returns tells the others; undefined: it is bound already.
   * @param contribution this member's, in that session
   */
  readonly giveUp: (session: ServerKeySession, contribution: Uint8Array) => Promise<AbortAsk | undefined>;
  /** Takes back an offer of its own as coordinator. What it returns tells the others. */
  readonly withdraw: (proposal: ServerKeyProposal) => Promise<AbortAsk>;
  /** Gives up what it accepted and has not confirmed: another member said that it never accepts. */
  readonly giveUpAccepted: (session: ServerKeySession) => Promise<void>;
  /** Whether it takes no further session of this coordinator among these members until some have ended. */
  readonly isFull: (of: Pick<ServerKeyProposal, "epoch" | "members" | "coordinator">) => boolean;
};
