import { interfaceOf, SIGNING_DECISIONS, type SigningDecision } from "@keyquorum/bindings";
import { kindNumber, type Statement } from "@keyquorum/wire";
import type { BlockRef } from "./blocks.ts";
import { callAt } from "./calls.ts";
import type { Clock } from "./clock.ts";
import { ChainUnavailableError } from "./errors.ts";
import type { Heads } from "./heads.ts";
import { requireFreshHead } from "./permissions.ts";
import type { Rpc, RpcOptions } from "./rpc.ts";

/** Who wants which statement signed. Public. */
export type SigningQuestion = { readonly requester: string; readonly statement: Statement };

/** PERMITTED: sign. SIGNING_DENIED: no, at the newest block. SIGNING_NOT_FINAL: yes at the newest block, not yet at the final one; ask later. */
export type SigningPermission = "PERMITTED" | "SIGNING_DENIED" | "SIGNING_NOT_FINAL";

export type SigningSettings = {
  readonly rpc: Rpc;
  /** Address of SigningRequests. */
  readonly signingRequests: string;
  /** The head may be so many seconds old (MAX_HEAD_AGE of D27). */
  readonly maxHeadAge: number;
  /** The highest head that this keeper has acted on: a lower one would show it a past that it knows to be over. */
  readonly minHeadNumber?: number | undefined;
  readonly clock?: Clock | undefined;
};

/** Explicit, so that nodes' own limits never decide: above the gas of a rules contract, and of the longest statement. */
const DECIDE_GAS = 10_000_000n;

/**
 * Asks `SigningRequests.decide` at the head and, if that says yes, at the final block, each by block hash: PROTOCOL section 9, D26 to D28. To be asked
 * again before every share.
 *
 * Throws `ChainUnavailableError`: RPC failure or disagreement, a block that is no longer canonical, a head that is too old or too low, and any outcome of
 * `decide` but one canonical word of its enumeration. None of them says anything about the rules.
 */
export const decideSigning = async (
  settings: SigningSettings,
  question: SigningQuestion,
  { head, final }: Heads,
  options?: RpcOptions,
): Promise<SigningPermission> => {
  requireFreshHead(settings, head);
  if (final.number > head.number)
    throw new ChainUnavailableError("BAD_RESPONSE", "The final block is above the newest block. Check the node.");
  if ((await askAt(settings, question, head, options)) !== "Permitted") return "SIGNING_DENIED";
  if (final.hash === head.hash) return "PERMITTED";
  return (await askAt(settings, question, final, options)) === "Permitted" ? "PERMITTED" : "SIGNING_NOT_FINAL";
};

const askAt = async (
  { rpc, signingRequests }: SigningSettings,
  { requester, statement: { keyId, derivation, kind, payload } }: SigningQuestion,
  block: BlockRef,
  options: RpcOptions | undefined,
): Promise<SigningDecision> => {
  const data = interfaceOf("signingRequests").encodeFunctionData("decide", [
    requester,
    { keyId, derivation, kind: kindNumber(kind), payload },
  ]);
  const result = await callAt(rpc, { to: signingRequests, from: signingRequests, data, gas: DECIDE_GAS }, block.hash, options);
  const decision = result.kind === "returned" ? decisionOf(result.data) : undefined;
  if (decision !== undefined) return decision;
  throw new ChainUnavailableError(
    "DECIDE_FAILED",
    "SigningRequests did not return a decision. Check that its address and this software's version belong together.",
    { details: { kind: result.kind, block: block.hash } },
  );
};

/** Exactly one word with a value of the enumeration, nothing else. */
const decisionOf = (data: string): SigningDecision | undefined =>
  /^0x0{63}[0-9]$/.test(data) ? SIGNING_DECISIONS[Number(data.slice(-1))] : undefined;
