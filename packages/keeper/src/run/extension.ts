import type { HttpRoute } from "@keyquorum/http";
import type { DkgMember, VesAnswer } from "@keyquorum/threshold";
import type { RequestId, SessionId } from "@keyquorum/wire";
import type { Duties } from "./duty.ts";

/**
 * What a program that embeds the keeper, or a module that the configuration names, may add to it. An extension runs inside the keeper and sees
 * what the keeper sees: load only what you trust. The keeper never depends on one.
 */
export type KeeperExtension = {
  /** For logs. */
  readonly name: string;
  /** Run after the keeper's own duty for the same event, in the same transaction. */
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
  /** Changes for whom, and under which keys, this keeper deals its share in a reshare. By ascending slot; slots must stay. */
  readonly transformRecipients?: (
    recipients: readonly DkgMember[],
    about: { readonly sid: SessionId; readonly slot: number },
  ) => readonly DkgMember[];
};

/** What an extension module exports under the name `createExtension`. `options` is its table in the configuration, unchecked. */
export type CreateExtension = (options: Readonly<Record<string, unknown>>) => KeeperExtension | Promise<KeeperExtension>;
