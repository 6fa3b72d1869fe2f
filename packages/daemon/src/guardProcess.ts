import { readFile } from "node:fs/promises";
import { url as debuggerUrl } from "node:inspector";
import { describeError } from "./describeError.ts";
import type { Logger } from "./logger.ts";
import { detachStandardError } from "./logLines.ts";
import { processRisks } from "./processRisks.ts";

/**
 * Says who can see into this process, and keeps the readers of its output from stopping it.
 * @param who the program, as its log says it: "a keeper"
 */
export const guardProcess = async (log: Logger, who: string): Promise<void> => {
  detachStandardError();
  process.removeAllListeners("warning"); // Node's own listener writes text between the lines of JSON
  process.on("warning", ({ name, message }) => log.warn("Node warns", { name, ...describeError(new Error(message)) }));
  process.on("SIGUSR1", () => log.warn(`SIGUSR1 was received; ${who} opens no debugger`));
  const nodeOptions = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? "").split(/\s+/)];
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => undefined);
  for (const risk of processRisks({ nodeOptions, debuggerUrl: debuggerUrl(), limits })) log.warn(risk);
};
