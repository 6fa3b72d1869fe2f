import { join } from "node:path";
import { openFileBlobStore } from "@keyquorum/blobs/node";
import { createClient, type KeyquorumClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { waitFor } from "@keyquorum/cluster";
import {
  authorshipTypedData,
  type DocumentHeader,
  encodeDelegation,
  headerHashOf,
  hexToBytes,
  type KeyId,
  parseAddress,
  type ReadingSession,
  readingSessionTypedData,
  type SignedShareRequest,
  ZERO_HASH,
} from "@keyquorum/wire";
import { expect } from "chai";
import { AbiCoder, concat, id, parseEther, type Signer, type TransactionRequest, Wallet } from "ethers";
import { cpuSecondsOf } from "../../scripts/testing/cpuSeconds.ts";
import { BombWallet__factory } from "../../typechain-types/factories/contracts/mocks/HostileWallets.sol/BombWallet__factory.ts";
import { BurningWallet__factory } from "../../typechain-types/factories/contracts/mocks/HostileWallets.sol/BurningWallet__factory.ts";
import { DelegatedWallet__factory } from "../../typechain-types/factories/contracts/mocks/Wallets.sol/DelegatedWallet__factory.ts";
import { OwnerWallet__factory } from "../../typechain-types/factories/contracts/mocks/Wallets.sol/OwnerWallet__factory.ts";
import { OwnerWalletFactory__factory } from "../../typechain-types/factories/contracts/mocks/Wallets.sol/OwnerWalletFactory__factory.ts";
import { askAll, signingDomainOf, signRequest, type TypedSigner } from "./support/askKeepers.ts";
import { withCluster } from "./support/withCluster.ts";

const CONFIRMATIONS = 2;

/** Every keeper is asked by HTTP as a stranger would, without the client, and all must say the same. */
describe("readers at n = 5, t = 2: who may ask, and as whom", () => {
  const text = "the well is behind the third oak";
  let alice: KeyquorumClient;
  let keyId: KeyId;
  let header: DocumentHeader;
  const bob = new Wallet(id("readers: bob"));
  const mallory = new Wallet(id("readers: mallory"));
  const app = new Wallet(id("readers: app"));

  const held = withCluster({ keepers: 5, threshold: 2, confirmations: CONFIRMATIONS }, async () => {
    keyId = held.keyId;
    alice = await clientOf(held.chain.account(1));
    header = await publish();
    for (const wallet of [bob, app, mallory]) await fund(wallet.address);
    await grant(bob.address);
  });

  const clientOf = async (signer: Signer): Promise<KeyquorumClient> =>
    createClient({
      signer,
      deployment: held.cluster.deployment,
      blobs: await openFileBlobStore(join(held.directory, "blobs")),
      cipher: nodeChunkCipher,
      provider: held.chain.provider,
    });
  const fund = async (address: string): Promise<void> => {
    await (await held.chain.account(0).sendTransaction({ to: address, value: parseEther("1") })).wait();
  };
  const publish = async (content = text): Promise<DocumentHeader> => {
    const encrypted = await alice.encryptDocument(content, { keyId });
    await alice.publish(encrypted);
    return encrypted.header;
  };
  const final = async (): Promise<void> => {
    const from = await held.chain.provider.getBlockNumber();
    await waitFor("a block is final", async () => (await held.chain.provider.getBlockNumber()) >= from + CONFIRMATIONS + 1, held);
  };
  const grant = async (reader: string, to = header): Promise<void> => {
    await alice.grant(to.document, reader);
    await final();
  };
  const ask = async (requester: string, signer: TypedSigner, wrap?: (signature: string) => string): Promise<string> =>
    askAll(held.cluster, await signRequest(held.cluster, header, requester, signer, wrap));
  const sent = async (wallet: Wallet, transaction: TransactionRequest): Promise<void> => {
    await (await wallet.connect(held.chain.provider).sendTransaction(transaction)).wait();
  };

  it("an account reads, and nobody in its name", async () => {
    expect(await ask(bob.address, bob)).to.equal("ANSWERED");
    expect(await ask(bob.address, mallory)).to.equal("INVALID_SIGNATURE");
    expect(await ask(mallory.address, mallory)).to.equal("ACCESS_DENIED");
  });

  it("an account that delegates its code reads as before (EIP-7702)", async () => {
    const { provider } = held.chain;
    const carol = new Wallet(id("readers: carol"), provider);
    await fund(carol.address);
    await grant(carol.address);
    expect(await ask(carol.address, carol)).to.equal("ANSWERED");

    const delegate = await new DelegatedWallet__factory(held.chain.account(0)).deploy();
    await delegate.waitForDeployment();
    const nonce = await carol.getNonce();
    const authorization = await carol.authorize({ address: await delegate.getAddress(), nonce: nonce + 1, chainId: 31337 });
    await (await carol.sendTransaction({ type: 4, nonce, to: bob.address, authorizationList: [authorization] })).wait();
    expect(await provider.getCode(carol.address), "the control: it has code").to.match(/^0xef0100/);
    expect(await ask(carol.address, carol)).to.equal("ANSWERED");
    expect(await ask(carol.address, mallory)).to.equal("INVALID_SIGNATURE");
    await final();
    expect(await (await (await clientOf(carol)).requestOffChain(header.document)).text()).to.equal(text);
  });

  it("a contract account reads by its owner's signature, when it is final; a change of owner ends that at once (ERC-1271)", async () => {
    const wallet = await new OwnerWallet__factory(bob.connect(held.chain.provider)).deploy(bob.address);
    const address = await wallet.getAddress();
    await wallet.waitForDeployment();
    await alice.grant(header.document, address);
    await final();
    expect(await ask(address, bob)).to.equal("ANSWERED");
    expect(await ask(address, mallory)).to.equal("INVALID_SIGNATURE");
    await sent(bob, { to: address, data: wallet.interface.encodeFunctionData("setOwner", [mallory.address]) });
    expect(await ask(address, bob)).to.equal("INVALID_SIGNATURE");
    await final();
    expect(await ask(address, mallory)).to.equal("ANSWERED");
  });

  it("an account that is not deployed yet is refused with what to do (ERC-6492, D61); deployed, it reads", async () => {
    const { provider } = held.chain;
    const factory = await new OwnerWalletFactory__factory(held.chain.account(0)).deploy();
    await factory.waitForDeployment();
    const at = await factory.getAddress();
    const address = await factory.addressOf(bob.address, ZERO_HASH);
    const by = (owner: string) => (signature: string) => {
      const call = factory.interface.encodeFunctionData("make", [owner, ZERO_HASH]);
      return concat([AbiCoder.defaultAbiCoder().encode(["address", "bytes", "bytes"], [at, call, signature]), `0x${"6492".repeat(16)}`]);
    };
    await grant(address);
    for (const signer of [bob, mallory]) expect(await ask(address, signer, by(signer.address))).to.equal("WALLET_NOT_DEPLOYED");
    expect(await ask(address, bob)).to.equal("INVALID_SIGNATURE");
    expect(await provider.getCode(address)).to.equal("0x");

    await (await factory.make(bob.address, ZERO_HASH)).wait();
    await final();
    expect(await ask(address, bob)).to.equal("ANSWERED");
    expect(await ask(address, bob, by(bob.address))).to.equal("INVALID_SIGNATURE");
  });

  it("hostile contract accounts get a quick no, and the keepers serve on (attack 12)", async () => {
    const deployer = held.chain.account(0);
    const bomb = await new BombWallet__factory(deployer).deploy(1_000_000, false);
    const burner = await new BurningWallet__factory(deployer).deploy();
    for (const wallet of [bomb, burner]) await wallet.waitForDeployment();
    const pids = [held.chain.pid ?? -1, ...held.cluster.keepers.map((keeper) => keeper.process().pid)];
    // A busy machine spends no more of it. NaN where the system does not tell.
    const processorSeconds = (): number => pids.reduce((sum, pid) => sum + (cpuSecondsOf(pid) ?? Number.NaN), 0);
    const before = processorSeconds();
    for (const wallet of [bomb, burner]) {
      const address = await wallet.getAddress();
      await alice.grant(header.document, address);
      expect(await ask(address, bob)).to.equal("INVALID_SIGNATURE");
    }
    const spent = processorSeconds() - before;
    if (!Number.isNaN(spent)) expect(spent, "by chain and keepers").to.be.below(10);
    expect(await ask(bob.address, bob)).to.equal("ANSWERED");
  });

  describe("reading sessions", () => {
    const sessionWith = (changes: Partial<ReadingSession> = {}): ReadingSession => {
      const now = BigInt(Math.floor(Date.now() / 1000));
      return {
        requester: parseAddress(bob.address),
        sessionKey: parseAddress(app.address),
        scope: { kind: "documents", documents: [header.document] },
        since: now,
        until: now + 3_600n,
        generation: 0n,
        ...changes,
      };
    };
    const delegationOf = async (session: ReadingSession, signer = bob): Promise<Uint8Array> => {
      const { domain, types, message } = readingSessionTypedData(signingDomainOf(held.cluster), session);
      return encodeDelegation({ session, signature: hexToBytes(await signer.signTypedData(domain, types, message)) });
    };
    /** The app asks in bob's name. */
    const askUnder = async (delegation: Uint8Array, to = header): Promise<string> =>
      askAll(held.cluster, { ...(await signRequest(held.cluster, to, bob.address, app)), delegation });

    it("bob signs once and the app reads; mallory's signature, another document and a past end are refused everywhere", async () => {
      const delegation = await delegationOf(sessionWith());
      for (let i = 0; i < 3; i += 1) expect(await askUnder(delegation)).to.equal("ANSWERED");
      expect(await askUnder(await delegationOf(sessionWith(), mallory))).to.equal("SESSION_INVALID");
      const other = await publish("another of alice's");
      await grant(bob.address, other);
      expect(await askUnder(delegation, other)).to.equal("SESSION_OUT_OF_SCOPE");
      const ofAlice = await delegationOf(sessionWith({ scope: { kind: "owner", owner: header.owner } }));
      for (const one of [header, other]) expect(await askUnder(ofAlice, one)).to.equal("ANSWERED");
      const now = BigInt(Math.floor(Date.now() / 1000));
      expect(await askUnder(await delegationOf(sessionWith({ since: now - 60n, until: now - 1n })))).to.equal("SESSION_EXPIRED");
      expect(await askUnder(await delegationOf(sessionWith({ until: now + 86_400n + 60n })))).to.equal("SESSION_INVALID");
    });

    it("a session gives no access that its requester lacks", async () => {
      const hers = await publish("not for bob");
      const delegation = await delegationOf(sessionWith({ scope: { kind: "owner", owner: header.owner } }));
      expect(await askUnder(delegation, hers)).to.equal("ACCESS_DENIED");
    });

    it("endSessions ends all sessions everywhere, at once, also for requests that were answered; a new session reads", async () => {
      const sessions = [
        await delegationOf(sessionWith()),
        await delegationOf(sessionWith({ scope: { kind: "owner", owner: header.owner } })),
      ];
      const answered: SignedShareRequest = {
        ...(await signRequest(held.cluster, header, bob.address, app)),
        delegation: sessions[0] as Uint8Array,
      };
      expect(await askAll(held.cluster, answered)).to.equal("ANSWERED");
      const { readerSessions } = held.cluster.contracts;
      await (await readerSessions.connect(bob.connect(held.chain.provider)).endSessions()).wait();
      for (const delegation of sessions) expect(await askUnder(delegation)).to.equal("SESSION_ENDED");
      expect(await askAll(held.cluster, answered)).to.equal("SESSION_ENDED");
      const generation = await readerSessions.generationOf(bob.address);
      expect(await askUnder(await delegationOf(sessionWith({ generation })))).to.equal("ANSWERED");
      expect(await askUnder(await delegationOf(sessionWith({ generation: generation - 1n })))).to.equal("SESSION_ENDED");
      expect(await ask(bob.address, bob), "bob himself needs none").to.equal("ANSWERED");
    });
  });

  it("a document that is published nowhere is read by grant; a wrong word of its author is refused", async () => {
    const encrypted = await alice.encryptDocument("gas-free", { keyId });
    const { accessGrants, documentRegistry } = held.cluster.contracts;
    await (await accessGrants.connect(held.chain.account(0)).claimFor(encrypted.owner, encrypted.salt)).wait();
    const hidden = encrypted.header;
    const signed = await signRequest(held.cluster, hidden, bob.address, bob);
    expect(await askAll(held.cluster, signed)).to.equal("ACCESS_DENIED");
    await grant(bob.address, hidden);
    expect(BigInt((await documentRegistry.documentOf(hidden.document)).owner), "the control: nothing is published").to.equal(0n);
    expect(await askAll(held.cluster, signed)).to.equal("ANSWERED");

    const cid = Uint8Array.from([1, 85, 18, 32, ...new Uint8Array(32)]);
    const statement = async (signer: Signer | Wallet) => {
      const typed = authorshipTypedData(signingDomainOf(held.cluster), { headerHash: headerHashOf(hidden), cid });
      return { cid, signature: hexToBytes(await signer.signTypedData(typed.domain, typed.types, typed.message)) };
    };
    const withWord = async (signer: Signer | Wallet): Promise<string> =>
      askAll(held.cluster, { ...signed, ownerStatement: await statement(signer) });
    expect(await withWord(held.chain.account(1))).to.equal("ANSWERED");
    expect(await withWord(mallory)).to.equal("INVALID_SIGNATURE");
  });
});
