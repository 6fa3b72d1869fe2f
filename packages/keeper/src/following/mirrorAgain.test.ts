import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { RpcError } from "@keyquorum/chain";
import { expect } from "chai";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { emitLog } from "../testing/fakeChain.ts";
import { createLiveKeeper, type LiveKeeper } from "../testing/liveKeeper.ts";
import { mirrorAgain } from "./mirrorAgain.ts";
import type { MirrorProgress } from "./readingAgain.ts";

describe("keyquorum-keeper mirror", () => {
  let live: LiveKeeper;
  let server: Server;
  let config: KeeperConfig;
  beforeEach(async () => {
    live = await createLiveKeeper();
    // The command asks the RPC that the configuration names; here that is the made-up chain by HTTP.
    server = createServer((request, response) => {
      let text = "";
      request.on("data", (part: Buffer) => (text += part.toString()));
      request.on("end", () => {
        const { id, method, params } = JSON.parse(text) as { id: number; method: string; params: unknown[] };
        live.chain.rpc.send(method, params).then(
          (result) => response.end(JSON.stringify({ jsonrpc: "2.0", id, result })),
          (error: unknown) =>
            response.end(
              JSON.stringify({ jsonrpc: "2.0", id, error: { code: error instanceof RpcError ? error.rpcCode : -32000, message: "no" } }),
            ),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // true: it listens on TCP
    config = { ...live.temp.config, chain: { ...live.temp.config.chain, rpcUrls: [url] } };
  });
  afterEach(async () => {
    await live.remove();
    await new Promise((resolve) => server.close(resolve));
  });
  /** Mirrors up to block 30 without the logs of block 5, that far below the head that no schedule looks at it in this test. */
  const liveThrough = async (): Promise<void> => {
    await live.start();
    live.chain.head = 32;
    await live.until(() => live.metric("keeper_chain_mirrored_block 32"));
  };
  const hideAndShow = (): void => {
    live.chain.logs = [{ ...emitLog("EpochProposed", [2, 99, 0b1110n], 5), blockNumber: "0x5", logIndex: "0x0" }];
  };

  it("finds what a stopped keeper missed, which does it when it starts", async () => {
    await liveThrough();
    await live.stop();
    hideAndShow();
    const said: MirrorProgress[] = [];
    expect(await mirrorAgain(config, 6), "nothing from there on").to.include({ late: 0 });
    expect(await mirrorAgain(config, 0, (progress) => said.push(progress))).to.include({ from: 0, to: 30, next: 31, late: 1 });
    expect(said.length).to.be.at.least(1);
    expect(await mirrorAgain(config, 0), "once").to.include({ late: 0 });
  });

  it("has a running keeper do it, and tells how far that is", async () => {
    await liveThrough();
    hideAndShow();
    expect(await mirrorAgain(config, 1)).to.include({ from: 1, to: 30, next: 31, late: 1 });
    await live.until(() => live.lines.some((line) => line.includes("Epoch proposed")));
    expect(await mirrorAgain(config, 1), "asked for again").to.include({ number: 2, late: 0 });
  });
});
