import { retryAfterMs } from "@keyquorum/bindings";
import { FetchRequest } from "ethers";

/** Of all waits for one call: less than `timeouts.readMs`, so that its failure is told as what it is. */
const PATIENCE_MS = 12_000;
const TRIES = 5;

/**
 * A request to make a `JsonRpcProvider` of: after HTTP status 429 it waits as long as the node says (Retry-After), else longer each time, five times
 * and for 12 s in all. ethers' own waits take the header's seconds for milliseconds, and may last for minutes.
 *
 * ```ts
 * const provider = new JsonRpcProvider(patientRequest(url), undefined, { batchMaxCount: 1 });
 * ```
 */
export const patientRequest = (url: string, wait: (milliseconds: number) => Promise<void> = sleep): FetchRequest => {
  const request = new FetchRequest(url);
  request.retryFunc = async (_asked, { headers }, tried) => {
    const told = headers["retry-after"];
    const pause = told === undefined ? undefined : retryAfterMs(told, Date.now());
    if (tried >= TRIES || (pause !== undefined && pause * (tried + 1) > PATIENCE_MS)) return false;
    await wait(pause ?? 200 * 2 ** tried); // ethers adds a random wait of its own
    return true;
  };
  return request;
};

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
