import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
};

/** No inline script, no eval, no WebAssembly: what a page's `script-src 'self'` forbids. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' http://127.0.0.1:*; base-uri 'none'; form-action 'none'";

/** Serves a folder and further files on 127.0.0.1, under a strict Content-Security-Policy, with WebAssembly or without. `onPost`: told what the page posts. */
export const servePage = async (
  folder: string,
  more: Readonly<Record<string, string>> = {},
  { webAssembly = false, onPost }: { readonly webAssembly?: boolean; readonly onPost?: (text: string) => void } = {},
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> => {
  const policy = webAssembly ? POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'") : POLICY;
  const server = createServer((request, response) => {
    if (request.method === "POST" && onPost !== undefined) {
      const parts: Buffer[] = [];
      request
        .on("data", (part: Buffer) => parts.push(part))
        .on("end", () => {
          onPost(Buffer.concat(parts).toString());
          response.writeHead(204).end();
        });
      return;
    }
    const path = normalize(new URL(request.url ?? "/", "http://127.0.0.1").pathname);
    const name = path === "/" ? "/index.html" : path;
    const body = more[name] === undefined ? readFile(join(folder, name)) : Promise.resolve(more[name]);
    body.then(
      (bytes) => {
        response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream", "content-security-policy": policy });
        response.end(bytes);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
