import { join } from "node:path";
import { openFileBlobStore } from "@keyquorum/blobs/node";
import {
  contractWalletSigner,
  createClient,
  type KeyquorumClient,
  type RetrievalEvent,
  type RetrievedDocument,
  verifyReceipts,
  type WatchedEvent,
} from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { developmentKey } from "@keyquorum/cluster";
import { type DocumentId, KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { type Signer, Wallet, ZeroHash } from "ethers";
import { OwnerWalletFactory__factory } from "../../typechain-types/factories/contracts/mocks/Wallets.sol/OwnerWalletFactory__factory.ts";
import { KEEPERS_DO_NOT_CHALLENGE, withCluster } from "./support/withCluster.ts";

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

const PEOPLE = ["alice", "bob", "mallory", "carol", "dave"] as const;
type Person = (typeof PEOPLE)[number];

describe("access and reading, n = 4, t = 1", () => {
  const text = "the well is behind the third oak";
  let optimisticId: string | undefined;
  const people: Partial<Record<Person, KeyquorumClient>> = {};
  const accounts: Partial<Record<Person, string>> = {};
  let document: DocumentId;

  const clientOf = async (signer: Signer): Promise<KeyquorumClient> =>
    createClient({
      signer,
      deployment: held.cluster.deployment,
      blobs: await openFileBlobStore(join(held.directory, "blobs")),
      cipher: nodeChunkCipher,
      provider: held.chain.provider,
    });
  /** A plain account: a refused transaction takes no nonce. */
  const account = (index: number): Signer => new Wallet(developmentKey(index), held.chain.provider);
  const held = withCluster({ keepers: 4, threshold: 1, limits: KEEPERS_DO_NOT_CHALLENGE }, async () => {
    for (const [index, name] of PEOPLE.entries()) {
      people[name] = await clientOf(account(index + 1));
      accounts[name] = await people[name].address();
    }
    document = await publish();
  });

  const person = (name: Person): KeyquorumClient => {
    const found = people[name];
    if (found === undefined) throw new Error(`${name} is not there yet`);
    return found;
  };
  const address = (name: Person): string => accounts[name] ?? "";
  const publish = async (content = text): Promise<DocumentId> => {
    const alice = person("alice");
    return (await alice.publish(await alice.encryptDocument(content))).document;
  };
  const readBy = async (name: Person, id = document): Promise<string> => (await person(name).requestOffChain(id)).text();
  const makeLie = async (slot: number, lies: boolean): Promise<void> => {
    const keeper = held.cluster.keeper(slot);
    await keeper.process().stop();
    await keeper.start({ extensions: lies ? ["@keyquorum/testing/lyingKeeper"] : [] });
  };

  describe("grants", () => {
    it("a signed grant that mallory submits lets bob read, once", async () => {
      const mine = await publish();
      const signed = await person("alice").signGrant(mine, address("bob"), { deadline: new Date(Date.now() + 3_600_000) });
      const wire = JSON.parse(JSON.stringify(signed));
      const { grant } = await person("mallory").submitGrant(wire);
      expect(grant.reader).to.equal(address("bob"));
      expect(await readBy("bob", mine)).to.equal(text);
      await person("alice").revoke(mine, address("bob"));
      expect(await codeOf(person("mallory").submitGrant(wire))).to.equal("TRANSACTION_REFUSED");
      expect(await codeOf(readBy("bob", mine))).to.equal("ACCESS_DENIED");
    });

    it("a signed grant that mallory changed, or signed herself, is refused", async () => {
      const signed = await person("alice").signGrant(document, address("bob"));
      const changed = { ...signed, grant: { ...signed.grant, reader: address("mallory") } };
      expect(await codeOf(person("mallory").submitGrant(changed))).to.equal("INVALID_GRANT");
      const hers = await person("mallory").signGrant(document, address("mallory"));
      expect(await codeOf(person("mallory").submitGrant(hers))).to.equal("TRANSACTION_REFUSED");
    });

    it("a cancelled signed grant is void", async () => {
      const signed = await person("alice").signGrant(document, address("dave"));
      await person("alice").cancelSignedGrants(document, address("dave"));
      expect(await codeOf(person("dave").submitGrant(signed))).to.equal("TRANSACTION_REFUSED");
    });

    it("a signed grant for a document that is published nowhere records its owner first", async () => {
      const alice = person("alice");
      const encrypted = await alice.encryptDocument("never published");
      const parts: Uint8Array[] = [];
      for await (const part of encrypted.envelope) parts.push(part);
      const source = {
        envelope: () =>
          (async function* () {
            yield* parts;
          })(),
      };
      const signed = await alice.signGrant(encrypted.document, address("bob"), { salt: encrypted.salt, nonce: 0 });
      const submitted = await person("mallory").submitGrant(signed);
      expect(submitted.claim).to.not.equal(undefined);
      expect(await (await person("bob").requestOffChain(source)).text()).to.equal("never published");
    });

    it("an administrator grants and revokes; once dismissed, what it granted counts no more", async () => {
      const mine = await publish();
      await person("alice").appoint(mine, address("carol"));
      await person("carol").grantMany(mine, [address("bob"), { reader: address("dave"), until: new Date(Date.now() + 3_600_000) }]);
      expect(await readBy("bob", mine)).to.equal(text);
      await person("carol").revokeMany(mine, [address("dave")]);
      expect(await codeOf(readBy("dave", mine))).to.equal("ACCESS_DENIED");
      await person("alice").dismiss(mine, address("carol"));
      expect(await codeOf(readBy("bob", mine))).to.equal("ACCESS_DENIED");
    });

    it("a reader passes its permission on, and takes it back", async () => {
      const mine = await publish();
      await person("alice").grant(mine, address("bob"));
      await person("bob").delegate(mine, address("carol"));
      expect(await readBy("carol", mine)).to.equal(text);
      expect(await codeOf(person("carol").delegate(mine, address("dave")))).to.equal("TRANSACTION_REFUSED");
      await person("bob").endDelegation(mine, address("carol"));
      expect(await codeOf(readBy("carol", mine))).to.equal("ACCESS_DENIED");
    });

    it("lists what a reader may read now, and continues from a kept index", async () => {
      const eve = account(8);
      const reader = await clientOf(eve);
      const own = await reader.address();
      const [one, two, three] = [await publish("one"), await publish("two"), await publish("three")];
      for (const id of [one, two]) await person("alice").grant(id, own);
      await person("alice").grant(three, address("bob"));
      await person("alice").revoke(one, own);
      const { documents } = await reader.availableDocuments();
      expect(documents.map((available) => available.document)).to.deep.equal([two]);
      expect(documents[0]?.published?.version).to.equal(1);
      const kept = JSON.parse(JSON.stringify(await indexAfter(reader)));
      await person("bob").delegate(three, own);
      const index = await reader.documentIndex(undefined, { state: kept });
      const first = await reader.availableDocuments(undefined, { index, limit: 1 });
      expect(first.documents.map((available) => available.document)).to.deep.equal([three]);
      const second = await reader.availableDocuments(undefined, { index, ...(first.next === undefined ? {} : { after: first.next }) });
      expect(second.documents.map((available) => available.document)).to.deep.equal([two]);
      expect(second.next).to.equal(undefined);
    });
    const indexAfter = async (reader: KeyquorumClient) => {
      const index = await reader.documentIndex();
      await index.refresh();
      return index;
    };
  });

  describe("readers", () => {
    before(() => person("alice").grant(document, address("bob")));

    it("a session reads without the wallet, until it is ended", async () => {
      const session = await person("bob").openSession({ documents: [document], hours: 1 });
      const withoutWallet = await clientOf({
        provider: held.chain.provider,
        getAddress: () => Promise.reject(new Error("asked")),
      } as never);
      const read = await withoutWallet.requestOffChain(document, { session });
      expect(await read.text()).to.equal(text);
      expect(read.report.receipts[0]?.receipt.requester).to.equal(address("bob"));
      const other = await publish();
      expect(await codeOf(withoutWallet.requestOffChain(other, { session }))).to.equal("SESSION_OUT_OF_SCOPE");
      const again = await withoutWallet.importSession(JSON.parse(JSON.stringify(session.exportSecret())));
      expect(await (await withoutWallet.requestOffChain(document, { session: again })).text()).to.equal(text);
      await person("bob").endSessions();
      expect(await codeOf(withoutWallet.requestOffChain(document, { session }))).to.equal("SESSION_ENDED");
      const renewed = await person("bob").openSession({ owner: address("alice") });
      expect(await (await withoutWallet.requestOffChain(document, { session: renewed })).text()).to.equal(text);
    });

    it("a session of somebody who may not read reads nothing", async () => {
      const session = await person("mallory").openSession({ owner: address("alice") });
      expect(await codeOf(person("mallory").requestOffChain(document, { session }))).to.equal("ACCESS_DENIED");
    });

    it("a contract wallet is told to be deployed first (D61), and reads then (ERC-1271)", async () => {
      const owner = account(6);
      const factory = await new OwnerWalletFactory__factory(owner).deploy();
      await factory.waitForDeployment();
      const ownerAddress = await owner.getAddress();
      const wallet = await factory.addressOf(ownerAddress, ZeroHash);
      await person("alice").grant(document, wallet);
      const signer = contractWalletSigner({
        address: wallet,
        owner,
        provider: held.chain.provider,
        factory: await factory.getAddress(),
        factoryCalldata: factory.interface.encodeFunctionData("make", [ownerAddress, ZeroHash]),
      });
      const reader = await clientOf(signer);
      expect(await held.chain.provider.getCode(wallet)).to.equal("0x");
      expect(await codeOf(reader.requestOffChain(document))).to.equal("WALLET_NOT_DEPLOYED");
      await (await factory.make(ownerAddress, ZeroHash)).wait();
      expect(await (await reader.requestOffChain(document)).text()).to.equal(text);
      const thief = contractWalletSigner({ address: wallet, owner: account(3), provider: held.chain.provider });
      expect(await codeOf((await clientOf(thief)).requestOffChain(document))).to.equal("INVALID_SIGNATURE");
    });

    it("tells what happens, and watches it on chain", async () => {
      const events: RetrievalEvent["kind"][] = [];
      const stop = new AbortController();
      const seen: WatchedEvent[] = [];
      const watching = (async () => {
        for await (const event of person("alice").watch({ document, signal: stop.signal })) seen.push(event);
      })().catch((error: unknown) => {
        if (error !== stop.signal.reason) throw error;
      });
      await new Promise((resolve) => setTimeout(resolve, 500));
      await person("bob").requestOnChain(document, { onEvent: ({ kind }) => events.push(kind) });
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      stop.abort(new Error("enough"));
      await watching;
      expect([...new Set(events)]).to.deep.equal(["requested", "answered", "combined", "decrypting"]);
      expect(seen.map(({ name }) => name)).to.include.members(["SharesRequested", "ShareAnswered", "RequestServed"]);
    });
  });

  describe("receipts and faults", () => {
    const roots = async (): Promise<string> => held.cluster.contracts.keeperRegistry.committeeRootOf(1);

    it("receipts by HTTP verify offline, with a pinned committee, and on chain; a flipped digit is refused", async () => {
      const { report } = await person("bob").requestOffChain(document);
      const file = JSON.parse(JSON.stringify(await person("bob").exportReceipts(report)));
      const verified = await verifyReceipts(file);
      expect(verified).to.include({ trust: "file", requester: address("bob"), document, askedBy: "account", documentVersion: 1 });
      expect(verified.keepers.length).to.be.at.least(2);
      expect(verified.committeeRoot).to.equal(await roots());
      expect((await verifyReceipts(file, { committeeRoot: await roots() })).trust).to.equal("pinned");
      const confirmed = await person("alice").confirmReceipts(file);
      expect(confirmed.trust).to.equal("chain");
      const [first] = confirmed.keepers;
      expect(first !== undefined && "finalizedBlock" in first && first.finalizedBlock.number).to.be.a("number");
      const { signature } = file.answers[0].receipt;
      file.answers[0].receipt.signature = signature.replace(/.(?=.{4}$)/, (digit: string) => (digit === "0" ? "1" : "0"));
      expect(await codeOf(verifyReceipts(file))).to.equal("INVALID_RECEIPTS");
    });

    it("receipts on chain are the accepted answers", async () => {
      const { report } = await person("bob").requestOnChain(document);
      const file = JSON.parse(JSON.stringify(await person("bob").exportReceipts(report)));
      expect(await verifyReceipts(file)).to.include({ kind: "chain", trust: "file", requestId: report.requestId, askedBy: "transaction" });
      expect((await person("alice").confirmReceipts(file)).trust).to.equal("chain");
      file.answers[0].transaction = file.request.transaction;
      expect(await codeOf(person("alice").confirmReceipts(file))).to.equal("INVALID_RECEIPTS");
    });

    describe("while keeper 3 lies", () => {
      before(() => makeLie(3, true));
      after(() => makeLie(3, false));
      const failureOf = ({ report }: RetrievedDocument, slot: number) => report.failed.find((failure) => failure.slot === slot);

      it("its signed receipt for a wrong answer by HTTP convicts it, once", async () => {
        const read = await person("bob").requestOffChain(document, { policy: { spare: 4, settleMs: 10_000 } });
        expect(await read.text()).to.equal(text);
        const evidence = JSON.parse(JSON.stringify(failureOf(read, 3)?.evidence));
        const fault = await person("mallory").proveFault(evidence);
        expect(fault).to.include({ slot: 3, reason: "WRONG_CHALLENGE" });
        expect(await held.cluster.contracts.receiptFaults.faultsOf(3)).to.equal(1n);
        expect(await codeOf(person("mallory").proveFault(evidence))).to.equal("TRANSACTION_REFUSED");
        const honest = read.report.record;
        if (honest.kind !== "http") throw new Error("this was asked by HTTP");
        const slander = { ...evidence, answer: ((await person("bob").exportReceipts(read.report)) as { answers: unknown[] }).answers[0] };
        expect(await codeOf(person("mallory").proveFault(slander))).to.equal("NOTHING_TO_PROVE");
      });

      it("its wrong optimistic answer is survived, named and challenged", async () => {
        // Of two keepers that run, both are needed: the liar posts, and is found out, before a third one comes.
        for (const slot of [1, 2]) await held.cluster.keeper(slot).process().stop();
        let coming: Promise<unknown> | undefined;
        const onEvent = (event: RetrievalEvent): void => {
          if (event.kind === "rejected" && event.slot === 3) coming ??= held.cluster.keeper(1).start();
        };
        const read = await person("bob").requestOnChain(document, { mode: "optimistic", onEvent });
        await coming;
        await held.cluster.keeper(2).start();
        expect(await read.text()).to.equal(text);
        expect(read.report.used).to.deep.equal([1, 4]);
        optimisticId = read.report.requestId;
        const evidence = failureOf(read, 3)?.evidence;
        if (evidence?.format !== "keyquorum-posted-fault") throw new Error("there is no evidence against keeper 3");
        const [offer] = read.report.challenges ?? [];
        expect([offer?.slot, offer?.evidence]).to.deep.equal([3, evidence]);
        expect(Number(offer?.gas), "an estimate").to.be.within(60_000, 300_000);
        expect(await person("mallory").challenge(evidence)).to.include({ slot: 3, reason: "WRONG_CHALLENGE" });
        expect(await held.cluster.contracts.optimisticRequests.faultsOf(3)).to.equal(1n);
        expect(await codeOf(person("mallory").challenge({ ...evidence, slot: 4 }))).to.equal("NOTHING_TO_PROVE");
        expect(await codeOf(person("mallory").challenge({ ...evidence, slot: 2 }))).to.equal("NOTHING_TO_PROVE");
        expect((await person("alice").confirmReceipts(await person("bob").exportReceipts(read.report))).trust).to.equal("chain");
      });
    });
  });

  describe("fees", () => {
    it("a paid request that nobody answers is refunded after its deadline, and an optimistic one settled", async () => {
      const { shareRequests } = held.cluster.contracts;
      await (await shareRequests.setPrice(1_000n)).wait();
      expect(await person("bob").price()).to.equal(1_000n);
      for (const keeper of held.cluster.keepers) await keeper.process().kill();
      let requestId = "";
      let fee = 0n;
      const onEvent = (event: RetrievalEvent): void => {
        if (event.kind === "requested") [requestId, fee] = [event.requestId, event.fee];
      };
      expect(await codeOf(person("bob").requestOnChain(document, { timeoutMs: 1_000, onEvent }))).to.equal("UNAVAILABLE");
      expect(fee).to.equal(2_000n);
      expect(await codeOf(person("mallory").refund(requestId))).to.equal("TRANSACTION_REFUSED");
      await held.chain.send("evm_increaseTime", [200]);
      const before = await held.chain.provider.getBalance(address("bob"));
      await person("mallory").refund(requestId);
      expect((await held.chain.provider.getBalance(address("bob"))) - before).to.equal(2_000n);
      expect(await codeOf(person("mallory").refund(`0x${"12".repeat(32)}`))).to.equal("UNKNOWN_REQUEST");
      expect(await codeOf(person("mallory").settle(requestId))).to.equal("INVALID_VALUE");
      if (optimisticId === undefined) throw new Error("the optimistic request was not made");
      await person("mallory").settle(optimisticId);
      expect(await codeOf(person("mallory").settle(optimisticId))).to.equal("TRANSACTION_REFUSED");
    });
  });
});
