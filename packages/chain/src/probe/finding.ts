import type { Opcode } from "./code.ts";

/** What a chain and its node must have. docs/CHAINS.md says what each is for. */
export type Need = Opcode | "callByHash" | "blockhash" | "logsByHash" | "finality";

/** "unknown": the node did not let itself be asked; it may be there all the same. */
export type Verdict = "there" | "missing" | "unknown";

/** `sentence`: what was found and, where something is missing, what to do. */
export type Finding = { readonly need: Need; readonly verdict: Verdict; readonly sentence: string };

/** How contracts number blocks. "other": they see other numbers than the node says, which works. */
export type Numbering = "same" | "other" | "unknown";

/** What was found out about a chain by asking one node of it. Public. */
export type ChainProbe = {
  readonly findings: readonly Finding[];
  readonly numbering: Numbering;
  /** Mean time between blocks as contracts count them, in seconds; undefined where it cannot be measured. Windows are in these. */
  readonly contractBlockSeconds: number | undefined;
  /** The same as the node counts them. Confirmations and finality are in these. */
  readonly blockSeconds: number | undefined;
  /** How far the newest final block is behind the head, now, as the node counts; undefined where it cannot be measured. It moves: plan with more. */
  readonly finalityLag: { readonly blocks: number; readonly seconds: number | undefined } | undefined;
};

/** What the chain lacks; empty where it has all that could be asked for. */
export const missingOf = ({ findings }: Pick<ChainProbe, "findings">): readonly Finding[] =>
  findings.filter(({ verdict }) => verdict === "missing");
export const unknownOf = ({ findings }: Pick<ChainProbe, "findings">): readonly Finding[] =>
  findings.filter(({ verdict }) => verdict === "unknown");
