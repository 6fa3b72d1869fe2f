import { describeError, type ExtensionServices, type PeerAnswerer, peerAnswerer } from "@keyquorum/keeper";
import { KeyquorumError } from "@keyquorum/wire";
import type { Holder } from "./holder.ts";
import { DOCUMENT_KEY_MESSAGES } from "./peerMessages.ts";

/** What other keepers may ask this one. What nobody expected is told to the log, and to who asks that it may ask again. */
export const holderAnswerers = (holder: Holder, { log }: Pick<ExtensionServices, "log">): readonly PeerAnswerer[] => {
  const told =
    <Ask, Answer>(what: string, answer: (ask: Ask) => Promise<Answer>) =>
    (ask: Ask): Promise<Answer> =>
      answer(ask).catch((error: unknown) => {
        if (error instanceof KeyquorumError) throw error;
        log.warn(`${what} failed`, describeError(error));
        throw new KeyquorumError("UNAVAILABLE", undefined, { cause: error });
      });
  const { store, find, contribute, contributeToWallet, contributeToRequest } = DOCUMENT_KEY_MESSAGES;
  return [
    peerAnswerer(store, told("Confirming a document key", holder.store)),
    peerAnswerer(find, told("Looking up a document key", holder.find)),
    peerAnswerer(contribute, told("Contributing to a retrieval", holder.contribute)),
    peerAnswerer(contributeToWallet, told("Contributing to a wallet's retrieval", holder.contribute)),
    peerAnswerer(contributeToRequest, told("Contributing to a retrieval on chain", holder.contribute)),
  ];
};
