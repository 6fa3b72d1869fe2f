import type { ChainReceipts, HttpReceipts, ShareAnswer, SignedShareRequest } from "@keyquorum/wire";

/** What was asked and answered in one retrieval: `exportReceipts` makes a file of it. All public. */
export type RetrievalRecord =
  | {
      readonly kind: "http";
      readonly asked: SignedShareRequest;
      readonly key: HttpReceipts["key"];
      readonly answers: readonly ShareAnswer[];
    }
  | ({ readonly kind: "chain" } & Pick<ChainReceipts, "contract" | "header" | "key" | "request" | "answers">);
