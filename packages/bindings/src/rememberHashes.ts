import type { Interface } from "ethers";
import { CONTRACT_NAMES, interfaceOf } from "./contracts.ts";

/**
 * From now on each event keeps its topic and each function its selector, in this process. ethers hashes the signature again each time that either is asked
 * for: for a log that of every event of its contract, until one fits. Takes a few milliseconds; for programs that read many logs.
 */
export const rememberHashes = (): void => {
  for (const name of CONTRACT_NAMES) {
    const abi = interfaceOf(name) as Interface; // true: each contract's interface is one
    abi.forEachEvent((event) => Object.defineProperty(event, "topicHash", { value: event.topicHash }));
    abi.forEachFunction((called) => Object.defineProperty(called, "selector", { value: called.selector }));
  }
};
