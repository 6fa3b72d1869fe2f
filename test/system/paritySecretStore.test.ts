import { contractWalletSigner } from "@keyquorum/client";
import { type Saw, waitFor } from "@keyquorum/cluster";
import { silentLogger, systemClock } from "@keyquorum/keeper";
import { createSigningAgent } from "@keyquorum/parity";
import { checkHolderEvidence, createSecretStore } from "@keyquorum/parity/library";
import { hexToBytes } from "@keyquorum/wire";
import { expect } from "chai";
import { getBytes, type HDNodeWallet, parseEther, type Signer, type Wallet } from "ethers";
import { commitmentsBrokenBy } from "../../scripts/demo/parityReader.ts";
import { parityModulesOf, untilReady } from "../../scripts/demo/parityWorld.ts";
import { OwnerWallet__factory } from "../../typechain-types/factories/contracts/mocks/Wallets.sol/OwnerWallet__factory.ts";
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
import {
  deployParityServices,
  eventsOf,
  PAID,
  type ParityServices,
  parityKeyOf,
  parityServicesAhead,
  publicKeyOf,
} from "./support/parityServices.ts";
import { dieAt, dyingModules, runServerKeyKills } from "./support/serverKeyKills.ts";
import { publishAndRead, sdkOf } from "./support/walletDocument.ts";
import { withCluster } from "./support/withCluster.ts";

const FINALITY = 2;
/** Blocks are looked at so often at least, in milliseconds (D76). */
const LOOK = 300;
/** A move of keys begins within 10 s; who does not begin it is waited for 30 s; sessions that wait are ended every 10 s. In blocks of 250 ms. */
const MOVE_BLOCKS = 1_200;

