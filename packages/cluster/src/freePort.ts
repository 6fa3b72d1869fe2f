import { createServer } from "node:net";

/** Below the ports that Linux gives to outgoing connections: a port that is free now is not taken by one of those before it is listened to. */
const [FIRST, COUNT] = [10_000, 20_000];
/** Apart from process to process, so that two of them that ask at the same time are not given the same. */
let next = (process.pid * 7_919) % COUNT;

/** A TCP port of 127.0.0.1 that was free a moment ago. No port is given twice by one process, before all have been. */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < COUNT; tries += 1) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    if (await isFree(port)) return port;
  }
  throw new Error(`No port of 127.0.0.1 from ${FIRST} to ${FIRST + COUNT - 1} is free.`);
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" || error.code === "EACCES" ? resolve(false) : reject(error),
    );
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
