import type { Streams } from "./terminal.ts";

const surviving = new WeakSet();

/**
 * Lets a command continue when nobody reads its output any more (`... | head -1`): what it does on the chain must not end half done for that. Node would end
 * the process. Every other error of the stream still does.
 */
export const surviveClosedPipe = (stream: Pick<Streams["stdout"], "on">): void => {
  if (stream.on === undefined || surviving.has(stream)) return;
  surviving.add(stream);
  stream.on("error", (error) => {
    if (!("code" in error && error.code === "EPIPE")) throw error;
  });
};
