import type { BlockRef } from "../blocks.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";
import { ANSWER, CONTROL, OPCODES, PREVIOUS_HASH } from "./code.ts";
import type { Finding, Need, Verdict } from "./finding.ts";
import { ask, headerOf, type Reply, run } from "./question.ts";

const LATER = "Ask again later, or ask another node.";

/** Whether the node runs creation code at all: the control of every other question. */
const isRunning = async (rpc: Rpc, options?: RpcOptions): Promise<boolean> => (await run(rpc, CONTROL, "latest", options)).word === ANSWER;

/**
 * A refusal counts as the chain's only when it comes twice, with the control running in between: a node that fails once, limits its callers or
 * has just lost its state says nothing about the chain.
 */
const judge = async (
  rpc: Rpc,
  question: () => Promise<Reply & { readonly isThere?: boolean }>,
  options: RpcOptions | undefined,
): Promise<Verdict> => {
  for (let tried = 0; tried < 2; tried += 1) {
    const reply = await question();
    if (reply.isThere === true) return "there";
    if (reply.kind === "failed" || !(await isRunning(rpc, options))) return "unknown";
  }
  return "missing";
};

/** The head again for each try: a reorganisation in between is not a refusal. */
const atHead = async (
  rpc: Rpc,
  options: RpcOptions | undefined,
  question: (head: BlockRef) => Promise<Reply & { readonly isThere?: boolean }>,
): Promise<Reply & { readonly isThere?: boolean }> => {
  const head = await headerOf(rpc, "latest", options);
  if (head.kind !== "answered") return head;
  return head.block === undefined ? { kind: "failed", why: "the node has no newest block" } : question(head.block);
};

const sentences: Readonly<Record<Exclude<Need, "finality">, { readonly there: string; readonly missing: string }>> = {
  PUSH0: {
    there: "The chain has PUSH0 (Shanghai).",
    missing: "The chain lacks PUSH0: it is older than Shanghai, and the contracts need Cancun.",
  },
  TSTORE: {
    there: "The chain has TLOAD and TSTORE (Cancun).",
    missing: "The chain lacks TLOAD and TSTORE: it is older than Cancun, which the contracts need.",
  },
  MCOPY: {
    there: "The chain has MCOPY (Cancun).",
    missing: "The chain lacks MCOPY: it is older than Cancun, which the contracts need.",
  },
  callByHash: {
    there: "The node takes eth_call by block hash.",
    missing: "The node does not take eth_call by block hash (EIP-1898), which keepers decide by. Use another node or provider.",
  },
  blockhash: {
    there: "BLOCKHASH works inside eth_call.",
    missing: "BLOCKHASH gives zero inside eth_call: no key can be finalized through this node. Use another node or provider.",
  },
  logsByHash: {
    there: "The node takes eth_getLogs by block hash.",
    missing: "The node does not take eth_getLogs by block hash, by which keepers read the newest blocks. Use another node or provider.",
  },
};

/** Asks for each need but finality, one after the other: a public node limits its callers. */
export const askNeeds = async (rpc: Rpc, head: Pick<BlockRef, "number">, options?: RpcOptions): Promise<readonly Finding[]> => {
  const isWord = async (code: string, expected: (word: bigint) => boolean, at: Parameters<typeof run>[2]) => {
    const reply = await run(rpc, code, at, options);
    return { ...reply, isThere: reply.word !== undefined && expected(reply.word) };
  };
  const questions: readonly (readonly [Exclude<Need, "finality">, () => Promise<Reply & { readonly isThere?: boolean }>])[] = [
    ...OPCODES.map(({ opcode, code }) => [opcode, () => isWord(code, (word) => word === ANSWER, "latest")] as const),
    ["callByHash", () => atHead(rpc, options, ({ hash }) => isWord(CONTROL, (word) => word === ANSWER, { blockHash: hash }))],
    ["blockhash", () => atHead(rpc, options, ({ hash }) => isWord(PREVIOUS_HASH, (word) => word !== 0n, { blockHash: hash }))],
    [
      "logsByHash",
      () =>
        atHead(rpc, options, async ({ hash }) => {
          const reply = await ask(rpc, "eth_getLogs", [{ blockHash: hash, address: NOBODY }], options);
          return { ...reply, isThere: reply.kind === "answered" && Array.isArray(reply.result) };
        }),
    ],
  ];
  const found: Finding[] = [];
  for (const [need, question] of questions) {
    if (need === "blockhash" && head.number === 0) continue; // no block before it
    const verdict = await judge(rpc, question, options);
    const sentence = verdict === "unknown" ? `Whether ${NAMES[need]} could not be found out. ${LATER}` : sentences[need][verdict];
    found.push({ need, verdict, sentence });
  }
  // A node that refuses a call by hash cannot be asked what BLOCKHASH gives in one.
  const isByHash = found.some(({ need, verdict }) => need === "callByHash" && verdict === "missing");
  return isByHash ? found.filter(({ need }) => need !== "blockhash") : found;
};

const NOBODY = `0x${"00".repeat(20)}`;

const NAMES: Readonly<Record<Exclude<Need, "finality">, string>> = {
  PUSH0: "the chain has PUSH0 (Shanghai)",
  TSTORE: "the chain has TLOAD and TSTORE (Cancun)",
  MCOPY: "the chain has MCOPY (Cancun)",
  callByHash: "the node takes eth_call by block hash",
  blockhash: "BLOCKHASH works inside eth_call",
  logsByHash: "the node takes eth_getLogs by block hash",
};
