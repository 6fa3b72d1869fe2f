import type { Hash32 } from "@keyquorum/wire";

/** What happens to a transaction of this client. `what` names it for people: "The grant". All public. */
export type TransactionEvent =
  /** Its hash is known: of a key in this process before it is sent. From now on it may cost, whatever happens to this process. */
  | { readonly kind: "signed"; readonly hash: Hash32 }
  /** It is on its way. */
  | { readonly kind: "sent"; readonly what: string; readonly hash: Hash32 }
  /** Nothing new for about two seconds. `hash` is missing while it is not sent, `waitsFor` says what is missing. */
  | {
      readonly kind: "waiting";
      readonly what: string;
      readonly hash?: Hash32;
      readonly milliseconds: number;
      readonly waitsFor: string;
    }
  /** The account sent the same call again, with another fee, and that one was mined. */
  | { readonly kind: "repriced"; readonly what: string; readonly hash: Hash32; readonly by: Hash32 }
  | { readonly kind: "mined"; readonly what: string; readonly hash: Hash32; readonly blockNumber: number };

export type TransactionListener = (event: TransactionEvent) => void;
