import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import type { CreateExtension } from "@keyquorum/keeper";

/**
 * An extension of a keeper that is measured: SIGWINCH begins a CPU profile of its main thread, the next one ends it and writes it to the file that the
 * options name. Nothing else in a keeper listens to that signal; others end it.
 */
export const createExtension: CreateExtension = ({ file }) => {
  let session: Session | undefined;
  const toggle = async (): Promise<void> => {
    if (session === undefined) {
      session = new Session();
      session.connect();
      await session.post("Profiler.enable");
      await session.post("Profiler.start");
      return;
    }
    const { profile } = await session.post("Profiler.stop");
    session.disconnect();
    session = undefined;
    writeFileSync(String(file), JSON.stringify(profile));
  };
  process.on("SIGWINCH", () => void toggle());
  return { name: "profiler" };
};