/** What a keeper's status says of keys that move. */
type MovesSeen = { readonly toMove: number; readonly moved: number; readonly left: number };

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
    let services: ParityServices;
    /** The options that name them. */
    let onChain: Awaited<ReturnType<typeof parityServicesAhead>>;

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
        services = await deployParityServices(held.chain, held.chain.account(8), held.cluster.deployment.contracts);
        for (const { address } of people) await held.chain.send("anvil_setBalance", [address, `0x${parseEther("10").toString(16)}`]);
      },
      async (chain) => {
        ocean = await deployOceanContracts(chain, chain.account(9));
        const [plain] = await parityModulesOf({ ocean });
        onChain = await parityServicesAhead(chain, chain.account(8));
        const module = { ...plain, options: { ...plain.options, ...onChain } };
        // They can be killed at a step, and are patient with busy machines; else they do what the product's module does, which the fifth has.
        for (let slot = 1; slot <= keepers; slot += 1)
          extensions[slot] = slot === 5 ? [module] : dyingModules(module.options, held.directory, slot);
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
    const allKeyServers = () => held.cluster.keepers.map(({ slot }) => keyServerAt(slot));
    const storeOf = (signer: Signer) => createSecretStore(sdkOf(held.cluster, signer), { keyServers: allKeyServers() });
    const publish = (name: string, document: object | string) => publishPatiently(clientAt(1), `${name} of ${keepers}`, document);
    const ready = (slot: number): Promise<unknown> => untilReady(held.cluster, held.chain, slot);
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

    it("answers Parity's services on chain: a key, its document key, the shadows for who may read, and nobody else", async () => {
      const { generation, retrieval, store, shadows } = services;
      const [alice, bob] = [person(0), person(1)];
      const id = `0x${serverKeyIdOf(`services of ${keepers}`)}`;
      const mined = async (sent: Promise<{ readonly wait: () => Promise<unknown> }>): Promise<void> => {
        const transaction = await sent;
        await held.chain.send("evm_mine", []);
        await transaction.wait();
      };
      const come = (contract: Parameters<typeof eventsOf>[0], name: string, about: readonly string[], wanted = 1) =>
        waitFor(`${wanted} ${name}`, () => eventsOf(contract, name, about, wanted), { chain: held.chain });

      await mined(generation.connect(alice).generateServerKey(id, threshold, PAID));
      const [generated] = await come(generation, "ServerKeyGenerated", [id]);
      const publicKey: string = generated?.args[1];
      await mined(retrieval.connect(bob).retrieveServerKey(id, PAID));
      const [retrieved] = await come(retrieval, "ServerKeyRetrieved(bytes32,bytes,uint256)", [id]);
      expect([retrieved?.args[1], retrieved?.args[2]]).to.deep.equal([publicKey, BigInt(threshold)]);

      const key = parityKeyOf(alice);
      const pair = await key.generateDocumentKey(getBytes(publicKey));
      const encrypted = await key.encrypt(pair.encryptedKey, Buffer.from(JSON.stringify("by contract")));
      await mined(store.connect(alice).storeDocumentKey(id, pair.commonPoint, pair.encryptedPoint, PAID));
      await come(store, "DocumentKeyStored", [id]);

      await mined(shadows.connect(bob).retrieveDocumentKeyShadow(id, publicKeyOf(bob), PAID));
      await come(shadows, "DocumentKeyShadowRetrievalError", [id, bob.address]);
      await final(asAlice(ocean.didRegistry).getFunction("registerAttribute")(id, `0x${"00".repeat(32)}`, [], ""));
      await mined(shadows.connect(alice).retrieveDocumentKeyShadow(id, publicKeyOf(alice), PAID));
      const parts = await come(shadows, "DocumentKeyPersonalRetrieved", [id, alice.address], threshold + 1);
      const [common] = await come(shadows, "DocumentKeyCommonRetrieved", [id, alice.address]);
      expect(new Set(parts.map(({ args }) => args[2])).size, "one decrypted secret").to.equal(1);
      const opened = await key.shadowDecrypt({
        ...{ decryptedSecret: getBytes(parts[0]?.args[2]), commonPoint: getBytes(common?.args[2]), document: encrypted },
        shadows: parts.map(({ args }) => getBytes(args[3])),
      });
      expect(Buffer.from(opened).toString()).to.equal('"by contract"');
      const hex = `0x${Buffer.from(encrypted).toString("hex")}`;
      expect(await clientAt(1).decryptDocument(id.slice(2), hex), "by Ocean's client").to.equal("by contract");
      expect(await shadows.documentKeyShadowRetrievalRequestsCount()).to.equal(0n);
    });

    it("opens by wallets what Ocean's client published, and by Ocean's client what a wallet did; a contract account reads, too", async () => {
      const document = { files: ["https://example.com/data.csv"] };
      const register = (id: string) =>
        final(asAlice(ocean.didRegistry).getFunction("registerAttribute")(id, `0x${"00".repeat(32)}`, [], ""));
      const grant = (to: string, id: string) => final(asAlice(ocean.access).getFunction("grantPermission")(to, id));
      const parsed = ({ content }: { readonly content: Uint8Array }): unknown => JSON.parse(new TextDecoder().decode(content));
      const codeOf = (work: Promise<unknown>) => work.then(String, ({ code }: { readonly code?: string }) => code);
      const [alice, bob] = [person(0), person(1)];

      const old = await publish("for wallets", document);
      await register(`0x${old.id}`);
      const read = await storeOf(alice).read(old.id, old.encrypted);
      expect([parsed(read), read.named, read.failures]).to.deep.equal([document, [], []]);
      expect(await codeOf(storeOf(bob).read(old.id, old.encrypted)), "a stranger").to.equal("ACCESS_DENIED");

      const account = await new OwnerWallet__factory(bob).deploy(bob.address);
      await account.waitForDeployment();
      const address = await account.getAddress();
      await grant(address, `0x${old.id}`);
      const contract = storeOf(contractWalletSigner({ address, owner: bob, provider: held.chain.provider }));
      expect(parsed(await contract.read(old.id, old.encrypted))).to.deep.equal(document);
      await final(account.setOwner(alice.address));
      expect(await codeOf(contract.read(old.id, old.encrypted)), "its owner was changed").to.equal("INVALID_SIGNATURE");

      const text = JSON.stringify(document);
      const made = await publishAndRead(held.cluster, { signer: alice, keyServers: allKeyServers(), text, permit: register });
      expect([parsed(made), made.named, made.serverKey.id]).to.deep.equal([document, [], made.id]);
      const hex = `0x${Buffer.from(made.encrypted).toString("hex")}`;
      expect(await clientAt(keepers).decryptDocument(made.id.slice(2), hex), "by Ocean's client").to.deep.equal(document);
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
        await held.cluster.keeper(LIAR).start(lie === undefined ? {} : { extensions: await parityModulesOf({ ocean }, lie) });
        await ready(LIAR);
      };
      const reader = { keeper: held.cluster.keeper(LIAR), id, secret: person(0).privateKey };
      try {
        await restart("point");
        // A busy machine may find it silent first. It is asked again then, a minute later.
        const isNamed = async (saw: Saw): Promise<boolean> => {
          expect(await clientAt(1).decryptDocument(id, encrypted)).to.equal("kept");
          const named = held.cluster
            .keeper(1)
            .process()
            .logs.findLast(({ msg, slot }) => msg.startsWith("A member is dropped") && slot === LIAR);
          saw(named);
          return named?.reason === "BAD_PROOF";
        };
        await waitFor("the liar is named by its proof", isNamed, { chain: held.chain });

        await restart("mask");
        // Asked itself, it is among the holders.
        expect(await clientAt(LIAR).decryptDocument(id, encrypted), "nobody can see it in the old formats").not.to.equal("kept");
        expect(await commitmentsBrokenBy(reader)).to.deep.equal([LIAR]);
        const keyServers = [keyServerAt(LIAR), keyServerAt(1)];
        const { content, named: liars } = await createSecretStore(sdkOf(held.cluster, person(0)), { keyServers }).read(id, encrypted);
        expect([JSON.parse(new TextDecoder().decode(content)), liars.map(({ slot, code }) => [slot, code])]).to.deep.equal([
          ...["kept", [[LIAR, "BAD_SHADOW"]]],
        ]);
        const evidence: unknown = JSON.parse(JSON.stringify(liars[0]?.evidence));
        expect(await checkHolderEvidence(sdkOf(held.cluster, person(1)), evidence), "to anybody").to.equal(true);
        expect(await checkHolderEvidence(sdkOf(held.cluster, person(1)), { ...(evidence as object), slot: 1 })).to.equal(false);
      } finally {
        await restart(); // whatever failed, the tests after this one have honest keepers
      }
      expect(await clientAt(1).decryptDocument(id, encrypted)).to.equal("kept");
      expect(await commitmentsBrokenBy(reader)).to.deep.equal([]);
    });

    if (keepers === 3)
      it("knows a server key everywhere or nowhere, and loses no document key, where members are killed at some step", async () => {
        const points = [
          { slot: 2, step: "verdict", when: "after" },
          { slot: 1, step: "confirm", when: "after" },
          { slot: 3, step: "store", when: "after" },
        ] as const;
        const permit = (id: string) =>
          final(asAlice(ocean.didRegistry).getFunction("registerAttribute")(`0x${id}`, `0x${"00".repeat(32)}`, [], ""));
        const secret = hexToBytes(person(0).privateKey, 32);
        const report = await runServerKeyKills(held.cluster, { directory: held.directory, points, threshold, secret, permit });
        expect([report.violations, report.kills]).to.deep.equal([[], points.length]);
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

    if (keepers === 3)
      it("moves every key to the next epoch by itself, for all or none where a member is killed in the middle; who was removed is left nothing", async () => {
        const [gone, joiner, victim] = [3, 4, 2];
        const members = [1, victim, joiner];
        const document = { files: ["https://example.com/moves.csv"] };
        const { id, encrypted } = await publish("moves", document);
        await final(asAlice(ocean.didRegistry).getFunction("registerAttribute")(`0x${id}`, `0x${"00".repeat(32)}`, [], ""));
        const { publicKey } = await storeOf(person(0)).serverKey(id);
        const parityAt = async (slot: number) => {
          const status = await (await fetch(`${held.cluster.keeper(slot).url}/status`)).json();
          return (status as { readonly extensions: { readonly parity: { readonly serverKeys: number; readonly moves?: MovesSeen } } })
            .extensions.parity;
        };

        const [plain] = await parityModulesOf({ ocean });
        extensions[joiner] = dyingModules({ ...plain.options, ...onChain }, held.directory, joiner);
        await held.cluster.addKeepers(1);
        await dieAt(held.directory, { slot: victim, step: "confirm", when: "after" });
        await (await held.cluster.contracts.keeperRegistry.removeKeeper(gone)).wait();
        const epoch = await held.cluster.openEpoch({ members });
        const killed = held.cluster.keeper(victim).process();
        await waitFor("a member is killed while a key moves", async () => !killed.isRunning(), { chain: held.chain, blocks: MOVE_BLOCKS });
        expect(await killed.exited).to.equal("SIGKILL");
        for (const slot of [1, joiner])
          expect((await parityAt(slot)).moves?.moved ?? 0, "nobody was told of a key that is not there for all").to.equal(0);
        await held.cluster.keeper(victim).start();
        await ready(victim);

        for (const slot of [...members, gone])
          await waitFor(
            `keeper ${slot} has moved, or left, all of its keys`,
            async (saw) => {
              const { moves, serverKeys } = await parityAt(slot);
              saw({ moves, serverKeys });
              return moves !== undefined && moves.toMove + moves.left === 0 && (slot === gone) === (serverKeys === 0);
            },
            { chain: held.chain, blocks: MOVE_BLOCKS },
          );
        const metrics = await (await fetch(`${held.cluster.keeper(1).url}/metrics`)).text();
        expect(metrics)
          .to.match(/keeper_parity_server_keys_to_move 0\n/)
          .and.match(/keeper_parity_server_keys_left 0\n/);

        const store = createSecretStore(sdkOf(held.cluster, person(0)), { keyServers: members.map(keyServerAt) });
        const now = await store.serverKey(id, { publicKey });
        expect([now.publicKey, now.epoch, now.members]).to.deep.equal([publicKey, epoch, members]);
        for (const slot of members)
          expect(await clientAt(slot).decryptDocument(id, encrypted), `through keeper ${slot}`).to.deep.equal(document);
        expect(await failureOf(clientAt(gone).decryptDocument(id, encrypted)), "through who was removed").to.match(
          /Not Found|Forbidden|Internal/,
        );
        const { encrypted: fresh } = await publishPatiently(clientAt(joiner), "after the move", "x");
        expect(fresh, "and the new ones make new keys").to.match(/^(0x)?[0-9a-f]+$/);

        // Its keepers have brought the key server set to the new epoch meanwhile: the services ask those that joined.
        const { set, retrieval } = services;
        const isNew = async (saw: Saw): Promise<boolean> => {
          const seen = [await set.currentEpoch(), await set.migrationEpoch()].map(Number);
          saw(seen);
          return seen[0] === epoch;
        };
        await waitFor("the key server set is the new epoch's", isNew, { chain: held.chain, blocks: MOVE_BLOCKS });
        const operators = await Promise.all(members.map((slot) => held.cluster.contracts.keeperRegistry.operatorIn(epoch, slot)));
        expect([...(await set.getCurrentKeyServers())]).to.deep.equal(operators);
        await (await retrieval.connect(person(1)).retrieveServerKey(`0x${id}`, PAID)).wait();
        const [told] = await waitFor(
          "the new set tells the key",
          () => eventsOf(retrieval, "ServerKeyRetrieved(bytes32,bytes,uint256)", [`0x${id}`]),
          { chain: held.chain },
        );
        expect([told?.args[1], told?.args[2]]).to.deep.equal([publicKey, BigInt(threshold)]);
      });
  });
