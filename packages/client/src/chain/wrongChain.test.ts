import { createMemoryBlobStore } from "@keyquorum/blobs";
import type { Address, DocumentId, Hash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { BrowserProvider, Wallet } from "ethers";
import { createClient, type KeyquorumClient } from "../client.ts";
import { errorOf } from "../fakes/errorOf.ts";
import { createFakeRpcChain, type FakeRpcChain } from "../fakes/fakeRpcChain.ts";
import { viemWallet } from "../fakes/viemClients.ts";
import type { ClientOptions } from "../options.ts";
import { signerFromProvider } from "../wallets/wallets.ts";

const document = `0x${"d0".repeat(32)}` as DocumentId;
const salt = `0x${"05".repeat(32)}` as Hash32;
const reader = `0x${"b0".repeat(20)}` as Address;
const KEY = `0x${"11".repeat(32)}`;

const clientOf = (chain: FakeRpcChain, options: Partial<ClientOptions>): KeyquorumClient =>
  createClient({ deployment: chain.deployment, blobs: createMemoryBlobStore(), timeouts: { pollMs: 5, transactMs: 2_000 }, ...options });

/** The same wallet, as a page of ethers and one of viem have it. */
const WALLETS: Readonly<Record<string, (chain: FakeRpcChain) => Promise<NonNullable<ClientOptions["signer"]>>>> = {
  "": (chain) => signerFromProvider(chain.wallet),
  ", with a wallet client of viem's": async (chain) => viemWallet(chain),
};

/** Every call that sends one transaction and reads nothing before. */
const SENDING: Readonly<Record<string, (client: KeyquorumClient) => Promise<unknown>>> = {
  revoke: (client) => client.revoke(document, reader),
  revokeMany: (client) => client.revokeMany(document, [reader]),
  appoint: (client) => client.appoint(document, reader),
  dismiss: (client) => client.dismiss(document, reader),
  delegate: (client) => client.delegate(document, reader),
  endDelegation: (client) => client.endDelegation(document, reader),
  rollBack: (client) => client.rollBack(document, 1),
  cancelSignedGrants: (client) => client.cancelSignedGrants(document, reader),
  claim: (client) => client.claim(salt),
  claimFor: (client) => client.claimFor(reader, salt),
  endSessions: (client) => client.endSessions(),
  movePermissions: (client) => client.movePermissions(document, reader, { force: true }),
};
/** Calls that read, of which most would find nothing on another chain. */
const READING: Readonly<Record<string, (client: KeyquorumClient) => Promise<unknown>>> = {
  listDocuments: (client) => client.listDocuments({}),
  keys: (client) => client.keys(),
  availableDocuments: (client) => client.availableDocuments(reader),
  watch: (client) => client.watch().next(),
  grant: (client) => client.grant(document, reader),
  encryptDocument: (client) => client.encryptDocument("x"),
  versions: (client) => client.versions(document),
  price: (client) => client.price(),
  openSession: (client) => client.openSession({ owner: reader }),
};
const isPrompt = (method: string): boolean => /^eth_(send|sign)/.test(method);
const prompts = ({ state }: FakeRpcChain): readonly string[] => state.asked.map(({ method }) => method).filter(isPrompt);

for (const [kind, signerOf] of Object.entries(WALLETS))
  describe(`A client on another chain than its deployment's${kind}`, () => {
    const walletClient = async (chain: FakeRpcChain, options: Partial<ClientOptions> = {}): Promise<KeyquorumClient> =>
      clientOf(chain, { signer: await signerOf(chain), ...options });

    for (const [name, call] of Object.entries({ ...SENDING, ...READING }))
      it(`refuses ${name}: WRONG_CHAIN with both ids, and the wallet is asked for nothing`, async () => {
        const chain = createFakeRpcChain();
        chain.state.chainId = 1n;
        const error = await errorOf(call(await walletClient(chain)));
        expect([error.code, error.retryable, error.details]).to.deep.equal(["WRONG_CHAIN", false, { expected: "31337", found: "1" }]);
        expect(error.message).to.include("chain 1,").and.to.include("chain 31337");
        expect(prompts(chain)).to.deep.equal([]);
      });

    for (const [name, call] of Object.entries(SENDING))
      it(`the control: on its own chain, ${name} works, and names the chain in the transaction`, async () => {
        const chain = createFakeRpcChain();
        await call(await walletClient(chain));
        const [sent] = chain.state.asked.filter(({ method }) => method === "eth_sendTransaction");
        expect(sent?.params[0]).to.have.property("chainId", "0x7a69");
      });

    it("says DEPLOYMENT_MISSING where the chain has the id and not the contracts: a development chain that was started again", async () => {
      const chain = createFakeRpcChain();
      chain.state.hasCode = false;
      const client = await walletClient(chain);
      for (const call of [client.revoke(document, reader), client.endSessions(), client.listDocuments({}), client.keys()]) {
        const error = await errorOf(call);
        expect([error.code, error.retryable]).to.deep.equal(["DEPLOYMENT_MISSING", false]);
        expect(error.details.missing).to.include("accessGrants");
      }
      expect(prompts(chain)).to.deep.equal([]);
      chain.state.hasCode = true; // deployed since
      expect(await client.listDocuments({})).to.deep.equal([]);
    });

    it("sees one address without code among all of them", async () => {
      const chain = createFakeRpcChain();
      const wrong = chain.deployment.contracts.readerSessions;
      chain.state.before = async (method, [address]) =>
        method === "eth_getCode" && String(address).toLowerCase() === wrong ? "0x" : undefined;
      const error = await errorOf((await walletClient(chain)).keys());
      expect([error.code, error.details.missing]).to.deep.equal(["DEPLOYMENT_MISSING", ["readerSessions"]]);
    });

    it("refuses while the wallet is elsewhere, and works again when it is back", async () => {
      const chain = createFakeRpcChain();
      const client = await walletClient(chain);
      await client.revoke(document, reader);
      chain.switchTo(1n);
      for (const call of [client.revoke(document, reader), client.listDocuments({})])
        expect((await errorOf(call)).code).to.equal("WRONG_CHAIN");
      chain.switchTo(31337n);
      await client.revoke(document, reader);
      expect(await client.listDocuments({})).to.deep.equal([]);
      expect(prompts(chain)).to.have.length(2);
    });

    it("works once the wallet is switched to its chain, where it was made on another one", async () => {
      const chain = createFakeRpcChain();
      chain.state.chainId = 1n;
      const client = await walletClient(chain);
      expect((await errorOf(client.revoke(document, reader))).code).to.equal("WRONG_CHAIN");
      chain.state.chainId = 31337n; // a wallet that tells nobody
      await client.revoke(document, reader);
    });

    it("asks before each send: a wallet that tells nobody that it switched gets nothing to sign", async () => {
      const chain = createFakeRpcChain();
      const client = await walletClient(chain);
      await client.revoke(document, reader);
      chain.state.chainId = 1n;
      const error = await errorOf(client.endSessions());
      expect([error.code, prompts(chain).length]).to.deep.equal(["WRONG_CHAIN", 1]);
    });

    it("says WRONG_CHAIN, and not what an estimate on the other chain says", async () => {
      const chain = createFakeRpcChain();
      const client = await walletClient(chain);
      await client.revoke(document, reader);
      chain.state.chainId = 1n;
      chain.state.before = async (method) => {
        if (method === "eth_estimateGas") throw Object.assign(new Error("execution reverted"), { code: 3, data: "0x" });
        return undefined;
      };
      expect((await errorOf(client.endSessions())).code).to.equal("WRONG_CHAIN");
    });

    it("asks again after the estimate, just before the prompt", async () => {
      const chain = createFakeRpcChain();
      chain.state.refusesOtherChains = false;
      chain.state.before = async (method) => {
        if (method === "eth_estimateGas") chain.state.chainId = 1n;
        return undefined;
      };
      expect((await errorOf((await walletClient(chain)).endSessions())).code).to.equal("WRONG_CHAIN");
      expect(prompts(chain)).to.deep.equal([]);
    });

    it("says so when the wallet switched between the last question and the prompt, and refused", async () => {
      const chain = createFakeRpcChain();
      chain.state.before = async (method) => {
        if (method === "eth_sendTransaction") chain.state.chainId = 1n;
        return undefined;
      };
      const error = await errorOf((await walletClient(chain)).endSessions());
      expect([error.code, error.details.found, chain.mined().length]).to.deep.equal(["WRONG_CHAIN", "1", 0]);
    });

    it("does not take another chain's receipt for success, and tells the hash: a wallet that switched and did not look at the chain id", async () => {
      const chain = createFakeRpcChain();
      chain.state.refusesOtherChains = false;
      chain.state.before = async (method) => {
        if (method === "eth_sendTransaction") chain.state.chainId = 1n;
        return undefined;
      };
      const error = await errorOf((await walletClient(chain)).revoke(document, reader));
      expect(error.code).to.equal("WRONG_CHAIN");
      expect(error.details).to.deep.equal({ expected: "31337", found: "1", transaction: chain.mined()[0]?.hash });
    });

    it("does not take a receipt without the event for success", async () => {
      const chain = createFakeRpcChain();
      chain.state.before = async (method, params) => {
        const receipt = method === "eth_getTransactionReceipt" ? (chain.answer(method, params) as object | null) : null;
        return receipt === null ? undefined : { ...receipt, logs: [] };
      };
      const error = await errorOf((await walletClient(chain)).revoke(document, reader));
      expect([error.code, error.details.transaction]).to.deep.equal(["CHAIN_UNAVAILABLE", chain.mined()[0]?.hash]);
    });

    it("does not take the event of another contract for success", async () => {
      const chain = createFakeRpcChain();
      chain.state.before = async (method, params) => {
        const receipt = method === "eth_getTransactionReceipt" ? (chain.answer(method, params) as { logs: object[] } | null) : null;
        return receipt === null ? undefined : { ...receipt, logs: receipt.logs.map((log) => ({ ...log, address: reader })) };
      };
      expect((await errorOf((await walletClient(chain)).endSessions())).code).to.equal("CHAIN_UNAVAILABLE");
    });

    it("refuses a provider of two chains that take turns (load balancer), and sends nothing to the other one", async () => {
      const chain = createFakeRpcChain();
      let turn = 0;
      chain.state.before = async (method) => (method === "eth_chainId" ? (turn++ % 2 === 0 ? "0x7a69" : "0x1") : undefined);
      const signer = new Wallet(KEY, new BrowserProvider(chain.wallet, "any"));
      expect((await errorOf(clientOf(chain, { signer }).endSessions())).code).to.equal("WRONG_CHAIN");
      expect(prompts(chain)).to.deep.equal([]);
    });

    it("compares the wallet's chain, where reading is another provider's", async () => {
      const [ours, wallets] = [createFakeRpcChain(), createFakeRpcChain()];
      wallets.state.chainId = 10n;
      const client = await walletClient(wallets, { provider: new BrowserProvider(ours.wallet), deployment: ours.deployment });
      expect(await client.listDocuments({})).to.deep.equal([]);
      const error = await errorOf(client.endSessions());
      expect([error.code, error.details.found, prompts(wallets).length]).to.deep.equal(["WRONG_CHAIN", "10", 0]);
    });

    it("asks no wallet to sign for another chain, and says so where the wallet refuses in words of its own", async () => {
      const chain = createFakeRpcChain();
      const client = await walletClient(chain);
      const sign = (): Promise<unknown> => client.signGrant(document, reader, { nonce: 0 });
      chain.state.chainId = 5n;
      expect((await errorOf(sign())).code).to.equal("WRONG_CHAIN");
      expect(prompts(chain)).to.deep.equal([]);
      chain.state.chainId = 31337n;
      chain.state.before = async (method) => {
        if (method !== "eth_signTypedData_v4") return undefined;
        chain.state.chainId = 5n;
        throw Object.assign(new Error('Provided chainId "31337" must match the active chainId "5"'), { code: -32603 });
      };
      expect((await errorOf(sign())).details).to.deep.equal({ expected: "31337", found: "5" });
    });

    it("signs here for its chain without asking a network, where the key is here", async () => {
      const chain = createFakeRpcChain();
      chain.state.chainId = 1n;
      const signer = new Wallet(KEY, new BrowserProvider(chain.wallet));
      const signed = await clientOf(chain, { signer }).signGrant(document, reader, { nonce: 0 });
      expect([signed.chainId, chain.state.asked]).to.deep.equal(["31337", []]);
    });

    describe("and what it asks for it", () => {
      const readTwice = async (client: KeyquorumClient): Promise<void> => {
        await Promise.all([client.listDocuments({}), client.keys(), client.listDocuments({})]);
      };

      it("looks once for all first calls together, and not again", async () => {
        const chain = createFakeRpcChain();
        const client = await walletClient(chain);
        await readTwice(client);
        await readTwice(client);
        expect(chain.countOf("eth_getCode")).to.equal(12);
      });

      it("asks nothing first: the first read is on its way before the look has ended", async () => {
        const chain = createFakeRpcChain();
        const client = await walletClient(chain);
        let [isHeld, release] = [true, (): void => undefined];
        const held = new Promise<void>((resolve) => {
          release = resolve;
        });
        chain.state.before = async (method) => {
          if (method === "eth_getCode" && isHeld) await held;
          return undefined;
        };
        const listing = client.listDocuments({});
        while (chain.countOf("eth_blockNumber") === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        isHeld = false;
        release();
        expect(await listing).to.deep.equal([]);
      });

      it("does not remember a look that failed", async () => {
        const chain = createFakeRpcChain();
        const client = await walletClient(chain);
        chain.state.before = async (method) => {
          if (method === "eth_getCode") throw Object.assign(new Error("busy"), { code: -32005 });
          return undefined;
        };
        expect((await errorOf(client.listDocuments({}))).code).to.equal("CHAIN_UNAVAILABLE");
        chain.state.before = async () => undefined;
        expect(await client.listDocuments({})).to.deep.equal([]);
      });

      it("listens once to a wallet, however often a page connects", async () => {
        const chain = createFakeRpcChain();
        const clients = await Promise.all([walletClient(chain), walletClient(chain), walletClient(chain)]);
        expect(chain.listenerCount("chainChanged")).to.equal(kind === "" ? 1 : 0); // viem's clients hide the wallet's events
        await Promise.all(clients.map((client) => client.listDocuments({})));
        chain.switchTo(1n);
        for (const client of clients) expect((await errorOf(client.listDocuments({}))).code).to.equal("WRONG_CHAIN");
      });
    });
  });
