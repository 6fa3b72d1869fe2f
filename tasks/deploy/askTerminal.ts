import { createInterface } from "node:readline/promises";
import type { Ask } from "./confirmSpending.ts";

/** Asks at the process's own terminal; undefined where it has none. Ctrl-C is not an answer: `signal` ends the question. */
export const askTerminal = (signal: AbortSignal): Ask | undefined => {
  if (process.stdin.isTTY !== true) return undefined;
  return async (question) => {
    // Without readline's own line editing, so that Ctrl-C reaches the command.
    const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
    try {
      const closed = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
      return await Promise.race([lines.question(question, { signal }), closed]);
    } finally {
      lines.close();
    }
  };
};
