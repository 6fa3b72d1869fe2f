import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Stands before a chain's node, and is dead to everybody once the receipt of the `sends`th transaction that passed by was told.
 */
export const startDyingProxy = async (rpcUrl: string, sends: number) => {
  let sent = 0;
  let isDead = false;
  const pass = async (body: string, response: ServerResponse): Promise<void> => {
    const answer = await (await fetch(rpcUrl, { method: "POST", headers: { "content-type": "application/json" }, body })).text();
    const method = /"method":\s*"(\w+)"/.exec(body)?.[1] ?? "";
    if (/^eth_send/.test(method)) sent += 1;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(answer);
    if (sent >= sends && method === "eth_getTransactionReceipt" && !/"result":\s*null/.test(answer)) isDead = true;
  };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => {
      body += part.toString();
    });
    request.on("end", () => {
      if (isDead) request.socket.destroy();
      else pass(body, response).catch(() => request.socket.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isDead: () => isDead,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
