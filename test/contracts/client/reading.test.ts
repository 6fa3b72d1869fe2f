import type { ClientOptions, KeyquorumClient } from "@keyquorum/client";
import { expect } from "chai";
import { JsonRpcProvider, Network, Wallet } from "ethers";
import { network } from "hardhat";
import { createPublicClient, createWalletClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { rollDice } from "../../random/dice.ts";
import { codeOf } from "./clientFixture.ts";
import { type Readers, startReaders } from "./readingFixture.ts";

const dice = rollDice("contracts/client/reading");
const { ethers } = await network.create();
const TEXT = "the well is behind the third oak";
const refused = { error: { code: -32000, message: "block range is too large" } };
const rejected = { error: { code: -32000, message: "contract creation is not simulated here" } };

describe("client: what reading asks the chain", () => {
  let world: Readers;
  const providers: JsonRpcProvider[] = [];
  const readerKey = dice.hex(32);
  before(async () => {
    world = await startReaders(ethers);
  });
  beforeEach(() => world.rpc.reset());
  after(async () => {
    for (const provider of providers) provider.destroy();
    await world.stop();
  });

  const byEthers = (options: Partial<ClientOptions> = {}): KeyquorumClient => {
    const chain = new Network("test", world.deployment.chainId);
    const provider = new JsonRpcProvider(world.rpc.url, chain, { staticNetwork: true, cacheTimeout: -1 }); // the test counts
    providers.push(provider);
    return world.clientOf({ provider, signer: new Wallet(readerKey, provider), finality: { kind: "finalized" }, ...options });
  };
  const byViem = (options: Partial<ClientOptions> = {}): KeyquorumClient => {
    const transport = http(world.rpc.url, { batch: true });
    const signer = createWalletClient({ account: privateKeyToAccount(readerKey as `0x${string}`), transport });
    return world.clientOf({ provider: createPublicClient({ transport }), signer, finality: { kind: "finalized" }, ...options });
  };
  const publish = async (versionOf?: Parameters<KeyquorumClient["versions"]>[0]) => {
    const { asAlice, keyId } = world;
    const options = versionOf === undefined ? { keyId } : { versionOf: versionOf as never };
    return asAlice.publish(await asAlice.encryptDocument(TEXT, options));
  };
  /** What the node was asked since the last reset: the methods of each HTTP request, sorted. */
  const asked = (): readonly string[] => {
    const shown = world.rpc.state.requests.map((methods) => [...methods].sort().join(" "));
    world.rpc.reset();
    return shown;
  };
  const read = async (client: KeyquorumClient, source: Parameters<KeyquorumClient["requestOffChain"]>[0]) =>
    (await client.requestOffChain(source)).text();
  const FIRST = "eth_call eth_call eth_call eth_chainId eth_getBlockByNumber eth_getBlockByNumber eth_getLogs";
  const NEXT = "eth_call eth_call eth_getBlockByNumber eth_getBlockByNumber";

  for (const [name, make] of Object.entries({ ethers: byEthers, viem: byViem })) {
    describe(`by ${name}`, () => {
      it("a first request should be one batch: chain id, code, document, key, committee and event", async () => {
        const { document } = await publish();
        const bob = make();
        world.rpc.reset();
        expect(await read(bob, document)).to.equal(TEXT);
        expect(asked()).to.deep.equal([FIRST]);
        expect(await read(bob, document)).to.equal(TEXT);
        expect(asked(), "again: what may have changed, and no event").to.deep.equal([NEXT]);
      });

      it("where the newest block is final, it should be less: nothing is asked about finality", async () => {
        const { document } = await publish();
        const bob = make({ finality: { kind: "confirmations", blocks: 0 } });
        expect(await read(bob, document)).to.equal(TEXT);
        expect(asked().at(-1)).to.equal("eth_call eth_call eth_chainId eth_getLogs");
        expect(await read(bob, document)).to.equal(TEXT);
        expect(asked()).to.deep.equal(["eth_call"]);
      });
    });
  }

  it("connections to the node and to keepers should be kept", async () => {
    const { document } = await publish();
    const bob = byEthers();
    world.rpc.state.connections.clear();
    for (let i = 0; i < 4; i += 1) await read(bob, document);
    expect(world.rpc.state.connections.size).to.equal(1);
  });

  it("where the node refuses to search all blocks, the event should be found by its time, and the search not be put again", async () => {
    for (let i = 0; i < 40; i += 1) await ethers.provider.send("hardhat_mine", ["0x32", "0xc"]);
    const { document } = await publish();
    for (let i = 0; i < 40; i += 1) await ethers.provider.send("hardhat_mine", ["0x32", "0xc"]);
    const bob = byEthers();
    const ranges: number[] = [];
    world.rpc.state.instead = async (method, [filter]) => {
      if (method !== "eth_getLogs") return undefined;
      const { fromBlock, toBlock } = filter as { readonly fromBlock: string; readonly toBlock: string };
      ranges.push(Number(toBlock) - Number(fromBlock) + 1);
      return Number(toBlock) - Number(fromBlock) < 10 ? undefined : refused;
    };
    expect(await read(bob, document)).to.equal(TEXT);
    expect(ranges.filter((range) => range === 10)).to.have.length(1);
    const requests = world.rpc.state.requests.length;
    expect(requests, "batches of headers, not ranges of logs").to.be.lessThan(9);
    const another = await publish();
    const before = world.rpc.state.requests.flat().filter((method) => method === "eth_getLogs").length;
    expect(await read(bob, another.document)).to.equal(TEXT);
    expect(world.rpc.state.requests.flat().filter((method) => method === "eth_getLogs")).to.have.length(before + 1);
  });

  it("where the node does not take joined questions, the same should be read one by one", async () => {
    const { document } = await publish();
    const bob = byEthers();
    world.rpc.state.instead = async (method, [call]) =>
      method === "eth_call" && (call as { readonly to?: string }).to === undefined ? rejected : undefined;
    expect(await read(bob, document)).to.equal(TEXT);
  });

  it("a further version, a rollback and a withdrawal should count in the next request", async () => {
    const { document } = await publish();
    const bob = byEthers();
    const current = async () => (await bob.describe(document)).published?.version;
    expect([await read(bob, document), await current()]).to.deep.equal([TEXT, 1]);
    const second = await publish(document);
    expect([await read(bob, document), await current()]).to.deep.equal([TEXT, 2]);
    await world.asAlice.rollBack(document, 1);
    expect([await read(bob, document), await current()]).to.deep.equal([TEXT, 1]);
    await world.asAlice.withdraw(document, 1);
    expect([await read(bob, document), await current()]).to.deep.equal([TEXT, second.version]);
    expect(await codeOf(() => read(bob, { document, version: 1 }))).to.equal("UNKNOWN_DOCUMENT");
    await world.asAlice.withdraw(document, 2);
    expect(await codeOf(() => read(bob, document))).to.equal("UNKNOWN_DOCUMENT");
    expect(await codeOf(() => read(bob, `0x${"77".repeat(32)}`))).to.equal("UNKNOWN_DOCUMENT");
  });

  it("a node that names another ciphertext, in the same batch, should be found out (attack)", async () => {
    const [mine, other] = [await publish(), await publish()];
    const bob = byEthers();
    world.rpc.state.instead = async (method, [filter]) => {
      if (method !== "eth_getLogs") return undefined;
      const { topics, ...rest } = filter as { readonly topics: readonly string[] };
      const logs = await ethers.provider.send("eth_getLogs", [{ ...rest, topics: [topics[0], other.document] }]);
      return { result: logs };
    };
    expect(await codeOf(() => read(bob, mine.document))).to.equal("UNKNOWN_DOCUMENT");
    world.rpc.reset();
    expect(await read(bob, mine.document), "and nothing of it should be kept").to.equal(TEXT);
  });

  it("a node of another chain should be refused, whatever else is in its batch", async () => {
    const { document } = await publish();
    const bob = byEthers();
    world.rpc.state.instead = async (method) => (method === "eth_chainId" ? { result: "0x1" } : undefined);
    expect(await codeOf(() => read(bob, document))).to.equal("WRONG_CHAIN");
  });

  it("after a reshare, the next request should be in the new epoch, and one that was begun before should look once more", async () => {
    const { document } = await publish();
    const bob = byEthers();
    const epochOf = async () => (await bob.requestOffChain(document)).report.epoch;
    expect(await epochOf()).to.equal(1);
    let moved: Promise<unknown> | undefined;
    const looks: string[] = [];
    const { report } = await bob.requestOffChain(document, {
      onEvent: ({ kind }) => {
        if (kind === "reshared") looks.push(kind);
        // The committee of the former epoch ends between the client's look and its answers.
        if (kind === "signing") moved ??= Promise.all(world.keepers.map((keeper) => keeper.stop())).then(() => world.reshare());
      },
      policy: { attempts: 4, retryMs: 300 },
    });
    await moved;
    expect([report.epoch, looks]).to.deep.equal([2, ["reshared"]]);
    expect(await epochOf()).to.equal(2);
  });
});
