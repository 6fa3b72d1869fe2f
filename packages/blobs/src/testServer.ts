import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { KeyquorumError } from "@keyquorum/wire";

export type TestServer = { readonly url: string; readonly port: number; readonly close: () => Promise<void> };

/** A local HTTP server. `close` cuts what is under way. */
export const serve = async (
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
  host = "127.0.0.1",
): Promise<TestServer> => {
  const server = createServer((request, response) => {
    void Promise.resolve(answer(request, response)).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo; // of a TCP server
  return {
    url: `http://${host}:${port}`,
    port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** Closes, after each test, what the test opened. */
export const closingAfterEach = () => {
  const open: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });
  return async <T extends { readonly close: () => Promise<unknown> }>(opening: Promise<T>): Promise<T> => {
    const opened = await opening;
    open.push(opened.close);
    return opened;
  };
};

export type HttpAttack = { readonly what: string; readonly code: string; readonly answer: Parameters<typeof serve>[0] };

/** What a hostile server may answer where a block is wanted. Every store over HTTP gets all of these. */
export const httpAttacks = (block: () => Uint8Array): readonly HttpAttack[] => [
  { what: "wrong bytes", code: "BLOB_CORRUPT", answer: (_, response) => response.end(block().map((byte) => byte ^ 1)) },
  { what: "the beginning of the block", code: "BLOB_CORRUPT", answer: (_, response) => response.end(block().slice(0, -1)) },
  { what: "nothing", code: "BLOB_CORRUPT", answer: (_, response) => response.end() },
  {
    what: "less than it declares, and then hangs up",
    code: "BLOB_REMOTE_FAILED",
    answer: (_, response) => {
      response.writeHead(200, { "content-length": block().length });
      response.write(block().slice(0, 10), () => response.destroy());
    },
  },
  {
    what: "an endless stream",
    code: "BLOB_REMOTE_FAILED",
    answer: (_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(new Uint8Array(65_536)));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    },
  },
  {
    what: "a huge block, honestly declared",
    code: "BLOB_REMOTE_FAILED",
    answer: (_, response) => {
      response.writeHead(200, { "content-length": 2 ** 40 });
      response.write(new Uint8Array(1000));
    },
  },
  {
    what: "a byte every 20 ms (slowloris)",
    code: "BLOB_REMOTE_FAILED",
    answer: (_, response) => {
      const timer = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(timer));
    },
  },
  { what: "no answer at all", code: "BLOB_REMOTE_FAILED", answer: () => undefined },
  { what: "a cut connection", code: "BLOB_REMOTE_FAILED", answer: (request) => request.socket.destroy() },
  {
    what: "a redirect to the cloud's metadata address",
    code: "BLOB_REMOTE_FAILED",
    answer: (_, response) => response.writeHead(307, { location: "http://169.254.169.254/latest/meta-data/" }).end(),
  },
  { what: "status 500", code: "BLOB_REMOTE_FAILED", answer: (_, response) => response.writeHead(500).end("{}") },
  { what: "status 429", code: "BLOB_REMOTE_FAILED", answer: (_, response) => response.writeHead(429).end() },
  { what: "status 403 with a page", code: "BLOB_REMOTE_FAILED", answer: (_, response) => response.writeHead(403).end("<html>") },
];

/** Everything that an error says, its causes included. */
export const allOf = (error: unknown): string =>
  error instanceof Error
    ? `${error.message} ${error.stack} ${error instanceof KeyquorumError ? `${error.code} ${JSON.stringify(error.details)}` : ""} ${allOf(error.cause)}`
    : String(error);
