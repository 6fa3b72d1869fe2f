/** What starting and changing a cluster did, for who wants to show it. */
export type ClusterStep =
  | { readonly kind: "deployed"; readonly contract: string; readonly address: string; readonly gasUsed: bigint }
  | {
      readonly kind: "keeperStarted";
      readonly slot: number;
      readonly name: string;
      readonly operator: string;
      readonly url: string;
      readonly pid: number;
    }
  | { readonly kind: "registered"; readonly slot: number; readonly name: string; readonly gasUsed: bigint }
  | { readonly kind: "epochOpened"; readonly epoch: number; readonly members: number; readonly gasUsed: bigint };
