import { DECISIONS, type Decision, interfaceOf } from "@keyquorum/bindings";
import type { BlockRef } from "./blocks.ts";
import { callAt } from "./calls.ts";
import { type Clock, systemClock } from "./clock.ts";
import { ChainUnavailableError } from "./errors.ts";
import type { Heads } from "./heads.ts";
import type { Rpc, RpcOptions } from "./rpc.ts";

/** Who wants to read what. All are 0x hex, public. `initialPermissions` counts only where the document is not published. */
export type PermissionQuestion = {
  readonly document: string;
  readonly headerHash: string;
  readonly initialPermissions: string;
  readonly requester: string;
  readonly contextHash: string;
};

/**
 * PERMITTED: answer. ACCESS_DENIED: no, at the newest block. PERMISSION_NOT_FINAL: yes at the newest block, not yet at the final one; ask later.
 * UNKNOWN_VERSION, WITHDRAWN_VERSION: the document is published, but not with this header, or this version was withdrawn.
 */
export type PermissionDecision = "PERMITTED" | "ACCESS_DENIED" | "PERMISSION_NOT_FINAL" | "UNKNOWN_VERSION" | "WITHDRAWN_VERSION";

export type PermissionSettings = {
  readonly rpc: Rpc;
  /** Address of ShareRequests. */
  readonly shareRequests: string;
  /** The head may be so many seconds old (MAX_HEAD_AGE of D27). */
  readonly maxHeadAge: number;
  /** The highest head that this keeper has acted on: a lower one would show it a past that it knows to be over. */
  readonly minHeadNumber?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Gives what was said before of a block, by its hash, under that name, or asks. Default: asks. */
  readonly remember?: RememberDecision | undefined;
};

/** Remembers decisions at blocks: of one hash never at another, and no failure. */
export type RememberDecision = (blockHash: string, name: string, ask: () => Promise<Decision>) => Promise<Decision>;

/** Explicit, so that nodes' own limits never decide: above PERMISSION_GAS for each of the two calls `decide` may make, with room. */
const DECIDE_GAS = 3_000_000n;

/**
 * Asks `ShareRequests.decide` at the head and, if that says yes, at the final block, each by block hash: PROTOCOL section 4.4, D26 to D28.
 * To be asked again before every send of an answer.
 *
 * Throws `ChainUnavailableError` (answer UNAVAILABLE): RPC failure or disagreement, a block that is no longer canonical, a head that is too old or
 * too low, and any outcome of `decide` but one canonical word from 0 to 3. None of them says anything about the permission.
 */
export const decidePermission = async (
  settings: PermissionSettings,
  question: PermissionQuestion,
  heads: Heads,
  options?: RpcOptions,
): Promise<PermissionDecision> => {
  const atHead = await decideAtHead(settings, question, heads.head, options);
  return atHead === "PERMITTED" ? confirmAtFinal(settings, question, heads, options) : atHead;
};

/** The first half of `decidePermission`: what the newest block says. PERMITTED is no permission before `confirmAtFinal` says so too. */
export const decideAtHead = async (
  settings: PermissionSettings,
  question: PermissionQuestion,
  head: BlockRef,
  options?: RpcOptions,
): Promise<Exclude<PermissionDecision, "PERMISSION_NOT_FINAL">> => {
  requireFreshHead(settings, head);
  const atHead = await askAt(settings, question, head, options);
  return atHead === "Permitted" ? "PERMITTED" : NOT_PERMITTED[atHead];
};

/** The second half, where `decideAtHead` said PERMITTED at this very head. */
export const confirmAtFinal = async (
  settings: PermissionSettings,
  question: PermissionQuestion,
  { head, final }: Heads,
  options?: RpcOptions,
): Promise<"PERMITTED" | "PERMISSION_NOT_FINAL"> => {
  requireFreshHead(settings, head);
  if (final.number > head.number)
    throw new ChainUnavailableError("BAD_RESPONSE", "The final block is above the newest block. Check the node.");
  if (final.hash === head.hash) return "PERMITTED";
  return (await askAt(settings, question, final, options)) === "Permitted" ? "PERMITTED" : "PERMISSION_NOT_FINAL";
};

const NOT_PERMITTED = {
  Denied: "ACCESS_DENIED",
  UnknownVersion: "UNKNOWN_VERSION",
  WithdrawnVersion: "WITHDRAWN_VERSION",
} as const satisfies Readonly<Record<Exclude<Decision, "Permitted">, PermissionDecision>>;

/** Throws `ChainUnavailableError` STALE_HEAD when the head is too old for a decision or lower than one seen before. */
export const requireFreshHead = (
  { maxHeadAge, minHeadNumber = 0, clock = systemClock }: Pick<PermissionSettings, "maxHeadAge" | "minHeadNumber" | "clock">,
  head: BlockRef,
): void => {
  const age = Math.floor(clock.now() / 1000) - head.timestamp;
  if (!(age <= maxHeadAge))
    throw new ChainUnavailableError(
      "STALE_HEAD",
      `The newest block is ${age} s old, and ${maxHeadAge} s are allowed. Check the node and this machine's clock.`,
      {
        details: { age, maxHeadAge, head: head.number },
      },
    );
  if (head.number < minHeadNumber)
    throw new ChainUnavailableError(
      "STALE_HEAD",
      `The newest block is ${head.number}, but ${minHeadNumber} was seen before. The node lags; ask again later.`,
      {
        details: { head: head.number, minHeadNumber },
      },
    );
};

const askAt = (
  settings: PermissionSettings,
  question: PermissionQuestion,
  block: BlockRef,
  options: RpcOptions | undefined,
): Promise<Decision> => {
  const ask = () => askNow(settings, question, block, options);
  return settings.remember === undefined ? ask() : settings.remember(block.hash, nameOf(question), ask);
};

/** All that a decision depends on beside the block. */
const nameOf = ({ document, headerHash, initialPermissions, requester, contextHash }: PermissionQuestion): string =>
  [document, headerHash, initialPermissions, requester, contextHash].join();

const askNow = async (
  { rpc, shareRequests }: PermissionSettings,
  { document, headerHash, initialPermissions, requester, contextHash }: PermissionQuestion,
  block: BlockRef,
  options: RpcOptions | undefined,
): Promise<Decision> => {
  const data = interfaceOf("shareRequests").encodeFunctionData("decide", [
    document,
    headerHash,
    initialPermissions,
    requester,
    contextHash,
  ]);
  const result = await callAt(rpc, { to: shareRequests, from: shareRequests, data, gas: DECIDE_GAS }, block.hash, options);
  const decision = result.kind === "returned" ? decisionOf(result.data) : undefined;
  if (decision !== undefined) return decision;
  throw new ChainUnavailableError(
    "DECIDE_FAILED",
    "ShareRequests did not return a decision. Check that its address and this software's version belong together.",
    {
      details: { kind: result.kind, block: block.hash },
    },
  );
};

/** Exactly one word with a value of the enumeration, nothing else. */
const decisionOf = (data: string): Decision | undefined => (/^0x0{63}[0-3]$/.test(data) ? DECISIONS[Number(data.slice(-1))] : undefined);
