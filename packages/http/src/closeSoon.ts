import type { Server } from "node:http";

/** How long requests that are being answered may take when a server closes. */
const DRAIN_MILLISECONDS = 5_000;

/** Ends idle connections now, the others when they are answered, and all of them after five seconds. @param close resolves when none is left */
export const closeServerSoon = async (
  server: Pick<Server, "closeIdleConnections" | "closeAllConnections">,
  close: () => Promise<unknown>,
): Promise<void> => {
  const closed = close();
  server.closeIdleConnections();
  const tooLong = setTimeout(() => server.closeAllConnections(), DRAIN_MILLISECONDS);
  await closed;
  clearTimeout(tooLong);
};
