import { createServer, type ServerResponse } from "node:http";

/** A server on a free port of 127.0.0.1. */
export type LoopbackServer = { readonly url: string; readonly close: () => Promise<void> };

/** Gives each request's whole body to `handle`, which answers it. What `handle` rejects with, cuts the connection. */
export const serveOnLoopback = async (handle: (body: string, response: ServerResponse) => Promise<unknown>): Promise<LoopbackServer> => {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => response.destroy());
    request.on("end", () => {
      handle(Buffer.concat(chunks).toString(), response).catch(() => response.destroy());
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
