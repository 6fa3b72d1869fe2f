import type { OnScan } from "@keyquorum/client";
import type { Terminal } from "./terminal.ts";

const QUIET_MS = 2_000;

/** Tells of searches of events that take long: after two seconds, and then every two; of a wait at once where it is longer. */
export const scanProgress = ({ progress }: Pick<Terminal, "progress">, now: () => number = performance.now.bind(performance)): OnScan => {
  let toldAt = now();
  return ({ done, total, waitingMs }) => {
    if (now() - toldAt + (waitingMs ?? 0) < QUIET_MS) return;
    toldAt = now();
    const where = `Reading events: ${done} of ${total} blocks`;
    progress(waitingMs === undefined ? where : `${where}; the node asks for ${(waitingMs / 1_000).toFixed(0)} s of rest`);
  };
};

/** For a search by a task: ends on Ctrl-C, and tells of its progress. */
export const searchOptions = ({
  signal,
  terminal,
}: {
  readonly signal: AbortSignal;
  readonly terminal: Pick<Terminal, "progress">;
}): { readonly signal: AbortSignal; readonly onScan: OnScan } => ({
  signal,
  onScan: scanProgress(terminal),
});
