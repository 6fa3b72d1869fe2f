import { statSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { ChainUnavailableError } from "@keyquorum/chain";
import { toXY } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import {
  type DocumentHeader,
  encodeDelegation,
  hexToBytes,
  parseAddress,
  readingSessionTypedData,
  type SignedShareRequest,
} from "@keyquorum/wire";
import { expect } from "chai";
import { rollWallet } from "../../../../test/random/wallet.ts";
import { createMetrics } from "../report/metrics.ts";
import { createFakeChain, FAKE_ADDRESSES, type FakeChain } from "../testing/fakeChain.ts";
import { bob, bodyOf, CHAIN_ID, createHeader, createRequest, JOINT_KEY, mallory, signRequest } from "../testing/reader.ts";
import { createShareRequestServer, EPOCH } from "../testing/shareRequestServer.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";

const [DENIED, PERMITTED] = [0, 1];
const START = 1_800_000_020;
const NOW = BigInt(START);
const MEGABYTE = 1_048_576;
const addressOf = ({ address }: { readonly address: string }) => parseAddress(address);
const wallet = parseAddress(`0x${"77".repeat(20)}`);

type Reply = { readonly code: string; readonly retryAfter: string | undefined; readonly details: Readonly<Record<string, unknown>> };

describe("strangers by HTTP (D58)", () => {
  let temp: TempVault;
  let vault: Vault;
  let chain: FakeChain;
  let header: DocumentHeader;
  let time: number;
  let metrics: ReturnType<typeof createMetrics>;
  /** What ShareRequests.decide says. */
  let decision: (requester: string, document: string) => number;
  const servers: Awaited<ReturnType<typeof createShareRequestServer>>[] = [];

  beforeEach(async () => {
    time = 0;
    chain = createFakeChain();
    decision = (requester) => (requester === addressOf(bob) || requester === wallet ? PERMITTED : DENIED);
    chain.answers["shareRequests.decide"] = ([document, , , requester]) => [decision(parseAddress(requester), String(document))];
    chain.answers["readerSessions.generationOf"] = () => [0n];
    chain.answers["keyGeneration.keyOf"] = () => [[0, EPOCH, addressOf(bob), toXY(JOINT_KEY), bob.address, `0x${"00".repeat(32)}`]];
    temp = await createTempVault(now);
    vault = temp.vault;
    header = createHeader();
    metrics = createMetrics({ version: "0", processMetrics: false });
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
    await temp.remove();
  });
  const now = (): number => START * 1000 + time;

  const serve = async (limits: Parameters<typeof createShareRequestServer>[0]["limits"] = {}): Promise<string> => {
    const clock = { now, sleep: async () => undefined };
    const server = await createShareRequestServer({ vault, ownVault: vault, chain, clock, metrics, limits, onLine: () => undefined });
    servers.push(server);
    return server.listen();
  };
  /** Posts from one of this machine's addresses. */
  const post = (url: string, body: unknown, from = "127.0.0.1"): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json" };
      const sent = httpRequest(`${url}/v1/share-requests`, { method: "POST", headers, localAddress: from }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => {
          const reply = JSON.parse(text) as { code?: string; details?: Reply["details"] };
          const retryAfter = response.headers["retry-after"];
          resolve({ code: reply.code ?? "ANSWERED", retryAfter, details: reply.details ?? {} });
        });
      });
      sent.on("error", reject);
      sent.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  const signedBy = (signer: typeof bob, changes: Parameters<typeof createRequest>[2] = {}, of = header): Promise<SignedShareRequest> =>
    signRequest(of, createRequest(of, NOW + 60n, { requester: addressOf(signer), ...changes }), { signer });
  const inBobsName = (): Promise<SignedShareRequest> => signedBy(mallory, { requester: addressOf(bob) });
  const codes = async (url: string, asked: readonly Promise<SignedShareRequest>[]): Promise<readonly string[]> => {
    const all: string[] = [];
    for (const request of asked) all.push((await post(url, bodyOf(await request))).code);
    return all;
  };
  const callsOf = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
    chain.calls.length = 0;
    await work();
    return [...chain.calls];
  };

  describe("what costs least is refused first", () => {
    const asksTheChain = (what: string, make: () => Promise<unknown>, code: string, calls: readonly string[]): void => {
      it(`${what}: ${code}, after ${calls.length === 0 ? "no question to the chain" : calls.join(", ")}`, async () => {
        const url = await serve();
        const body = await make();
        const asked = await callsOf(async () => expect((await post(url, body)).code).to.equal(code));
        expect(asked).to.deep.equal(calls);
      });
    };
    const late = async () => bodyOf(await signRequest(header, createRequest(header, NOW - 1n)));
    const otherHeader = async () => bodyOf({ ...(await signedBy(bob)), header: createHeader() });
    const falseProof = async () => {
      header = { ...header, ciphertext: { ...header.ciphertext, f: 1n } };
      return bodyOf(await signedBy(bob));
    };
    asksTheChain("no JSON", async () => "{", "INVALID_REQUEST", []);
    asksTheChain("a body above the limit", async () => `{"a":"${"a".repeat(50_000)}"}`, "BODY_TOO_LARGE", []);
    asksTheChain("a deadline that has passed", late, "DEADLINE_PASSED", []);
    asksTheChain("another header than it names", otherHeader, "INVALID_HEADER", []);
    asksTheChain("an account that may not read", async () => bodyOf(await signedBy(mallory)), "ACCESS_DENIED", [
      "shareRequests.decide@20",
      "shareRequests.decide@18", // in one question to the node
    ]);
    asksTheChain(
      "a stranger in the name of a wallet that may not read",
      async () => bodyOf(await signedBy(mallory, { requester: FOREIGN })),
      "ACCESS_DENIED",
      ["shareRequests.decide@20"],
    );
    asksTheChain("a stranger in Bob's name", async () => bodyOf(await inBobsName()), "INVALID_SIGNATURE", [
      "shareRequests.decide@20",
      "simulate@20",
    ]);
    asksTheChain("a header's false proof, of a permitted reader", falseProof, "INVALID_HEADER", [
      "shareRequests.decide@20",
      "shareRequests.decide@18",
      "keyGeneration.keyOf@18",
    ]);
  });

  describe("limits", () => {
    it("of a requester: the next one waits, and is told how long", async () => {
      const url = await serve({ perRequester: 2 });
      expect(await codes(url, [signedBy(bob), signedBy(bob)])).to.deep.equal(["ANSWERED", "ANSWERED"]);
      time = 20_000;
      expect(await post(url, bodyOf(await signedBy(bob)))).to.deep.include({
        ...{ code: "RATE_LIMITED", retryAfter: "40", details: { limit: "requester", retryAfterSeconds: 40 } },
      });
      time = 40_000; // the deadline is at 60
      expect(await codes(url, [signedBy(mallory)]), "others are none of that").to.deep.equal(["ACCESS_DENIED"]);
      time = 60_000;
      const later = await signRequest(header, createRequest(header, NOW + 120n));
      expect((await post(url, bodyOf(later))).code).to.equal("ANSWERED");
    });
    it("of a requester are kept before the chain is asked", async () => {
      const url = await serve({ perRequester: 1 });
      await codes(url, [signedBy(mallory)]);
      const asked = await callsOf(async () => expect(await codes(url, [signedBy(mallory)])).to.deep.equal(["RATE_LIMITED"]));
      expect(asked).to.deep.equal([]);
    });
    it("of a document: counted for permitted requests, whoever sends them, and for no others", async () => {
      const url = await serve({ perDocument: 2 });
      const denied = Array.from({ length: 5 }, () => signedBy(mallory));
      expect(new Set(await codes(url, denied))).to.deep.equal(new Set(["ACCESS_DENIED"]));
      expect(await codes(url, [signedBy(bob), signedBy(bob)])).to.deep.equal(["ANSWERED", "ANSWERED"]);
      expect(await post(url, bodyOf(await signedBy(bob)))).to.deep.include({ code: "RATE_LIMITED", retryAfter: "60" });
      const other = createHeader();
      expect(await codes(url, [signedBy(bob, {}, other)]), "another document").to.deep.equal(["ANSWERED"]);
    });
    it("of an address come first", async () => {
      const url = await serve({ perAddress: 2 });
      for (const code of ["INVALID_REQUEST", "INVALID_REQUEST", "RATE_LIMITED"])
        expect((await post(url, "{", "127.0.0.7")).code).to.equal(code);
      expect((await post(url, "{", "127.0.0.8")).code).to.equal("INVALID_REQUEST");
    });
  });

  it("attack 37: a stranger in Bob's name costs Bob nothing", async () => {
    const url = await serve({ perRequester: 1, perDocument: 1 });
    chain.simulate = () => "0x00"; // a wallet that takes no such signature
    const underSession = async (
      session: Parameters<typeof readingSessionTypedData>[1],
      by: typeof mallory,
    ): Promise<SignedShareRequest> => {
      const { domain, types, message } = readingSessionTypedData(
        { chainId: CHAIN_ID, shareRequests: FAKE_ADDRESSES.shareRequests },
        session,
      );
      const signature = hexToBytes(await by.signTypedData(domain, types, message));
      return { ...(await signedBy(mallory, { requester: session.requester })), delegation: encodeDelegation({ session, signature }) };
    };
    const session = (requester: ReturnType<typeof addressOf>, generation = 0n) => ({
      ...{ requester, sessionKey: addressOf(mallory), since: NOW - 1n, until: NOW + 60n, generation },
      scope: { kind: "documents" as const, documents: [header.document] },
    });
    const strangers: readonly (readonly [string, () => Promise<SignedShareRequest>])[] = [
      ["INVALID_SIGNATURE", inBobsName],
      ["INVALID_SIGNATURE", async () => ({ ...(await inBobsName()), signature: new Uint8Array(300) })],
      ["INVALID_SIGNATURE", () => signedBy(mallory, { requester: wallet })],
      ["SESSION_INVALID", () => underSession(session(addressOf(bob)), mallory)],
      ["SESSION_INVALID", () => underSession(session(wallet), mallory)],
      ["ACCESS_DENIED", () => signedBy(mallory)],
    ];
    for (const [code, make] of strangers)
      for (let sent = 0; sent < 3; sent += 1) expect(["RATE_LIMITED", code], code).to.include((await post(url, bodyOf(await make()))).code);
    // A session that bob signed and has ended since: its key may be stolen.
    const ended = await underSession(session(addressOf(bob)), bob);
    chain.answers["readerSessions.generationOf"] = () => [1n];
    expect((await post(url, bodyOf(ended))).code).to.equal("SESSION_ENDED");

    await servers[0]?.refusals.write();
    const named = (await vault.refusals.samples()).filter(({ requester }) => requester === addressOf(bob));
    expect(named.length, "control: they were noted").to.be.greaterThan(6);
    expect(new Set(named.map(({ isVerified }) => isVerified))).to.deep.equal(new Set([false]));
    expect(await codes(url, [signedBy(bob)]), "the one request that his limits allow").to.deep.equal(["ANSWERED"]);
    expect(await codes(url, [signedBy(bob)]), "control: there was only one").to.deep.equal(["RATE_LIMITED"]);
  });

  it("attack 37: who saw Bob's request and sends it again and again spends neither his limit nor the document's", async () => {
    const url = await serve({ perRequester: 2, perDocument: 2 });
    const seen = bodyOf(await signedBy(bob));
    expect((await post(url, seen)).code).to.equal("ANSWERED");
    const again: Reply[] = [];
    for (let sent = 0; sent < 4; sent += 1) again.push(await post(url, seen, "127.0.0.9"));
    const [ok, limited] = ["ANSWERED", "RATE_LIMITED"];
    expect(again.map(({ code }) => code)).to.deep.equal([ok, ok, limited, limited]);
    expect(await codes(url, [signedBy(bob)]), "his second of two").to.deep.equal([ok]);
    expect(await codes(url, [signedBy(bob)]), "control: there were only two").to.deep.equal([limited]);
    expect(await vault.audit.find(), "what a replay leaves on disk is bounded by the same limit").to.have.length(4);
  });

  describe("a denial is remembered", () => {
    const decisions = (calls: readonly string[]): number => calls.filter((call) => call.startsWith("shareRequests.decide")).length;

    it("as long as its block is the newest", async () => {
      const url = await serve();
      const ask = () => codes(url, [signedBy(mallory), signedBy(mallory)]);
      expect(decisions(await callsOf(ask)), "of both blocks, in one question").to.equal(2);
      chain.head += 1;
      decision = () => PERMITTED;
      expect(await codes(url, [signedBy(mallory)])).to.deep.equal(["ANSWERED"]);
    });
    it("and never used for another requester, document, version or context", async () => {
      const url = await serve();
      const erin = rollWallet("erin");
      const other = createHeader();
      decision = (requester, document) => (requester === addressOf(mallory) && document === header.document ? DENIED : PERMITTED);
      expect(await codes(url, [signedBy(mallory), signedBy(erin), signedBy(mallory, {}, other)])).to.deep.equal([
        "ACCESS_DENIED",
        "ANSWERED",
        "ANSWERED",
      ]);
      const contextHash = `0x${"7c".repeat(32)}` as typeof header.document;
      const asked = await callsOf(() => codes(url, [signedBy(mallory, { contextHash: contextHash as never })]));
      expect(decisions(asked), "another context is another question").to.equal(2);
    });
    it("and a permission is, of each block by its hash: it is asked for again at the next ones", async () => {
      const url = await serve();
      expect(decisions(await callsOf(() => codes(url, [signedBy(bob), signedBy(bob)])))).to.equal(2);
      chain.head += 1;
      expect(decisions(await callsOf(() => codes(url, [signedBy(bob), signedBy(bob)])))).to.equal(2);
    });
    it("and what could not be found out is not", async () => {
      const url = await serve();
      chain.answers["shareRequests.decide"] = () => {
        throw new ChainUnavailableError("TIMEOUT", "The node did not answer in time.");
      };
      expect(await codes(url, [signedBy(bob)])).to.deep.equal(["UNAVAILABLE"]);
      chain.answers["shareRequests.decide"] = () => [PERMITTED];
      expect(await codes(url, [signedBy(bob)])).to.deep.equal(["ANSWERED"]);
    });
  });

  it("attack 37: hundreds of bad requests of every kind from many addresses leave nothing that grows", async () => {
    const url = await serve({ perAddress: 40 });
    const good = await signedBy(bob);
    let strangers = 0;
    const nextStranger = (): typeof bob => {
      strangers += 1;
      return rollWallet(`stranger ${strangers}`);
    };
    const falseProof = createHeader();
    const unproved = { ...falseProof, ciphertext: { ...falseProof.ciphertext, f: 1n } };
    const kinds: readonly (() => Promise<unknown>)[] = [
      async () => bodyOf(await inBobsName()),
      async () => bodyOf(await signedBy(nextStranger())),
      async () => bodyOf(await signedBy(mallory, {}, createHeader())),
      async () => bodyOf(await signedBy(bob, {}, unproved)),
      async () => bodyOf(await signRequest(header, createRequest(header, NOW - 60n))),
      async () => `{"a":"${"a".repeat(50_000)}"}`,
    ];
    const size = (): number => {
      let sum = 0;
      for (const name of ["vault.sqlite", "vault.sqlite-wal", "secrets.sqlite", "secrets.sqlite-wal"])
        sum += statSync(join(vault.directory, name)).size;
      return sum;
    };
    const flood = async (count: number): Promise<void> => {
      const bodies = await Promise.all(Array.from({ length: count }, async (_, index) => kinds[index % kinds.length]?.()));
      for (let first = 0; first < count; first += 20) {
        const some = bodies.slice(first, first + 20);
        await Promise.all(some.map((body, index) => post(url, body, `127.0.0.${index + 10}`).catch(() => undefined)));
        time += 1_000;
      }
      await servers[0]?.refusals.write();
    };
    await flood(180);
    const [sizeBefore, rows] = [size(), (await vault.refusals.samples()).length];
    await flood(360);
    const counted = (await vault.refusals.counts()).reduce((sum, { count }) => sum + count, 0);
    expect(counted, "control: the keeper saw them; some senders of too much are cut off").to.be.within(360, 540);
    expect(size() - sizeBefore, "bytes on disk").to.be.lessThan(MEGABYTE);
    expect((await vault.refusals.samples()).length - rows).to.be.lessThan(8 * 64);
    expect(await vault.audit.find()).to.have.length(0);
    time = 0;
    expect((await post(url, bodyOf(good), "127.0.0.5")).code, "and Bob is served").to.equal("ANSWERED");
  });
});

const FOREIGN = parseAddress(`0x${"f0".repeat(20)}`);
