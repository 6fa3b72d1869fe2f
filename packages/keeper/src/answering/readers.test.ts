import { signatureQuestionCode } from "@keyquorum/bindings/simulatedSignature";
import { ChainUnavailableError, type ListedFactory } from "@keyquorum/chain";
import { toXY } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import {
  authorshipDigest,
  bytesToHex,
  type DocumentHeader,
  encodeDelegation,
  hexToBytes,
  parseAddress,
  parseHash32,
  type ReadingSession,
  readingSessionDigest,
  readingSessionTypedData,
  type SignedShareRequest,
  shareRequestDigest,
} from "@keyquorum/wire";
import { expect } from "chai";
import { AbiCoder, concat } from "ethers";
import { rollWallet } from "../../../../test/random/wallet.ts";
import { createMetrics } from "../report/metrics.ts";
import { createFakeChain, FAKE_ADDRESSES, type FakeChain } from "../testing/fakeChain.ts";
import { bob, bodyOf, CHAIN_ID, createHeader, createRequest, JOINT_KEY, mallory, signRequest } from "../testing/reader.ts";
import { createShareRequestServer, EPOCH, outcomeOf } from "../testing/shareRequestServer.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";

const [DENIED, PERMITTED] = [0, 1];
const [NO, YES, NO_CODE] = ["0x00", "0x01", "0x02"];
const START = 1_800_000_020;
const NOW = BigInt(START);
const DOMAIN = { chainId: CHAIN_ID, shareRequests: FAKE_ADDRESSES.shareRequests };
const app = rollWallet("app");
const owner = rollWallet("owner");
const addressOf = ({ address }: { readonly address: string }) => parseAddress(address);
const wallet = parseAddress(`0x${"77".repeat(20)}`);
/** What makes `wallet`. */
const LISTED: ListedFactory = {
  address: parseAddress(`0x${"fa".repeat(20)}`),
  selector: "0x12345678",
  accountCodeHash: parseHash32(`0x${"c0".repeat(32)}`),
};

