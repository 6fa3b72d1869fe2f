import type { Signer, TransactionReceipt, TransactionResponse } from "ethers";
import { minedReceipt } from "./minedReceipt.ts";

/**
 * Sends one transaction and waits until it is mined and has succeeded. It must be sent with `nonce`, or not at all.
 * `announce` is told each hash, before the transaction is sent where that is possible, and nothing is sent when it rejects. `pending`: it was sent before,
 * and is only waited for.
 */
export type SendStep = (
  request: {
    /** Names it for people: "The transaction of keyGeneration". */
    readonly what: string;
    readonly to: string | null;
    readonly data: string;
    readonly nonce: number;
    readonly pending?: TransactionResponse | undefined;
  },
  announce: (hash: string) => Promise<void>,
) => Promise<TransactionReceipt>;

/** By the signer itself: enough where a chain costs nothing. Programs that pay use `connectDeploying` of the client. */
export const sendBy =
  (signer: Signer): SendStep =>
  async ({ to, data, nonce, pending }, announce) => {
    const sent = pending ?? (await signer.sendTransaction({ ...(to === null ? {} : { to }), data, nonce }));
    await announce(sent.hash);
    return minedReceipt(sent);
  };
