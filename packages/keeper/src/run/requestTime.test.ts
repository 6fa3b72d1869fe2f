import { httpRpc, type Rpc } from "@keyquorum/chain";
import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { createHeadLook } from "../contracts/headLook.ts";
import { createFakeChain } from "../testing/fakeChain.ts";
import { createLiveKeeper } from "../testing/liveKeeper.ts";
import { bodyOf, createHeader, createRequest, signRequest } from "../testing/reader.ts";
import { outcomeOf } from "../testing/shareRequestServer.ts";
import { systemClock } from "./clock.ts";
import { createRequestTime } from "./requestTime.ts";

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof KeyquorumError ? error.code : error instanceof Error ? error.name : "?"),
  );

describe("the time of a request", () => {
  const hanging = (): { readonly rpc: Rpc; readonly ended: () => number } => {
    let ended = 0;
    const send: Rpc["send"] = (_method, _params, options) =>
      new Promise((_, reject) => {
        options?.signal?.addEventListener("abort", () => {
          ended += 1;
          reject(options.signal?.reason as Error); // true: it was aborted with an error
        });
      });
    return { rpc: { send }, ended: () => ended };
  };

  it("ends the calls of an RPC that hangs before the answer is due, and those only", async () => {
    const { rpc, ended } = hanging();
    const time = createRequestTime({ requestTimeout: 100, rpcTimeout: 10_000 });
    const bounded = time.bounded(rpc);
    void bounded.send("eth_call", []).catch(() => undefined); // of no request
    expect(await codeOf(time.within(() => bounded.send("eth_call", [])))).to.equal("ChainUnavailableError");
    expect(ended()).to.equal(1);
  });

  it("lets go of a request whose work does not end at all", async () => {
    const time = createRequestTime({ requestTimeout: 50, rpcTimeout: 10_000 });
    expect(await codeOf(time.within(() => new Promise(() => undefined)))).to.equal("UNAVAILABLE");
  });

  it("gives a try a third of the time, so that one that hangs is tried again", async () => {
    let tries = 0;
    const fetchOnce: typeof fetch = async (_url, init) => {
      tries += 1;
      if (tries === 1) await new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("aborted"))));
      const { id } = JSON.parse(String(init?.body)) as { id: number };
      return new Response(JSON.stringify({ jsonrpc: "2.0", id, result: "0x1" }));
    };
    const time = createRequestTime({ requestTimeout: 3_000, rpcTimeout: 10_000 });
    const rpc = time.bounded(httpRpc("http://rpc.example", { fetch: fetchOnce, timeoutMs: 10_000, retryDelayMs: 1 }));
    expect(await time.within(() => rpc.send("eth_chainId", []))).to.equal("0x1");
    expect(tries).to.equal(2);
  });

  it("does not end a look that others share with the request that began it", async () => {
    const chain = createFakeChain();
    const time = createRequestTime({ requestTimeout: 400, rpcTimeout: 10_000 });
    const rpc = time.bounded(chain.rpc);
    chain.isHanging = true;
    const look = createHeadLook({ rpc, clock: systemClock, finality: { kind: "finalized" }, within: time.within }).now;
    const first = codeOf(time.within(look));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const second = codeOf(time.within(look)); // its look begins when the first is over
    chain.isHanging = false;
    expect(await first).to.equal("ChainUnavailableError");
    expect(await second).to.equal("done");
  });
});

describe("a keeper whose RPC hangs", () => {
  it("tells readers UNAVAILABLE with status 503 before the connection is cut", async () => {
    const live = await createLiveKeeper("requestTimeoutMilliseconds = 1000");
    try {
      const keeper = await live.start();
      await live.until(async () => (await live.reasons()).length === 0);
      live.chain.isHanging = true;
      const header = createHeader();
      const { genesisTime, head } = live.chain;
      const asked = await signRequest(header, createRequest(header, BigInt(genesisTime + head + 60)));
      const post = (): Promise<readonly [number, string]> =>
        fetch(`${keeper.url()}/v1/share-requests`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(bodyOf(asked)),
        }).then(outcomeOf);
      expect(await Promise.all([post(), post(), post()])).to.deep.equal(Array(3).fill([503, "UNAVAILABLE"]));
    } finally {
      await live.remove();
    }
  });
});
