import { waitFor } from "@keyquorum/cluster";
import { silentLogger, systemClock } from "@keyquorum/keeper";
import { createSigningAgent } from "@keyquorum/parity";
import { expect } from "chai";
import { type HDNodeWallet, parseEther, type Wallet } from "ethers";
import { commitmentsBrokenBy } from "../../scripts/demo/parityReader.ts";
import { parityModulesOf } from "../../scripts/demo/parityWorld.ts";
import {
  createOceanClient,
  failureOf,
  keyServerOf,
  OCEAN_KEYS,
  OCEAN_PASSWORD,
  type OceanClient,
  openOceanKeystore,
  publishPatiently,
  serverKeyIdOf,
} from "./support/oceanClient.ts";
import { deployOceanContracts, type OceanContracts } from "./support/oceanContracts.ts";
import { withCluster } from "./support/withCluster.ts";

const FINALITY = 2;
/** Blocks are looked at so often at least, in milliseconds (D76). */
const LOOK = 300;

for (const { keepers, threshold } of [
  { keepers: 3, threshold: 1 },
  { keepers: 5, threshold: 2 },
])
  describe(`Ocean's client over ${keepers} keepers, t = ${threshold}, and Ocean's contracts decide`, () => {
    const extensions: Record<number, readonly unknown[]> = {};
    let ocean: OceanContracts;
    let agent: Awaited<ReturnType<typeof createSigningAgent>>;
    let parityUri: string;
    let people: readonly (Wallet | HDNodeWallet)[];

    const held = withCluster(
      { keepers, threshold, confirmations: FINALITY, extensions },
      async () => {
        agent = await createSigningAgent({
          ...{ keys: OCEAN_KEYS, host: "127.0.0.1", port: 0, chainId: 31_337n, version: "0", clock: systemClock, log: silentLogger },
        });
        parityUri = await agent.listen();
        people = await Promise.all(["account1.json", "account2.json", "test_account01.json"].map(openOceanKeystore));
        await untilFinal(); // the epoch that they generate in
        for (const { slot } of held.cluster.keepers) await ready(slot);
        for (const { address } of people) await held.chain.send("anvil_setBalance", [address, `0x${parseEther("10").toString(16)}`]);
      },
      async (chain) => {
        ocean = await deployOceanContracts(chain, chain.account(9));
        const modules = await parityModulesOf({ ocean });
        for (let slot = 1; slot <= keepers; slot += 1) extensions[slot] = modules;
        return chain;
      },
    );
    after(() => agent?.close());

    const person = (index: number) => (people[index] as Wallet).connect(held.chain.provider);
    const keyServerAt = (slot: number): string => keyServerOf(held.cluster.keeper(slot));
    const clientAt = (slot: number, index = 0): OceanClient =>
      createOceanClient({
        secretStoreUri: keyServerAt(slot),
        parityUri,
        address: person(index).address,
        password: OCEAN_PASSWORD,
        threshold,
      });
    const publish = (name: string, document: object | string) => publishPatiently(clientAt(1), `${name} of ${keepers}`, document);
    const ready = async (slot: number): Promise<void> => {
      const { url } = held.cluster.keeper(slot);
      const isReady = async () => (await fetch(`${url}/readyz`)).status === 200;
      await waitFor(`keeper ${slot} is ready`, isReady, { chain: held.chain });
    };
    /** Until what is on chain now is final, and every keeper's last look is younger. */
    const untilFinal = async (): Promise<void> => {
      for (let block = 0; block <= FINALITY; block += 1) await held.chain.send("evm_mine", []);
      await systemClock.sleep(LOOK);
    };
    const final = async (sent: Promise<{ readonly wait: () => Promise<unknown> }>): Promise<void> => {
      await (await sent).wait();
      await untilFinal();
    };
    const asAlice = (contract: OceanContracts[keyof OceanContracts]) => contract.connect(person(0)) as typeof contract;

    it("denies before the DID is registered, answers its owner, a consumer with permission until it is renounced, and no stranger", async () => {
      const document = { files: ["https://example.com/data.csv"] };
      const { id, encrypted } = await publish("did", document);
      const did = `0x${id}`;
      expect(await failureOf(clientAt(1).decryptDocument(id, encrypted)), "no DID").to.match(/Forbidden$/);

      await final(asAlice(ocean.didRegistry).getFunction("registerAttribute")(did, `0x${"00".repeat(32)}`, [], "https://example.com/ddo"));
      for (let slot = 1; slot <= keepers; slot += 1)
        expect(await clientAt(slot).decryptDocument(id, encrypted), `the owner, through keeper ${slot}`).to.deep.equal(document);
      expect(await failureOf(clientAt(2, 1).decryptDocument(id, encrypted)), "a consumer before").to.match(/Forbidden$/);

      const consumer = person(1).address;
      await final(asAlice(ocean.access).getFunction("grantPermission")(consumer, did));
      expect(await clientAt(keepers, 1).decryptDocument(id, encrypted), "a consumer").to.deep.equal(document);
      expect(await failureOf(clientAt(2, 2).decryptDocument(id, encrypted)), "a stranger").to.match(/Forbidden$/);

      await final(asAlice(ocean.access).getFunction("renouncePermission")(consumer, did));
      expect(await failureOf(clientAt(2, 1).decryptDocument(id, encrypted)), "renounced").to.match(/Forbidden$/);
      expect(await clientAt(2).decryptDocument(id, encrypted)).to.deep.equal(document);
    });

    it("reads without a keeper that was killed, generates nothing without it, and both again when it is back", async () => {
      const { id, encrypted } = await publish("down", "kept");
      await final(asAlice(ocean.didRegistry).getFunction("registerAttribute")(`0x${id}`, `0x${"00".repeat(32)}`, [], ""));
      await held.cluster.keeper(keepers).process().kill();
      expect(await clientAt(1).decryptDocument(id, encrypted)).to.equal("kept");
      const next = serverKeyIdOf(`next of ${keepers}`);
      expect(await failureOf(clientAt(1).encryptDocument(next, "x"))).to.match(/Internal Server Error/);
      await held.cluster.keeper(keepers).start();
      await ready(keepers);
      expect(await clientAt(keepers).decryptDocument(id, encrypted), "through the one that was away").to.equal("kept");
      expect((await publish("back", "x")).encrypted).to.match(/^(0x)?[0-9a-f]+$/);
    });

    it("drops and names a keeper that lies in its part; of one that lies in its mask the old client reads noise, and the commitments name it", async () => {
      const LIAR = 2;
      const { id, encrypted } = await publish("lies", "kept");
      await final(asAlice(ocean.didRegistry).getFunction("registerAttribute")(`0x${id}`, `0x${"00".repeat(32)}`, [], ""));
      const restart = async (lie?: "point" | "mask"): Promise<void> => {
        await held.cluster.keeper(LIAR).process().stop();
        const changes = { extensions: await parityModulesOf({ ocean }, lie) };
        await held.cluster.keeper(LIAR).start(changes);
        await ready(LIAR);
      };
      await restart("point");
      expect(await clientAt(1).decryptDocument(id, encrypted)).to.equal("kept");
      const { logs } = held.cluster.keeper(1).process();
      const named = logs.filter(({ msg }) => msg.startsWith("A member is dropped"));
      expect(named.at(-1)).to.include({ slot: LIAR, reason: "BAD_PROOF" });

      await restart("mask");
      expect(await clientAt(1).decryptDocument(id, encrypted), "nobody can see it in the old formats").not.to.equal("kept");
      const reader = { keeper: held.cluster.keeper(1), id, secret: person(0).privateKey };
      expect(await commitmentsBrokenBy(reader)).to.deep.equal([LIAR]);
      await restart();
      expect(await clientAt(1).decryptDocument(id, encrypted)).to.equal("kept");
      expect(await commitmentsBrokenBy(reader)).to.deep.equal([]);
    });

    it("says in status and metrics what it serves, and in no line or metric a signature", async () => {
      const keeper = held.cluster.keeper(1);
      const status = (await (await fetch(`${keeper.url}/status`)).json()) as { readonly extensions: { readonly parity: object } };
      expect(status.extensions.parity)
        .to.deep.include({ url: keyServerAt(1) })
        .and.to.have.property("serverKeys");
      const metrics = await (await fetch(`${keeper.url}/metrics`)).text();
      expect(metrics).to.match(/keeper_parity_requests_total\{route="shadow_retrieve|keeper_parity_requests_total\{/);
      const signature = person(0)
        .signingKey.sign(`0x${serverKeyIdOf(`did of ${keepers}, attempt 1`)}`)
        .r.slice(2);
      for (const { process } of held.cluster.keepers) expect(process().output()).not.to.include(signature);
      expect(metrics).not.to.include(signature);
    });
  });
