import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { connectContracts } from "@keyquorum/bindings";
import { expect } from "chai";
import { JsonRpcProvider } from "ethers";
import { codeOf } from "../fakes/errorOf.ts";
import { fakeDeployment } from "../fakes/fakeDeployment.ts";
import { readDefaultKey } from "../keys/keys.ts";
import { systemClock } from "../time/clock.ts";
import type { Chain } from "./chain.ts";
import { createChainCalls } from "./chainCalls.ts";
import { defaultFinality, finalBlockOf } from "./finality.ts";

const FINALIZED = { kind: "finalized" } as const;
const block = (number: number) => ({
  ...{ number: `0x${number.toString(16)}`, hash: `0x${"aa".repeat(32)}`, parentHash: `0x${"bb".repeat(32)}`, timestamp: "0x10" },
  ...{ nonce: "0x0000000000000000", difficulty: "0x0", gasLimit: "0x0", gasUsed: "0x0", miner: `0x${"00".repeat(20)}` },
  ...{ extraData: "0x", transactions: [] },
});

describe("what the client takes for final", () => {
  let node: Server;
  let provider: JsonRpcProvider;
  /** What the node answers when it is asked for its finalized block. */
  let finalized: () => Readonly<Record<string, unknown>>;
  let asked: number;

  beforeEach(async () => {
    asked = 0;
    node = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString()) as { id: number; method: string; params: unknown[] };
        const answer = params[0] === "finalized" ? finalized() : { result: method === "eth_blockNumber" ? "0x64" : "0x4d2" };
        if (params[0] === "finalized") asked += 1;
        response.setHeader("content-type", "application/json").end(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
      });
    });
    await new Promise<void>((resolve) => node.listen(0, "127.0.0.1", resolve));
    const { port } = node.address() as AddressInfo;
    provider = new JsonRpcProvider(`http://127.0.0.1:${port}`, 1234, { staticNetwork: true, batchMaxCount: 1, cacheTimeout: -1 });
  });
  afterEach(() => {
    provider.destroy();
    node.close();
    node.closeAllConnections();
  });
  const refusing = (code: number) => () => ({ error: { code, message: "no such block" } });

  it("is the node's finalized block, or one under so many others", async () => {
    finalized = () => ({ result: block(7) });
    expect(await finalBlockOf(provider, FINALIZED)).to.equal(7);
    expect(await finalBlockOf(provider, { kind: "confirmations", blocks: 3 })).to.equal(97);
    expect(await finalBlockOf(provider, { kind: "confirmations", blocks: 101 })).to.equal(undefined);
  });

  const answers: readonly (readonly [string, () => Readonly<Record<string, unknown>>])[] = [
    ["null", () => ({ result: null })],
    ["-32602", refusing(-32_602)],
    ["-39001", refusing(-39_001)],
    ["-32000", refusing(-32_000)],
  ];
  for (const [how, answer] of answers)
    it(`says NO_FINALIZED_BLOCK and what to set where the node answers ${how}, and never NO_READY_KEY`, async () => {
      finalized = answer;
      const deployment = { ...fakeDeployment(), chainId: 1234n };
      const calls = createChainCalls({ provider, clock: systemClock, readMs: 5_000, transactMs: 5_000, pollMs: 5 });
      const chain: Chain = { deployment, provider, contracts: connectContracts(deployment, provider), calls, finality: FINALIZED };
      const failure: unknown = await readDefaultKey(chain).catch((error: unknown) => error);
      expect(failure).to.include({ code: "NO_FINALIZED_BLOCK", retryable: false });
      expect((failure as Error).message)
        .to.include("--confirmations N")
        .and.include("docs/CHAINS.md");
    });

  it("is not decided by a node that fails once, or that limits its callers", async () => {
    finalized = () => (asked === 0 ? refusing(-32_000)() : { result: block(7) });
    expect(await finalBlockOf(provider, FINALIZED)).to.equal(7);
    for (const busy of [-32_005, 429]) {
      finalized = refusing(busy);
      const calls = createChainCalls({ provider, clock: systemClock, readMs: 5_000, transactMs: 5_000, pollMs: 5 });
      expect(await codeOf(calls.read("Reading", () => finalBlockOf(provider, FINALIZED)))).to.equal("CHAIN_UNAVAILABLE");
    }
  });

  it("is what the deployment says, where the caller says nothing", () => {
    const finality = { kind: "confirmations", blocks: 12 } as const;
    expect(defaultFinality({ chainId: 1234n, finality })).to.deep.equal(finality);
    expect(defaultFinality({ chainId: 31337n, finality })).to.deep.equal(finality);
    expect(defaultFinality({ chainId: 1234n })).to.deep.equal(FINALIZED);
    expect(defaultFinality({ chainId: 31337n })).to.deep.equal({ kind: "confirmations", blocks: 0 });
  });
});