describe("readers by HTTP", () => {
  let temp: TempVault;
  let vault: Vault;
  let chain: FakeChain;
  let server: Awaited<ReturnType<typeof createShareRequestServer>>;
  let url: string;
  let serve: (options: { readonly factories?: readonly ListedFactory[] }) => Promise<void>;
  let header: DocumentHeader;
  let time: number;
  /** ReaderSessions.generationOf at a block. */
  let generation: (block: number) => bigint;
  let decision: number;

  beforeEach(async () => {
    time = 0;
    decision = PERMITTED;
    generation = () => 0n;
    chain = createFakeChain();
    chain.answers["shareRequests.decide"] = () => [decision];
    chain.answers["readerSessions.generationOf"] = ([requester], block) => [
      parseAddress(requester) === mallory.address.toLowerCase() ? 7n : generation(block),
    ];
    chain.answers["keyGeneration.keyOf"] = () => [[0, EPOCH, addressOf(bob), toXY(JOINT_KEY), bob.address, `0x${"00".repeat(32)}`]];
    const now = () => START * 1000 + time;
    temp = await createTempVault(now);
    vault = temp.vault;
    header = createHeader();
    serve = async (options) => {
      server = await createShareRequestServer({
        ...{ vault, ownVault: vault, chain, clock: { now, sleep: async () => undefined }, onLine: () => undefined },
        metrics: createMetrics({ version: "0", processMetrics: false }),
        ...options,
      });
      url = await server.listen();
    };
    await serve({});
  });
  afterEach(async () => {
    await server.close();
    await temp.remove();
  });

  const post = async (signed: SignedShareRequest): Promise<string> => (await ask(signed)).code;
  const ask = async (signed: SignedShareRequest): Promise<{ readonly code: string; readonly field: string | undefined }> => {
    const response = await fetch(`${url}/v1/share-requests`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(bodyOf(signed)),
    });
    const { details } = response.status === 200 ? {} : ((await response.clone().json()) as { details?: { field?: string } });
    return { code: (await outcomeOf(response))[1], field: details?.field };
  };
  const bySender = (changes: Parameters<typeof createRequest>[2] = {}) => signRequest(header, createRequest(header, NOW + 60n, changes));

  describe("a contract account", () => {
    const signed = () => bySender({ requester: wallet });
    const codeAsking = async (
      { request, signature }: SignedShareRequest,
      factory?: { address: string; call: string; codeHash: string },
    ): Promise<string> =>
      signatureQuestionCode({ account: wallet, digest: shareRequestDigest(DOMAIN, request), signature: bytesToHex(signature), factory });

    it("is answered when it takes the signature, is asked at both blocks, and is named in the record", async () => {
      const asked = await signed();
      const question = await codeAsking(asked);
      chain.simulate = (code) => (code === question ? YES : NO);
      expect(await post(asked)).to.equal("ANSWERED");
      expect(chain.calls.filter((call) => call.startsWith("simulate"))).to.deep.equal(["simulate@20", "simulate@18"]);
      expect((await vault.audit.find()).map(({ requester }) => requester)).to.deep.equal([wallet]);
    });
    it("is refused when it does not, and told to wait when only the newest block says yes", async () => {
      for (const [atFinal, atHead, expected] of [
        [YES, NO, "INVALID_SIGNATURE"],
        [NO, YES, "SIGNATURE_NOT_FINAL"],
        [NO_CODE, YES, "SIGNATURE_NOT_FINAL"],
        [NO_CODE, NO_CODE, "INVALID_SIGNATURE"],
      ] as const) {
        chain.simulate = (_, block) => (block === chain.head ? atHead : atFinal);
        expect(await post(await signed()), `${atFinal} ${atHead}`).to.equal(expected);
      }
      expect(await vault.audit.find()).to.have.length(0);
    });
    it("is denied like everybody when it has signed and may not read", async () => {
      chain.simulate = () => YES;
      decision = DENIED;
      expect(await post(await signed())).to.equal("ACCESS_DENIED");
    });
    it("is unavailable, not refused, when the node cannot check its signature", async () => {
      chain.simulate = () => "0x";
      expect(await post(await signed())).to.equal("UNAVAILABLE");
    });
    it("is unavailable, not refused, when the newest block is too old to say who it is", async () => {
      chain.genesisTime -= 3_600;
      chain.simulate = () => NO;
      expect(await post(await signed())).to.equal("UNAVAILABLE");
    });
    it("that is not deployed is refused with what to do, unless the operator listed what makes it (ERC-6492, D61)", async () => {
      const plain = await signed();
      const factory = { address: LISTED.address, call: `${LISTED.selector}00`, codeHash: LISTED.accountCodeHash };
      const encoded = AbiCoder.defaultAbiCoder().encode(["address", "bytes", "bytes"], [factory.address, factory.call, plain.signature]);
      const question = await codeAsking(plain, factory);
      chain.simulate = (code) => (code === question ? YES : NO_CODE);
      const wrapped = { ...plain, signature: hexToBytes(concat([encoded, `0x${"6492".repeat(16)}`])) };
      expect(await post(wrapped)).to.equal("WALLET_NOT_DEPLOYED");
      await server.close();
      await serve({ factories: [LISTED] });
      expect(await post(wrapped)).to.equal("ANSWERED");
      expect(await post(plain)).to.equal("INVALID_SIGNATURE");
    });
  });

  describe("a reading session", () => {
    const sessionWith = (changes: Partial<ReadingSession> = {}): ReadingSession => ({
      requester: addressOf(bob),
      sessionKey: addressOf(app),
      scope: { kind: "documents", documents: [header.document] },
      since: NOW - 10n,
      until: NOW + 3_600n,
      generation: 0n,
      ...changes,
    });
    /** A request in bob's name, signed by the app, under a session that bob signed, or whoever is named. */
    const under = async (
      session: ReadingSession,
      { signer = app, wallet: by = bob, requester = addressOf(bob), chainId = CHAIN_ID } = {} as {
        readonly signer?: typeof app;
        readonly wallet?: typeof app;
        readonly requester?: typeof wallet;
        readonly chainId?: bigint;
      },
    ): Promise<SignedShareRequest> => {
      const { domain, types, message } = readingSessionTypedData({ ...DOMAIN, chainId }, session);
      const signature = hexToBytes(await by.signTypedData(domain, types, message));
      const asked = await signRequest(header, createRequest(header, NOW + 60n, { requester }), { signer });
      return { ...asked, delegation: encodeDelegation({ session, signature }) };
    };

    it("lets its key ask in the requester's name, any number of times; the record names the key", async () => {
      for (let i = 0; i < 2; i += 1) expect(await post(await under(sessionWith()))).to.equal("ANSWERED");
      const records = await vault.audit.find();
      expect(records.map(({ requester, sessionKey }) => [requester, sessionKey])).to.deep.equal(
        Array(2).fill([addressOf(bob), addressOf(app)]),
      );
    });
    it("covers all documents of an owner where it names one", async () => {
      const scope = { kind: "owner", owner: header.owner } as const;
      expect(await post(await under(sessionWith({ scope })))).to.equal("ANSWERED");
      header = createHeader();
      expect(await post(await under(sessionWith({ scope })))).to.equal("ANSWERED");
    });
    it("gives no access: the requester's permission is asked, and the refusal names the key", async () => {
      decision = DENIED;
      expect(await post(await under(sessionWith()))).to.equal("ACCESS_DENIED");
      await server.refusals.write();
      expect((await vault.refusals.samples()).map(({ code, isVerified, sessionKey }) => [code, isVerified, sessionKey])).to.deep.equal([
        ["ACCESS_DENIED", true, addressOf(app)],
      ]);
    });

    const refused = (what: string, make: () => Promise<SignedShareRequest>, code: string, field: string): void => {
      it(`is refused: ${what}: ${code}`, async () => {
        expect(await ask(await make())).to.deep.equal({ code, field });
        expect(await vault.audit.find()).to.have.length(0);
      });
    };
    refused("mallory signed it", () => under(sessionWith(), { wallet: mallory }), "SESSION_INVALID", "delegation.signature");
    refused("the app signed it itself", () => under(sessionWith(), { wallet: app }), "SESSION_INVALID", "delegation.signature");
    refused("signed for another chain", () => under(sessionWith(), { chainId: 1n }), "SESSION_INVALID", "delegation.signature");
    refused(
      "mallory's own session, used in bob's name",
      () => under(sessionWith({ requester: addressOf(mallory) }), { wallet: mallory }),
      "SESSION_INVALID",
      "delegation.requester",
    );
    refused(
      "bob's session, used in mallory's name",
      () => under(sessionWith(), { requester: addressOf(mallory) }),
      "SESSION_INVALID",
      "delegation.requester",
    );
    refused(
      "the session key is the requester",
      () => under(sessionWith({ sessionKey: addressOf(bob) }), { signer: bob }),
      "SESSION_INVALID",
      "delegation.sessionKey",
    );
    refused("mallory signed the request", () => under(sessionWith(), { signer: mallory }), "INVALID_SIGNATURE", "signature");
    refused("bob signed the request himself", () => under(sessionWith(), { signer: bob }), "INVALID_SIGNATURE", "signature");
    refused("longer than 24 hours", () => under(sessionWith({ until: NOW - 10n + 86_401n })), "SESSION_INVALID", "delegation.until");
    refused("it has not begun", () => under(sessionWith({ since: NOW + 61n })), "SESSION_INVALID", "delegation.since");
    refused("it is over", () => under(sessionWith({ until: NOW })), "SESSION_EXPIRED", "delegation.until");
    refused(
      "for another document",
      () => under(sessionWith({ scope: { kind: "documents", documents: [createHeader().document] } })),
      "SESSION_OUT_OF_SCOPE",
      "delegation.documents",
    );
    refused(
      "for another owner",
      () => under(sessionWith({ scope: { kind: "owner", owner: addressOf(mallory) } })),
      "SESSION_OUT_OF_SCOPE",
      "delegation.owner",
    );
    refused(
      "its delegation has bytes of another version",
      async () => {
        const asked = await under(sessionWith());
        return { ...asked, delegation: (asked.delegation as Uint8Array).with(0, 2) };
      },
      "INVALID_REQUEST",
      "delegation",
    );
    refused(
      "without its delegation, the session key is nobody",
      async () => {
        const { delegation: _, ...asked } = await under(sessionWith());
        return asked;
      },
      "INVALID_SIGNATURE",
      "signature",
    );

    it("is changed on the way: every byte of its statement is signed", async () => {
      const asked = await under(sessionWith());
      const delegation = asked.delegation as Uint8Array;
      for (const at of [1, 21, 41, 49, 57, 70]) {
        const changed = delegation.with(at + 1, (delegation[at + 1] ?? 0) ^ 1);
        const { code } = await ask({ ...asked, delegation: changed });
        expect(["SESSION_INVALID", "SESSION_OUT_OF_SCOPE", "INVALID_SIGNATURE", "SESSION_EXPIRED"], `byte ${at}`).to.include(code);
      }
    });

    it("is over when its requester ended it, at the newest block; other requesters' stay", async () => {
      const asked = await under(sessionWith());
      expect(await post(asked)).to.equal("ANSWERED");
      generation = (block) => (block === chain.head ? 1n : 0n);
      chain.head += 1;
      expect(await ask(asked), "also for a request that was answered before").to.deep.equal({
        code: "SESSION_ENDED",
        field: "delegation.generation",
      });
      generation = () => 1n;
      expect(await post(await under(sessionWith({ generation: 1n })))).to.equal("ANSWERED");
      const hers = sessionWith({ requester: addressOf(mallory), generation: 7n });
      expect(await post(await under(hers, { wallet: mallory, requester: addressOf(mallory) }))).to.equal("ANSWERED");
    });
    it("of a generation that this keeper does not see yet is unavailable, not refused", async () => {
      expect(await post(await under(sessionWith({ generation: 1n })))).to.equal("UNAVAILABLE");
    });
    it("is unavailable when the chain cannot be asked for its generation, or is too old to tell", async () => {
      const asked = await under(sessionWith());
      chain.genesisTime -= 3_600;
      expect(await post(asked)).to.equal("UNAVAILABLE");
      chain.genesisTime += 3_600;
      chain.answers["readerSessions.generationOf"] = () => {
        throw new ChainUnavailableError("TIMEOUT", "The node did not answer in time.");
      };
      expect(await post(asked)).to.equal("UNAVAILABLE");
    });
    it("that ends while the answer is made gives none", async () => {
      const asked = await under(sessionWith({ until: NOW + 1n }));
      chain.answers["shareRequests.decide"] = () => {
        time = 1_000;
        return [PERMITTED];
      };
      expect(await ask(asked)).to.deep.equal({ code: "SESSION_EXPIRED", field: "delegation.until" });
    });
    it("may be a contract account's, deployed or not", async () => {
      const session = sessionWith({ requester: wallet });
      const digest = readingSessionDigest(DOMAIN, session);
      const signature = hexToBytes(bob.signingKey.sign(digest).serialized);
      const asked = await signRequest(header, createRequest(header, NOW + 60n, { requester: wallet }), { signer: app });
      const delegated = { ...asked, delegation: encodeDelegation({ session, signature }) };
      const question = signatureQuestionCode({ account: wallet, digest, signature: bytesToHex(signature) });
      chain.simulate = (code) => (code === question ? YES : NO);
      expect(await post(delegated)).to.equal("ANSWERED");
      chain.simulate = (_, block) => (block === chain.head ? YES : NO);
      expect(await post(delegated)).to.equal("SIGNATURE_NOT_FINAL");
      chain.simulate = () => NO;
      expect(await ask(delegated)).to.deep.equal({ code: "SESSION_INVALID", field: "delegation.signature" });
    });
  });

  describe("a statement of authorship", () => {
    const cid = Uint8Array.from([1, 85, 18, 32, 7]);
    const stated = async (changes: { signer?: typeof owner; cid?: Uint8Array } = {}): Promise<SignedShareRequest> => {
      header = createHeader({}, addressOf(owner));
      const asked = await bySender();
      const digest = authorshipDigest(DOMAIN, { headerHash: asked.request.headerHash, cid });
      const signature = hexToBytes((changes.signer ?? owner).signingKey.sign(digest).serialized);
      return { ...asked, ownerStatement: { cid: changes.cid ?? cid, signature } };
    };

    it("of the owner is written down", async () => {
      expect(await post(await stated())).to.equal("ANSWERED");
      expect((await vault.audit.find()).map(({ author }) => author)).to.deep.equal(["verified"]);
    });
    it("is not needed: without one the author is not verified", async () => {
      const { ownerStatement: _, ...asked } = await stated();
      expect(await post(asked)).to.equal("ANSWERED");
      expect((await vault.audit.find()).map(({ author }) => author)).to.deep.equal([undefined]);
    });
    it("of somebody else, or about another content id, is refused", async () => {
      const expected = { code: "INVALID_SIGNATURE", field: "ownerStatement" };
      expect(await ask(await stated({ signer: mallory }))).to.deep.equal(expected);
      expect(await ask(await stated({ cid: cid.with(4, 8) }))).to.deep.equal(expected);
      expect(await vault.audit.find()).to.have.length(0);
    });
  });
});
