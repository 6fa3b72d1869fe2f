import type { ChainReceipts, ShareAnswer, SignedShareRequest } from "@keyquorum/wire";
import type { KeyInfo } from "../keys.ts";

/** What was asked and answered in one retrieval: `exportReceipts` makes a file of it. All public. */
export type RetrievalRecord =
  | { readonly kind: "http"; readonly asked: SignedShareRequest; readonly key: KeyInfo; readonly answers: readonly ShareAnswer[] }
  | ({ readonly kind: "chain"; readonly key: KeyInfo } & Pick<ChainReceipts, "contract" | "header" | "request" | "answers">);
