/** Whether what was sent is a round of one session: all signers, each once, in the one life that it began with, each signed. */
import type { Hash32 } from "@keyquorum/wire";
import type { BootId, SigningKeeper, SigningMessage } from "../messages.ts";
import type { SigningContext } from "../ports.ts";
import type { RoundEntry } from "./statements.ts";

/** `boots`: the life in which each slot dealt; empty before the deals are seen. */
export type SessionNames = {
  readonly session: Hash32;
  readonly requestId: Hash32;
  readonly epoch: number;
  readonly slots: readonly number[];
  readonly boots: ReadonlyMap<number, BootId>;
};

type Message = {
  readonly session: Hash32;
  readonly requestId: Hash32;
  readonly epoch: number;
  readonly signer: SigningKeeper;
  readonly signature: Uint8Array;
};

/** `statement` and `content` of a kind of messages: a pair of ECDSA's statements. */
export type Kind<Said> = { readonly statement: (said: Said) => SigningMessage; readonly content: (said: Said) => Uint8Array };

/** Whether a message is this slot's in this session and life. */
export const isMessageOf = <Said extends Message>(
  { isSignedBy }: Pick<SigningContext, "isSignedBy">,
  { session, requestId, epoch, boots }: SessionNames,
  slot: number,
  said: Said,
  statement: (said: Said) => SigningMessage,
): boolean => {
  const boot = boots.get(slot);
  const isNamed = said.session === session && said.requestId === requestId && said.epoch === epoch && said.signer.slot === slot;
  return isNamed && (boot === undefined || said.signer.boot === boot) && isSignedBy(statement(said), said.signature);
};

/** Whether these are one message of each signer, by ascending slot. `own` is not verified again: it must be what this keeper sent. */
export const areMessagesOf = <Said extends Message>(
  context: SigningContext,
  names: SessionNames,
  said: readonly Said[],
  { statement, content }: Kind<Said>,
  own: Uint8Array | undefined,
): boolean =>
  said.length === names.slots.length &&
  names.slots.every((slot, i) => {
    const one = said[i] as Said; // as many as slots
    if (slot !== context.slot || own === undefined) return isMessageOf(context, names, slot, one, statement);
    return one.signer.slot === slot && one.signer.boot === names.boots.get(slot) && areSame(content(one), own);
  });

const areSame = (one: Uint8Array, other: Uint8Array): boolean => one.length === other.length && one.every((byte, at) => byte === other[at]);

export const entriesOf = <Said extends Message>(said: readonly Said[], { content }: Kind<Said>): readonly RoundEntry[] =>
  said.map((one) => ({ signer: one.signer, content: content(one) }));
