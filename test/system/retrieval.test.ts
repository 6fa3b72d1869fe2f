import { join } from "node:path";
import { openFileBlobStore } from "@keyquorum/blobs/node";
import { createClient, type KeyquorumClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { waitFor } from "@keyquorum/cluster";
import { type ProxyMode, startTcpProxy, type TcpProxy } from "@keyquorum/testing";
import { type DocumentId, KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { replaceBlocksFrom } from "./support/replaceBlocks.ts";
import { lacksAnvil, withCluster } from "./support/withCluster.ts";

/** The code that `work` is refused with. */
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof KeyquorumError) return error.code;
    throw error;
  }
  return "no error";
};

/** Milliseconds: ends what hangs. A busy machine takes long for what an idle one does at once. */
const PATIENT = 300_000;

describe("retrieval at n = 5, t = 2, under faults", () => {
  const endpoints = new Map<number, TcpProxy>();
  const rpcs = new Map<number, TcpProxy>();
  const people: { alice?: KeyquorumClient; bob?: KeyquorumClient; mallory?: KeyquorumClient } = {};
  const text = "the well is behind the third oak";
  let document: DocumentId;

  const held = withCluster(
    {
      keepers: 5,
      threshold: 2,
      confirmations: 2,
      endpointOf: async (slot, port) => {
        const proxy = await startTcpProxy(port);
        endpoints.set(slot, proxy);
        return proxy.url;
      },
      rpcUrlOf: async (slot) => {
        const proxy = await startTcpProxy(Number(new URL(held.chain.rpcUrl).port));
        rpcs.set(slot, proxy);
        return proxy.url;
      },
    },
    async (cluster) => {
      const blobs = await openFileBlobStore(join(held.directory, "blobs"));
      for (const [index, name] of (["alice", "bob", "mallory"] as const).entries())
        people[name] = createClient({
          signer: cluster.chain.account(index + 1),
          deployment: cluster.deployment,
          blobs,
          cipher: nodeChunkCipher,
        });
      document = await publish(text);
      await person("alice").grant(document, await person("bob").address());
    },
  );
  after(async () => {
    for (const proxy of [...endpoints.values(), ...rpcs.values()]) await proxy.close();
  });
  afterEach(async () => {
    for (const proxy of [...endpoints.values(), ...rpcs.values()]) proxy.set({ kind: "pass" });
    for (const keeper of held.cluster.keepers) if (!keeper.process().isRunning()) await keeper.start();
  });

  const person = (name: keyof typeof people): KeyquorumClient => {
    const found = people[name];
    if (found === undefined) throw new Error(`${name} is not there yet`);
    return found;
  };
  const publish = async (content: string): Promise<DocumentId> => {
    const alice = person("alice");
    return (await alice.publish(await alice.encryptDocument(content))).document;
  };
  const inject = (slots: readonly number[], mode: ProxyMode): void => {
    for (const slot of slots) endpoints.get(slot)?.set(mode);
  };
  const met = (slot: number, kind: ProxyMode["kind"]): number => endpoints.get(slot)?.met(kind) ?? 0;

  it("reads by HTTP and on chain when all is well", async () => {
    expect(await (await person("bob").requestOffChain(document)).text()).to.equal(text);
    const read = await person("bob").requestOnChain(document);
    expect(await read.text()).to.equal(text);
    const { shareRequests } = held.cluster.contracts;
    expect(await shareRequests.queryFilter(shareRequests.filters.ShareAnswered(read.report.requestId))).to.have.length(3);
  });

  for (const mode of [
    { kind: "refuse" },
    { kind: "blackHole" },
    { kind: "delay", milliseconds: 20_000 },
    { kind: "dribble", milliseconds: 400 },
  ] as const satisfies readonly ProxyMode[])
    it(`reads by HTTP while two keepers ${mode.kind}`, async () => {
      inject([1, 4], mode);
      const read = await person("bob").requestOffChain(document);
      expect(await read.text()).to.equal(text);
      expect([...read.report.used].sort()).to.deep.equal([2, 3, 5]);
      expect(met(1, mode.kind) + met(4, mode.kind), "the control: the fault was met").to.be.greaterThan(0);
    });

  it("reads both ways while two keepers are killed", async () => {
    for (const slot of [2, 5]) await held.cluster.keeper(slot).process().kill();
    expect(await (await person("bob").requestOffChain(document)).text()).to.equal(text);
    expect(await (await person("bob").requestOnChain(document)).text()).to.equal(text);
  });

  it("names a lying keeper, and reads without it", async () => {
    const liar = held.cluster.keeper(3);
    await liar.process().stop();
    await liar.start({ extensions: ["@keyquorum/testing/lyingKeeper"] });
    inject([1], { kind: "refuse" });
    // It has just started: until it has caught up it refuses, which is no lie.
    await waitFor(
      "the lie is named",
      async (saw) => {
        const read = await person("bob").requestOffChain(document, { timeoutMs: PATIENT, policy: { spare: 5, settleMs: PATIENT } });
        expect(await read.text()).to.equal(text);
        expect(read.report.used).not.to.include(3);
        const code = read.report.failed.find(({ slot }) => slot === 3)?.code ?? "";
        return /^INVALID/.test(code) || saw(code);
      },
      held,
    );
    expect(await (await person("bob").requestOnChain(document)).text()).to.equal(text);
    await liar.process().stop();
    await liar.start({ extensions: [] });
  });

  it("says unavailable, not denied, when too few keepers can be reached", async () => {
    inject([1, 2, 3], { kind: "refuse" });
    try {
      await person("bob").requestOffChain(document, { timeoutMs: 6_000 });
      expect.fail("it must fail");
    } catch (error) {
      if (!(error instanceof KeyquorumError)) throw error;
      expect(error.code).to.not.equal("ACCESS_DENIED");
      expect(error.retryable).to.equal(true);
    }
  });

  it("says denied to Mallory, both ways", async () => {
    expect(await codeOf(person("mallory").requestOffChain(document))).to.equal("ACCESS_DENIED");
    expect(await codeOf(person("mallory").requestOnChain(document))).to.equal("ACCESS_DENIED");
  });

  it("a revocation acts at once, a new grant after finality", async () => {
    const mine = await publish("short-lived");
    const bob = await person("bob").address();
    await person("alice").grant(mine, bob);
    expect(await (await person("bob").requestOffChain(mine)).text()).to.equal("short-lived");
    await person("alice").revoke(mine, bob);
    expect(await codeOf(person("bob").requestOffChain(mine))).to.equal("ACCESS_DENIED");
  });

  it("attack 9: a reorg that removes the grant leaves nothing permitted", async function () {
    if (lacksAnvil()) return this.skip();
    const mine = await publish("granted on a branch that dies");
    const bob = await person("bob").address();
    const { blockNumber } = await person("alice").grant(mine, bob);
    await replaceBlocksFrom(held.chain, blockNumber);
    const { accessGrants } = held.cluster.contracts;
    expect(await accessGrants.checkPermissions(bob, mine), "the control: the grant is gone").to.equal(false);
    expect(await codeOf(person("bob").requestOffChain(mine))).to.equal("ACCESS_DENIED");
    resetNonces();
    await person("alice").grant(mine, bob);
    expect(await (await person("bob").requestOffChain(mine)).text()).to.equal("granted on a branch that dies");
  });

  it("a reorg that removes a publication: it is published again and read", async function () {
    if (lacksAnvil()) return this.skip();
    const [alice, bob] = [person("alice"), person("bob")];
    const encrypted = await alice.encryptDocument("published twice");
    const { document: mine, transaction } = await alice.publish(encrypted);
    await replaceBlocksFrom(held.chain, transaction.blockNumber);
    const { owner } = await held.cluster.contracts.documentRegistry.documentOf(mine);
    expect(BigInt(owner), "the control: the publication is gone").to.equal(0n);
    resetNonces();
    expect((await alice.publish(encrypted)).document).to.equal(mine);
    await alice.grant(mine, await bob.address());
    expect(await (await bob.requestOffChain(mine)).text()).to.equal("published twice");
  });

  it("a reorg that removes a request: the reader is told to ask again, and is served", async function () {
    if (lacksAnvil()) return this.skip();
    const { shareRequests } = held.cluster.contracts;
    let removed = "";
    const outcome = await person("bob")
      .requestOnChain(document, {
        onEvent: (event) => {
          if (event.kind !== "requested" || removed !== "") return;
          removed = event.requestId;
          void replaceBlocksFrom(held.chain, event.transaction.blockNumber);
        },
      })
      .then(
        (read) => read.text(),
        (error: unknown) => {
          if (error instanceof KeyquorumError) return error.code;
          throw error;
        },
      );
    expect(outcome).to.equal("UNAVAILABLE");
    expect(await shareRequests.statusOf(removed), "the control: the request is gone").to.equal(0n);
    resetNonces();
    expect(await (await person("bob").requestOnChain(document)).text()).to.equal(text);
  });

  it("an RPC outage of two keepers is not felt; of all it is unavailable; afterwards all serve", async () => {
    for (const slot of [1, 2]) rpcs.get(slot)?.set({ kind: "blackHole" });
    expect(await (await person("bob").requestOffChain(document, { timeoutMs: PATIENT, policy: { attempts: 20 } })).text()).to.equal(text);
    for (const proxy of rpcs.values()) proxy.set({ kind: "refuse" });
    const code = await codeOf(person("bob").requestOffChain(document, { timeoutMs: 6_000 }));
    expect(code).to.not.equal("ACCESS_DENIED");
    expect(code).to.not.equal("no error");
    for (const proxy of rpcs.values()) proxy.set({ kind: "pass" });
    expect(
      [...rpcs.values()].some((proxy) => proxy.met("refuse") > 0),
      "the control: the outage was met",
    ).to.equal(true);
    const read = await waitFor(
      "all serve again",
      (saw) => person("bob").requestOffChain(document, { timeoutMs: PATIENT }).catch(saw), // a keeper asks a node that failed only now and then
      held,
    );
    expect(await read.text()).to.equal(text);
  });

  /** After a reorg the development accounts' next nonce is the chain's again. */
  const resetNonces = (): void => {
    for (const index of [0, 1, 2, 3]) {
      const account = held.chain.account(index);
      if ("reset" in account && typeof account.reset === "function") account.reset();
    }
  };
});
