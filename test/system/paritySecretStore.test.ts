import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { waitFor } from "@keyquorum/cluster";
import { silentLogger, systemClock } from "@keyquorum/keeper";
import { createSigningAgent } from "@keyquorum/parity";
import { expect } from "chai";
import { type HDNodeWallet, parseEther, Wallet } from "ethers";
import { deployOceanContracts, type OceanContracts } from "./support/oceanContracts.ts";
import { withCluster } from "./support/withCluster.ts";

const require = createRequire(import.meta.url);

/** Ocean's client, as it was published. */
type OceanClient = {
  readonly encryptDocument: (serverKeyId: string, document: unknown) => Promise<string>;
  readonly decryptDocument: (serverKeyId: string, encrypted: string) => Promise<unknown>;
};
const { default: SecretStore } = require("@oceanprotocol/secret-store-client") as {
  readonly default: new (settings: {
    readonly secretStoreUri: string;
    readonly parityUri: string;
    readonly address: string;
    readonly password: string;
    readonly threshold: number;
  }) => OceanClient;
};

/** Ocean's own keystores, and their password. */
const KEYS = join(dirname(require.resolve("@oceanprotocol/secret-store-client/package.json")), "barge/networks/spree/keys");
const PASSWORD = "secret";
const FINALITY = 2;
/** Blocks are looked at so often at least, in milliseconds (D76). */
const LOOK = 300;

const messageOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "it did not fail";
  } catch (error) {
    return (error as Error).message;
  }
};

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
      { keepers, confirmations: FINALITY, extensions },
      async () => {
        agent = await createSigningAgent({
          ...{ keys: KEYS, host: "127.0.0.1", port: 0, chainId: 31_337n, version: "0", clock: systemClock, log: silentLogger },
        });
        parityUri = await agent.listen();
        people = await Promise.all(["account1.json", "account2.json", "test_account01.json"].map(openKeystore));
        await untilFinal(); // the epoch that they generate in
        for (const { slot } of held.cluster.keepers) await ready(slot);
        for (const { address } of people) await held.chain.send("anvil_setBalance", [address, `0x${parseEther("10").toString(16)}`]);
      },
      async (chain) => {
        ocean = await deployOceanContracts(chain, chain.account(9));
        const options = { permissions: (await ocean.access.getAddress()).toLowerCase(), keyServer: { port: 0 } };
        for (let slot = 1; slot <= keepers; slot += 1) extensions[slot] = [{ module: "@keyquorum/parity/extension", options }];
        return chain;
      },
    );
    after(() => agent?.close());

    const openKeystore = async (file: string) => Wallet.fromEncryptedJson(await readFile(join(KEYS, file), "utf8"), PASSWORD);
    const person = (index: number) => (people[index] as Wallet).connect(held.chain.provider);
    /** Where a keeper's key server listens now: it takes any free port. */
    const keyServerAt = (slot: number): string => {
      const line = held.cluster
        .keeper(slot)
        .process()
        .logs.findLast(({ msg }) => msg === "The key server is listening");
      return String((line as { readonly url?: string } | undefined)?.url);
    };
    const clientAt = (slot: number, index = 0): OceanClient =>
      new SecretStore({ secretStoreUri: keyServerAt(slot), parityUri, address: person(index).address, password: PASSWORD, threshold });
    const idOf = (text: string): string => createHash("sha256").update(text).digest("hex");
    /** Members have 5 s for a generation: where the machine is too busy for that the client is told 500, and the next name is tried. */
    const publish = async (name: string, document: object | string): Promise<{ readonly id: string; readonly encrypted: string }> => {
      for (let attempt = 1; ; attempt += 1) {
        const id = idOf(`${name} of ${keepers}, attempt ${attempt}`);
        try {
          return { id, encrypted: await clientAt(1).encryptDocument(id, document) };
        } catch (error) {
          if (attempt === 5 || !(error instanceof Error) || !/Internal Server Error/.test(error.message)) throw error;
        }
      }
    };
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
      expect(await messageOf(clientAt(1).decryptDocument(id, encrypted)), "no DID").to.match(/Forbidden$/);

      await final(asAlice(ocean.didRegistry).getFunction("registerAttribute")(did, `0x${"00".repeat(32)}`, [], "https://example.com/ddo"));
      for (let slot = 1; slot <= keepers; slot += 1)
        expect(await clientAt(slot).decryptDocument(id, encrypted), `the owner, through keeper ${slot}`).to.deep.equal(document);
      expect(await messageOf(clientAt(2, 1).decryptDocument(id, encrypted)), "a consumer before").to.match(/Forbidden$/);

      const consumer = person(1).address;
      await final(asAlice(ocean.access).getFunction("grantPermission")(consumer, did));
      expect(await clientAt(keepers, 1).decryptDocument(id, encrypted), "a consumer").to.deep.equal(document);
      expect(await messageOf(clientAt(2, 2).decryptDocument(id, encrypted)), "a stranger").to.match(/Forbidden$/);

      await final(asAlice(ocean.access).getFunction("renouncePermission")(consumer, did));
      expect(await messageOf(clientAt(2, 1).decryptDocument(id, encrypted)), "renounced").to.match(/Forbidden$/);
      expect(await clientAt(2).decryptDocument(id, encrypted)).to.deep.equal(document);
    });

    it("reads without a keeper that was killed, generates nothing without it, and both again when it is back", async () => {
      const { id, encrypted } = await publish("down", "kept");
      await final(asAlice(ocean.didRegistry).getFunction("registerAttribute")(`0x${id}`, `0x${"00".repeat(32)}`, [], ""));
      await held.cluster.keeper(keepers).process().kill();
      expect(await clientAt(1).decryptDocument(id, encrypted)).to.equal("kept");
      const next = idOf(`next of ${keepers}`);
      expect(await messageOf(clientAt(1).encryptDocument(next, "x"))).to.match(/Internal Server Error/);
      await held.cluster.keeper(keepers).start();
      await ready(keepers);
      expect(await clientAt(keepers).decryptDocument(id, encrypted), "through the one that was away").to.equal("kept");
      expect((await publish("back", "x")).encrypted).to.match(/^(0x)?[0-9a-f]+$/);
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
        .signingKey.sign(`0x${idOf(`did of ${keepers}, attempt 1`)}`)
        .r.slice(2);
      for (const { process } of held.cluster.keepers) expect(process().output()).not.to.include(signature);
      expect(metrics).not.to.include(signature);
    });
  });
