import type { HttpRoute } from "@keyquorum/http";
import type { DkgMember, VesAnswer } from "@keyquorum/threshold";
import type { Hash32, RequestId, SessionId } from "@keyquorum/wire";
import type { Duties } from "../run/duty.ts";
import type { Story } from "../run/story.ts";
import type { ExtensionServices } from "./services.ts";

/**
 * What an extension does once it is started: as a story of the keeper's own. Its kinds of work and of transactions are named within the extension.
 * Rounds run beside the keeper's own, one at a time: a look at the chain that comes while one is under way has none. Work has places of its own, a few
 * at once, whatever its `lane`. A transaction that `mayResend` is undecided about for ten minutes is withdrawn: the keeper's own wait behind it.
 */
export type ExtensionStory = Pick<
  Story,
  "on" | "work" | "routes" | "eachRound" | "upkeep" | "neededEpochs" | "mayResend" | "status" | "close"
>;

/**
 * What a program that embeds the keeper, or a module that the configuration names, may add to it. An extension runs inside the keeper and sees
 * what the keeper sees: load only what you trust. The keeper never depends on one.
 */
export type KeeperExtension = {
  /** For logs, and in all that it names; of its own among the extensions of a keeper. With `start`: 1 to 64 characters of a to z, 0 to 9, "-", "_". */
  readonly name: string;
  /**
   * Called once where the keeper is composed, before it asks any chain; what it returns is a story of the keeper. Where it throws, the keeper does not
   * start. Everything that it opens, `close` of the story closes.
   */
  readonly start?: (services: ExtensionServices) => ExtensionStory | undefined | Promise<ExtensionStory | undefined>;
  /** Run after the keeper's own duty for the same event, in the same transaction. Any event of the deployment's contracts. */
  readonly duties?: Partial<Duties>;
  /** Further HTTP routes. */
  readonly routes?: readonly HttpRoute[];
  /** Changes an answer after its proof was made and before it is signed for, stored and sent. */
  readonly transformAnswer?: (answer: VesAnswer, about: { readonly requestId: RequestId; readonly slot: number }) => VesAnswer;
  /**
   * Changes this keeper's dealing before it is stored and sent. `dealing`: the bytes of PROTOCOL section 3.3. A reshare's dealing proves every byte
   * before its possessions: one that was changed here is refused by the contract.
   */
  readonly transformDealing?: (dealing: Uint8Array, about: { readonly sid: SessionId; readonly slot: number }) => Uint8Array;
  /** Is added to this keeper's share before it signs with it, modulo n: its share of the signature is then wrong, and it signs for that. */
  readonly shiftSigningShare?: (about: { readonly requestId: Hash32; readonly slot: number }) => bigint;
  /** Changes for whom, and under which keys, this keeper deals its share in a reshare. By ascending slot; slots must stay. */
  readonly transformRecipients?: (
    recipients: readonly DkgMember[],
    about: { readonly sid: SessionId; readonly slot: number },
  ) => readonly DkgMember[];
};

/** What an extension module exports under the name `createExtension`. `options` is its table in the configuration, unchecked. */
export type CreateExtension = (options: Readonly<Record<string, unknown>>) => KeeperExtension | Promise<KeeperExtension>;
