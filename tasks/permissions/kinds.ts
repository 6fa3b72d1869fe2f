/** What `permissions deploy` deploys: the names of its first argument. They load without the contracts. */
export const POLICY_KINDS = [
  "erc20",
  "erc721",
  "erc1155",
  "time-window",
  "merkle",
  "subscription",
  "service",
  "context",
  "modules",
  "all-of",
  "any-of",
  "not",
] as const;

export type PolicyKind = (typeof POLICY_KINDS)[number];

export const isPolicyKind = (text: string): text is PolicyKind => POLICY_KINDS.some((kind) => kind === text);
