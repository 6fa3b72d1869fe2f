import { ChainUnavailableError, type UnavailableReason } from "@keyquorum/chain";
import { KeyquorumError } from "@keyquorum/wire";

/**
 * Why a keeper could not find out, as a requester is told: UNAVAILABLE with a word in `details.reason` and a sentence by the word. Nothing of the error
 * itself goes out: it names this keeper's RPC.
 */
export const chainTrouble = (cause: unknown): KeyquorumError => {
  const reason = cause instanceof ChainUnavailableError ? cause.reason : "RPC_ERROR";
  return new KeyquorumError("UNAVAILABLE", SENTENCES[reason] ?? "The chain cannot be asked: this keeper's node fails.", {
    details: { reason },
    cause,
  });
};

const SENTENCES: Readonly<Partial<Record<UnavailableReason, string>>> = {
  STALE_HEAD:
    "The newest block that this keeper's node has is older than its operator allows, or lower than one before: the chain is idle, or the node is stuck.",
  DISAGREEMENT: "This keeper's nodes do not say the same of the chain.",
  BLOCK_GONE: "This keeper's node does not have the blocks to decide at.",
  TIMEOUT: "This keeper's node does not answer in time.",
  TRANSPORT: "This keeper's node cannot be reached.",
  RATE_LIMITED: "This keeper's node is asked too often.",
};
