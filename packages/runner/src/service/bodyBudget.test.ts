import { connect, type Socket } from "node:net";
import { createHttpServer, type HttpServer } from "@keyquorum/http";
import { expect } from "chai";
import { DOMAIN } from "../testing/servedRunner.ts";
import { createBodyBudget, FREE_BYTES } from "./bodyBudget.ts";
import { bodyLimitOf, runRoutes } from "./runRoutes.ts";

const MiB = 1024 * 1024;

describe("Bytes of bodies that are under way", () => {
  it("are bounded for an address and in all, and may come again when others are gone", () => {
    const budget = createBodyBudget(2 * MiB);
    const taken = Array.from({ length: 8 }, () => budget.take("a", 2 * MiB));
    expect(taken.every(Boolean)).to.equal(true);
    expect(budget.take("a", FREE_BYTES + 1)).to.equal(undefined);
    for (const address of ["b", "c", "d"]) for (let i = 0; i < 8; i += 1) budget.take(address, 2 * MiB);
    expect(budget.take("e", FREE_BYTES + 1)).to.equal(undefined);
    expect(budget.take("e", FREE_BYTES), "a small one").to.not.equal(undefined);
    for (let i = 0; i < 2; i += 1) taken[0]?.(); // given back once
    expect(budget.take("e", 2 * MiB)).to.not.equal(undefined);
    expect(budget.take("e", FREE_BYTES + 1)).to.equal(undefined);
  });

  it("have room for the largest body of two addresses, however large it is", () => {
    const budget = createBodyBudget(100 * MiB);
    expect(["a", "b", "c"].map((address) => budget.take(address, 100 * MiB) !== undefined)).to.deep.equal([true, true, false]);
  });

  describe("at the route of runs", () => {
    const MAX_STDIN = 32 * MiB;
    let http: HttpServer;
    let url: string;
    const open: Socket[] = [];
    before(async () => {
      const unused = (): never => {
        throw new Error("Nobody comes so far.");
      };
      const check = {
        ...{ domain: DOMAIN, callers: new Set<never>(), modules: { find: () => undefined }, maxStdinBytes: MAX_STDIN },
        ...{ maxDeadlineSeconds: 600, keepOutput: false, now: Date.now },
      };
      http = await createHttpServer({
        limits: { host: "127.0.0.1", port: 0, bodyLimitBytes: 16_384, requestTimeoutMilliseconds: 30_000, maxConnections: 100 },
        routes: [
          runRoutes({
            ...{ service: { accept: unused, read: unused, list: unused }, check },
            ...{ maxWaitMs: 0, maxStdinBytes: MAX_STDIN, describe: () => ({}) },
          }),
        ],
      });
      url = await http.listen();
    });
    after(async () => {
      for (const socket of open) socket.destroy();
      await http.close();
    });

    /** Sends the head of a request and no body: the first status that comes. */
    const begin = (length: string): { readonly socket: Socket; readonly status: Promise<string> } => {
      const socket = connect(Number(new URL(url).port), "127.0.0.1");
      open.push(socket);
      socket.on("error", () => undefined);
      const status = new Promise<string>((resolve) => socket.once("data", (data) => resolve(data.toString().slice(9, 12))));
      socket.write(`POST /v1/runs HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${length}\r\n\r\n`);
      return { socket, status };
    };
    const send = async (body: string): Promise<number> =>
      (await fetch(`${url}/v1/runs`, { method: "POST", headers: { "content-type": "application/json" }, body })).status;

    it("a stranger who withholds the end of a body has one such body, small ones are still answered, and its room comes back", async () => {
      const came = new Promise((resolve) => http.server.server.once("request", resolve));
      const withheld = begin(`content-length: ${bodyLimitOf(MAX_STDIN)}`);
      await came;
      expect(await begin("content-length: 20000").status).to.equal("429");
      expect(await begin("transfer-encoding: chunked").status).to.equal("429");
      expect(await send('{"not":"a request"}')).to.equal(400);
      withheld.socket.destroy();
      const large = JSON.stringify("a".repeat(20_000));
      while ((await send(large)) === 429) await new Promise((resolve) => setTimeout(resolve, 20)); // until the server has seen it go
      expect(await send(large)).to.equal(400);
    });
  });
});
